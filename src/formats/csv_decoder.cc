#include "formats/csv_decoder.h"

#include <algorithm>
#include <set>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/diagnostic.h"
#include "base/utf8.h"
#include "formats/utf8_text.h"

namespace thalweg::formats {
namespace {

/// Gives every field a name of its own: "a", "a_1"; a field without one is "column0", as in DuckDB.
std::vector<std::string> MakeUnique(std::vector<std::string> names) {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = fmt::format("column{}", i);
    const std::string plain = names[i];
    for (int n = 1; !taken.insert(ToLower(names[i])).second; ++n) {
      names[i] = fmt::format("{}_{}", plain, n);
    }
  }
  return names;
}

std::optional<std::size_t> FindName(const std::vector<std::string>& header,
                                    const std::string& name) {
  const auto exact = std::find(header.begin(), header.end(), name);
  if (exact != header.end()) return static_cast<std::size_t>(exact - header.begin());
  const std::string folded = ToLower(name);
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (ToLower(header[i]) == folded) return i;
  }
  return std::nullopt;
}

Status MissingColumn(const std::string& name, const std::vector<std::string>& header) {
  const std::string near = Nearest(name, header);
  const std::string hint =
      near.empty()
          ? fmt::format("it has {}", ToValidUtf8(fmt::format("{}", fmt::join(header, ", ")), 400))
          : fmt::format("did you mean \"{}\"?", near);
  return Status::Invalid(fmt::format("the header has no such column column=\"{}\"", name))
      .WithSlug("missing-column")
      .WithHint(hint);
}

Status TooFewFields(const TextColumnSpec& column, std::size_t width) {
  return Status::Invalid(fmt::format("there is no such field column=\"{}\" position={} fields={}",
                                     column.name, column.position, width))
      .WithSlug("missing-column")
      .WithHint("count fields from 1");
}

}  // namespace

Result<std::unique_ptr<CsvDecoder>> CsvDecoder::Make(
    const std::vector<TextColumnSpec>& columns, CsvDecoderOptions options, TextPosition start,
    std::optional<std::vector<std::string>> start_header) {
  const std::string& delimiter = options.dialect.delimiter;
  if (delimiter.empty() || delimiter.size() > 4 ||
      delimiter.find_first_of("\r\n") != std::string::npos ||
      delimiter.find(options.dialect.quote) != std::string::npos) {
    return Status::Invalid(fmt::format("this cannot be a delimiter delimiter=\"{}\"", delimiter))
        .WithSlug("bad-delimiter")
        .WithHint("write 1 to 4 bytes that are no quote and no line end");
  }
  TW_ASSIGN_OR_RETURN(RowBuilder rows, RowBuilder::Make(columns, options.times));
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    if (rows.column(i).type()->num_fields() == 0) continue;
    return Status::Unsupported(
               fmt::format("delimited text holds no lists, structs or maps column=\"{}\" "
                           "type={}",
                           columns[i].name, columns[i].type))
        .WithSlug("nested-column")
        .WithHint("declare it json, and take it apart in SQL");
  }
  std::unique_ptr<CsvDecoder> decoder(
      new CsvDecoder(std::move(rows), columns, std::move(options), start));
  if (start.offset > 0) {
    if (decoder->options_.header && !start_header) {
      return Status::Internal("a CSV text is continued without its header");
    }
    decoder->phase_ = Phase::kRows;
    decoder->header_ = std::move(start_header);
    TW_RETURN_IF_ERROR(decoder->header_ ? decoder->BindToHeader() : decoder->BindToPositions());
  }
  return decoder;
}

CsvDecoder::CsvDecoder(RowBuilder rows, std::vector<TextColumnSpec> columns,
                       CsvDecoderOptions options, TextPosition start)
    : rows_(std::move(rows)),
      columns_(std::move(columns)),
      options_(std::move(options)),
      start_(start),
      buffer_(start.offset),
      splitter_(options_.dialect),
      line_(start.line) {}

Result<Decoded> CsvDecoder::Decode(Bytes budget) {
  Decoded decoded;
  const auto finish = [&](Decoded::Next next) {
    decoded.next = next;
    decoded.rows = rows_.Finish();
    return std::move(decoded);
  };
  const auto starved = [&] {
    return finish(buffer_.ended() ? Decoded::Next::kEnd : Decoded::Next::kInput);
  };
  if (phase_ != Phase::kRows) {
    TW_ASSIGN_OR_RETURN(const bool reached, ReachRows());
    if (!reached) return starved();
  }
  const std::int64_t begin = buffer_.offset();
  do {
    const auto found = FindRow();
    if (!found.ok()) {
      // What came before is given out first, whatever was pushed together with it.
      if (rows_.rows() == 0 && decoded.bad.empty()) return found.status();
      return finish(Decoded::Next::kMore);
    }
    if (!*found) return starved();
    if (!splitter_.blank() || width_ == 1) DecodeRow(&decoded.bad);
    ConsumeRow();
  } while (std::max(buffer_.offset() - begin, rows_.fixed_bytes()) < budget.value);
  return finish(Decoded::Next::kMore);
}

TextPosition CsvDecoder::At() const {
  return phase_ == Phase::kRows ? TextPosition{buffer_.offset(), line_, false} : start_;
}

Result<bool> CsvDecoder::ReachRows() {
  if (phase_ == Phase::kMark) {
    if (!SkipMark()) return false;
    phase_ = Phase::kSkip;
  }
  if (phase_ == Phase::kSkip) {
    if (!SkipLines()) return false;
    phase_ = Phase::kHeader;
  }
  if (options_.header) {
    TW_ASSIGN_OR_RETURN(const bool read, ReadHeader());
    if (!read) return false;
  } else {
    TW_RETURN_IF_ERROR(BindToPositions());
  }
  phase_ = Phase::kRows;
  return true;
}

