#include "formats/json_decoder.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/utf8.h"
#include "formats/json_lines.h"
#include "formats/json_row.h"

namespace thalweg::formats {
namespace {

static_assert(TextBuffer::kPadding >= simdjson::SIMDJSON_PADDING);

constexpr char kLongRowHint[] = "see whether a quote or a bracket is not closed";

bool IsBlankLine(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

/// Keeps simdjson out of the header.
class JsonDecoder::Parser {
 public:
  Parser(RowBuilder& rows, bool reject_unknown) : row(rows, reject_unknown), lines(rows, row) {}
  JsonRow row;
  JsonLines lines;
};

Result<std::unique_ptr<JsonDecoder>> JsonDecoder::Make(const std::vector<TextColumnSpec>& columns,
                                                       const JsonDecoderOptions& options,
                                                       TextPosition start) {
  TW_ASSIGN_OR_RETURN(RowBuilder rows, RowBuilder::Make(columns, options.times));
  return std::unique_ptr<JsonDecoder>(new JsonDecoder(std::move(rows), options, start));
}

JsonDecoder::JsonDecoder(RowBuilder rows, const JsonDecoderOptions& options, TextPosition start)
    : rows_(std::move(rows)),
      options_(options),
      buffer_(start.offset),
      splitter_(start.inside_array),
      parser_(std::make_unique<Parser>(
          rows_, options.unknown_keys == JsonDecoderOptions::UnknownKeys::kReject)),
      at_(start),
      line_(start.line),
      past_mark_(start.offset > 0) {}

JsonDecoder::~JsonDecoder() = default;

Result<Decoded> JsonDecoder::Decode(Bytes budget) {
  Decoded decoded;
  const auto finish = [&](Decoded::Next next) {
    decoded.next = next;
    decoded.rows = rows_.Finish();
    return std::move(decoded);
  };
  if (!past_mark_ && !SkipMark()) return finish(Decoded::Next::kInput);
  const std::int64_t begin = buffer_.offset();
  do {
    const auto step = DecodeOne(&decoded.bad);
    if (!step.ok()) {
      // What came before is given out first, whatever was pushed together with it.
      if (rows_.rows() == 0 && decoded.bad.empty()) return step.status();
      return finish(Decoded::Next::kMore);
    }
    if (*step == Step::kEnd) return finish(Decoded::Next::kEnd);
    if (*step == Step::kInput) return finish(Decoded::Next::kInput);
  } while (std::max(buffer_.offset() - begin, rows_.fixed_bytes()) < budget.value);
  return finish(Decoded::Next::kMore);
}

bool JsonDecoder::SkipMark() {
  const std::string_view begin = buffer_.rest().substr(0, kByteOrderMark.size());
  if (begin == kByteOrderMark) {
    buffer_.Consume(begin.size());
  } else if (!buffer_.ended() && begin == kByteOrderMark.substr(0, begin.size())) {
    return false;
  }
  return past_mark_ = true;
}

Result<JsonDecoder::Step> JsonDecoder::DecodeOne(std::vector<BadRow>* bad) {
  Step step = Step::kRow;
  if (options_.layout == JsonDecoderOptions::Layout::kLines) {
    step = DecodeLine(bad);
  } else {
    TW_ASSIGN_OR_RETURN(step, DecodeValue(bad));
  }
  const auto waiting = static_cast<std::int64_t>(buffer_.rest().size());
  if (step == Step::kInput && waiting > kLongestRow.value) return RowTooLong(line_, kLongRowHint);
  return step;
}

JsonDecoder::Step JsonDecoder::DecodeLine(std::vector<BadRow>* bad) {
  const std::string_view rest = buffer_.rest();
  if (rest.empty()) return buffer_.ended() ? Step::kEnd : Step::kInput;
  std::size_t end = rest.find('\n', searched_);
  if (end == std::string_view::npos) {
    searched_ = rest.size();
    if (!buffer_.ended()) return Step::kInput;
    end = rest.size();
  }
  searched_ = 0;
  const std::string_view line = rest.substr(0, end);
  JsonLines& lines = parser_->lines;
  lines.LookAhead(rest, buffer_.offset());
  if (lines.Append(line, buffer_.offset())) {
    rows_.Commit();
  } else if (!IsBlankLine(line)) {
    rows_.Rollback();
    DecodeRow(line, line_, bad);
  }
  const bool terminated = end < rest.size();
  buffer_.Consume(end + (terminated ? 1 : 0));
  line_ += terminated ? 1 : 0;
  at_ = {buffer_.offset(), line_, false};
  return Step::kRow;
}

Result<JsonDecoder::Step> JsonDecoder::DecodeValue(std::vector<BadRow>* bad) {
  if (closed_) return Step::kEnd;
  const std::string_view rest = buffer_.rest();
  const JsonSplitter::Found found = splitter_.Find(rest, buffer_.ended());
  const std::int64_t line = line_ + splitter_.lines_before();
  switch (found) {
    case JsonSplitter::Found::kInput:
      return Step::kInput;
    case JsonSplitter::Found::kEnd:
      return Step::kEnd;
    case JsonSplitter::Found::kStray:
      return Status::Invalid(fmt::format("the text is no JSON line={}: '{}' where a value or an "
                                         "end should stand",
                                         line, rest[splitter_.begin()]))
          .WithSlug("bad-json")
          .WithHint("if every line holds an object of its own, say format: ndjson");
    case JsonSplitter::Found::kTorn:
    case JsonSplitter::Found::kUnclosed:
      closed_ = true;
      bad->push_back(MakeBadRow(line, {},
                                found == JsonSplitter::Found::kTorn
                                    ? "the text ends inside of a value"
                                    : "the text ends inside of the list",
                                rest.substr(splitter_.begin())));
      return Step::kEnd;
    case JsonSplitter::Found::kValue:
      break;
  }
  DecodeRow(rest.substr(splitter_.begin(), splitter_.size() - splitter_.begin()), line, bad);
  buffer_.Consume(splitter_.size());
  line_ += splitter_.lines();
  splitter_.Next();
  at_ = {buffer_.offset(), line_, splitter_.inside_array()};
  return Step::kRow;
}

void JsonDecoder::DecodeRow(std::string_view value, std::int64_t line, std::vector<BadRow>* bad) {
  JsonRow& row = parser_->row;
  if (row.Append(value)) {
    rows_.Commit();
    return;
  }
  rows_.Rollback();
  bad->push_back(MakeBadRow(line, row.column(), row.reason(), value));
}

}  // namespace thalweg::formats
