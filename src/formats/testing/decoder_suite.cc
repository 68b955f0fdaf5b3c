#include "formats/testing/decoder_suite.h"

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "formats/json_encoder.h"

namespace thalweg::formats {
namespace {

void AddRows(const data::Batch& batch, std::vector<std::string>* rows) {
  if (batch == nullptr) return;
  const arrow::Status valid = batch->ValidateFull();
  if (!valid.ok()) rows->push_back("INVALID BATCH " + valid.ToString());
  JsonEncoder encoder(batch->schema(), JsonEncoder::Layout::kLines);
  std::string text;
  const Status status = encoder.Encode(*batch, &text);
  if (!status.ok()) rows->push_back(status.ToString());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    rows->push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

void Add(const Decoded& decoded, DecodedText* text) {
  AddRows(decoded.rows, &text->rows);
  for (const BadRow& bad : decoded.bad) {
    text->bad.push_back(fmt::format("{}|{}|{}|{}", bad.line, bad.column, bad.reason, bad.raw));
  }
}

/// One push, decoded until it asks for more. False: the text is at its end, or in error.
bool DecodePiece(Decoder& decoder, std::string_view piece, bool end, Bytes budget,
                 DecodedText* text) {
  decoder.Push(piece, end);
  while (true) {
    const auto decoded = decoder.Decode(budget);
    if (!decoded.ok()) {
      text->error = decoded.status().slug();
      return false;
    }
    Add(*decoded, text);
    if (decoded->next == Decoded::Next::kEnd) {
      if (!end) text->error = "ended before its end";
      return false;
    }
    if (decoded->next == Decoded::Next::kInput) {
      if (end) text->error = "asked for more than there is";
      return !end;
    }
  }
}

DecodedText DecodeFresh(const DecoderCase& one, const std::vector<std::string_view>& pieces,
                        Bytes budget = Bytes::MiB(1)) {
  auto decoder = one.make(nullptr);
  if (!decoder.ok()) return {{}, {}, "cannot be made: " + decoder.status().ToString()};
  return DecodeAll(**decoder, pieces, budget);
}

DecodedText DecodeWhole(const DecoderCase& one) {
  DecodedText whole = DecodeFresh(one, {one.text});
  EXPECT_FALSE(whole.rows.empty() && whole.bad.empty() && whole.error.empty() && !one.text.empty())
      << "a case that gives nothing shows nothing";
  return whole;
}

void Append(const DecodedText& more, DecodedText* text) {
  text->rows.insert(text->rows.end(), more.rows.begin(), more.rows.end());
  text->bad.insert(text->bad.end(), more.bad.begin(), more.bad.end());
  text->error = more.error;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const DecodedText& text) {
  for (const std::string& row : text.rows) out << "\n  row " << row;
  for (const std::string& bad : text.bad) out << "\n  bad " << bad;
  return out << "\n  error " << text.error << "\n";
}

std::ostream& operator<<(std::ostream& out, const DecoderCase& one) {
  return out << one.name;
}

DecodedText DecodeAll(Decoder& decoder, const std::vector<std::string_view>& pieces, Bytes budget) {
  DecodedText text;
  for (const std::string_view piece : pieces) {
    if (!DecodePiece(decoder, piece, false, budget, &text)) return text;
  }
  DecodePiece(decoder, {}, true, budget, &text);
  return text;
}

void ExpectSameWhenCutInTwo(const DecoderCase& one) {
  const DecodedText whole = DecodeWhole(one);
  const std::string_view text = one.text;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(DecodeFresh(one, {text.substr(0, cut), text.substr(cut)}), whole) << "cut=" << cut;
  }
}

void ExpectSameByteByByte(const DecoderCase& one) {
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < one.text.size(); ++at) {
    bytes.push_back(std::string_view(one.text).substr(at, 1));
  }
  EXPECT_EQ(DecodeFresh(one, bytes), DecodeWhole(one));
}

void ExpectSameWithTinyBudget(const DecoderCase& one) {
  EXPECT_EQ(DecodeFresh(one, {one.text}, Bytes(1)), DecodeWhole(one));
}

void ExpectSameWhenResumed(const DecoderCase& one) {
  const DecodedText whole = DecodeWhole(one);
  auto first = one.make(nullptr);
  ASSERT_TRUE(first.ok()) << first.status();
  Decoder& decoder = **first;
  decoder.Push(one.text, true);
  DecodedText before;
  while (true) {
    const auto decoded = decoder.Decode(Bytes(1));
    if (!decoded.ok()) break;
    Add(*decoded, &before);
    if (decoded->next == Decoded::Next::kEnd) break;
    auto next = one.make(&decoder);
    ASSERT_TRUE(next.ok()) << next.status();
    const auto offset = static_cast<std::size_t>(decoder.At().offset);
    ASSERT_LE(offset, one.text.size());
    DecodedText resumed = before;
    Append(DecodeAll(**next, {std::string_view(one.text).substr(offset)}), &resumed);
    ASSERT_EQ(resumed, whole) << "resumed at offset=" << offset;
  }
}

}  // namespace thalweg::formats