bool CsvDecoder::SkipMark() {
  const std::string_view begin = buffer_.rest().substr(0, kByteOrderMark.size());
  if (begin == kByteOrderMark) {
    buffer_.Consume(begin.size());
    return true;
  }
  return buffer_.ended() || begin != kByteOrderMark.substr(0, begin.size());
}

bool CsvDecoder::SkipLines() {
  for (; skipped_ < options_.skip; ++skipped_) {
    const std::string_view rest = buffer_.rest();
    const std::size_t line_end = rest.find_first_of("\r\n");
    const bool cut = line_end == std::string_view::npos ||
                     (rest[line_end] == '\r' && line_end + 1 == rest.size());
    if (cut && !buffer_.ended()) return false;
    if (line_end == std::string_view::npos) {
      buffer_.Consume(rest.size());
      return true;
    }
    const bool pair =
        rest[line_end] == '\r' && line_end + 1 < rest.size() && rest[line_end + 1] == '\n';
    buffer_.Consume(line_end + (pair ? 2 : 1));
    ++line_;
  }
  return true;
}

Result<bool> CsvDecoder::ReadHeader() {
  do {
    TW_ASSIGN_OR_RETURN(const bool found, FindRow());
    if (!found) return false;
    if (!splitter_.blank()) break;
    ConsumeRow();
  } while (true);
  if (!splitter_.error().empty()) {
    return Status::Invalid(
               fmt::format("the header cannot be read line={}: {}", line_, splitter_.error()))
        .WithSlug("bad-header")
        .WithHint("see that \"delimiter\", \"quote\" and \"skip\" fit the file");
  }
  std::vector<std::string> names;
  for (const CsvField& field : splitter_.fields()) {
    names.push_back(ToValidUtf8(splitter_.Text(buffer_.rest(), field, &scratch_), 1 << 10));
  }
  ConsumeRow();
  header_ = MakeUnique(std::move(names));
  TW_RETURN_IF_ERROR(BindToHeader());
  return true;
}

Status CsvDecoder::BindToHeader() {
  width_ = header_->size();
  field_of_.clear();
  for (const TextColumnSpec& column : columns_) {
    if (column.position > 0) {
      field_of_.push_back(static_cast<std::size_t>(column.position) - 1);
      if (field_of_.back() >= width_) return TooFewFields(column, width_);
    } else if (const auto field = FindName(*header_, column.name)) {
      field_of_.push_back(*field);
    } else {
      return MissingColumn(column.name, *header_);
    }
  }
  return Status::Ok();
}

Status CsvDecoder::BindToPositions() {
  const bool by_order = std::none_of(columns_.begin(), columns_.end(),
                                     [](const auto& column) { return column.position > 0; });
  field_of_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!by_order && columns_[i].position <= 0) {
      return Status::Invalid(fmt::format("a column without a position in a file without a header "
                                         "column=\"{}\"",
                                         columns_[i].name))
          .WithSlug("missing-column")
          .WithHint("give every column a position, or none");
    }
    field_of_.push_back(by_order ? i : static_cast<std::size_t>(columns_[i].position) - 1);
    width_ = std::max(width_, field_of_.back() + 1);
  }
  return Status::Ok();
}

Result<bool> CsvDecoder::FindRow() {
  const std::string_view rest = buffer_.rest();
  if (splitter_.Find(rest, buffer_.ended())) return true;
  if (static_cast<std::int64_t>(rest.size()) > kLongestRow.value) {
    return RowTooLong(line_, "see whether a quote is not closed, and that \"quote\" fits the file");
  }
  return false;
}

void CsvDecoder::ConsumeRow() {
  buffer_.Consume(splitter_.size());
  line_ += splitter_.line_ends();
  splitter_.Next();
}

std::string CsvDecoder::CheckFields() const {
  if (!splitter_.error().empty()) return splitter_.error();
  const auto& fields = splitter_.fields();
  const bool more_allowed = options_.only_declared && !header_;
  bool further_empty = true;
  for (std::size_t i = width_; i < fields.size(); ++i) {
    further_empty = further_empty && fields[i].begin == fields[i].end;
  }
  if (fields.size() >= width_ && (more_allowed || further_empty)) return {};
  return fmt::format("{}, not {}", FormatCount(std::ssize(fields), "field"), width_);
}

void CsvDecoder::DecodeRow(std::vector<BadRow>* bad) {
  const std::string_view row = buffer_.rest().substr(0, splitter_.content_size());
  const auto refuse = [&](const std::string& column, std::string reason) {
    rows_.Rollback();
    bad->push_back(MakeBadRow(line_, column, std::move(reason), row));
  };
  if (std::string reason = CheckFields(); !reason.empty()) return refuse({}, std::move(reason));
  if (!IsUtf8(row)) return refuse({}, "not UTF-8");
  for (std::size_t i = 0; i < field_of_.size(); ++i) {
    const std::string_view text = splitter_.Text(row, splitter_.fields()[field_of_[i]], &scratch_);
    if (IsNull(text)) {
      rows_.AppendMissing(i);
      continue;
    }
    std::string reason;
    if (!rows_.column(i).AppendText(text, &reason)) {
      return refuse(rows_.name(i), fmt::format("{}: \"{}\"", reason, ToValidUtf8(text, 100)));
    }
  }
  rows_.Commit();
}

bool CsvDecoder::IsNull(std::string_view text) const {
  return std::find(options_.nulls.begin(), options_.nulls.end(), text) != options_.nulls.end();
}

}  // namespace thalweg::formats
