#include "engines/duckdb/text_blocks.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/utf8.h"
#include "formats/csv_decoder.h"

namespace thalweg::engines {
namespace {

using formats::TextPosition;

/// Large enough that making a decoder costs nothing, small enough that a few threads hold little.
constexpr std::size_t kBlockBytes = 1 << 20;

std::int64_t CountLineEnds(std::string_view text) {
  std::int64_t lines = std::count(text.begin(), text.end(), '\n');
  if (std::memchr(text.data(), '\r', text.size()) == nullptr) return lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) ++lines;
  }
  return lines;
}

/// Size of the first line with its end; nothing when it does not end in `text`.
std::optional<std::size_t> LineSize(std::string_view text, bool end) {
  const std::size_t at = text.find_first_of("\r\n");
  if (at == std::string_view::npos) return end ? std::optional(text.size()) : std::nullopt;
  if (text[at] == '\n') return at + 1;
  if (at + 1 == text.size()) return end ? std::optional(at + 1) : std::nullopt;
  return text[at + 1] == '\n' ? at + 2 : at + 1;
}

formats::CsvDecoderOptions HeaderOptions(const component::CsvScan& scan) {
  return {.dialect = DialectOf(scan),
          .header = true,
          .skip = scan.skip,
          .nulls = {},
          .times = {},
          .only_declared = false};
}

/// The names that formats/ gives to the fields of the header that ends at `size`.
Result<std::vector<std::string>> HeaderNames(const component::CsvScan& scan,
                                             std::string_view text) {
  TW_ASSIGN_OR_RETURN(const auto decoder, formats::CsvDecoder::Make({}, HeaderOptions(scan)));
  decoder->Push(text, true);
  TW_RETURN_IF_ERROR(decoder->Decode(Bytes(1)).status());
  if (!decoder->header()) return Status::Internal("a header was found and then was not");
  return *decoder->header();
}

std::vector<std::string> Without(const std::vector<std::string>& names,
                                 const std::vector<std::string>& others) {
  const std::set<std::string> known(others.begin(), others.end());
  std::vector<std::string> left;
  std::ranges::copy_if(names, std::back_inserter(left),
                       [&](const std::string& n) { return !known.contains(n); });
  return left;
}

}  // namespace

formats::CsvDialect DialectOf(const component::CsvScan& scan) {
  const auto first = [](const std::optional<std::string>& text, char otherwise) {
    return !text ? otherwise : text->empty() ? '\0' : text->front();
  };
  return {.delimiter = scan.delimiter.value_or(","),
          .quote = first(scan.quote, '"'),
          .escape = first(scan.escape, '"')};
}

Result<std::optional<CsvHead>> FindCsvHead(const component::CsvScan& scan, const std::string& text,
                                           bool end) {
  const std::optional<CsvHead> more;
  if (text.size() < kByteOrderMark.size() && !end) return more;
  CsvHead head;
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const auto rest = [&] { return std::string_view(text).substr(at); };
  for (std::int64_t skipped = 0; skipped < scan.skip && !rest().empty(); ++skipped) {
    const auto line = LineSize(rest(), end);
    if (!line) return more;
    at += *line;
  }
  if (scan.header.value_or(true)) {
    formats::CsvSplitter splitter(DialectOf(scan));
    bool found = false;
    while ((found = splitter.Find(rest(), end)) && splitter.blank() && splitter.size() > 0) {
      at += splitter.size();
      splitter.Next();
    }
    if (!found && !end) return more;
    if (found) {
      at += splitter.size();
      TW_ASSIGN_OR_RETURN(head.header, HeaderNames(scan, std::string_view(text).substr(0, at)));
    }
  }
  head.rows = {.offset = static_cast<std::int64_t>(at),
               .line = 1 + CountLineEnds(std::string_view(text).substr(0, at)),
               .inside_array = false};
  return std::optional(std::move(head));
}

Status CheckSameHeader(const std::string& first_path, const std::vector<std::string>& first,
                       const std::string& path, const std::vector<std::string>& header) {
  if (first == header) return {};
  const std::vector<std::string> missing = Without(first, header), more = Without(header, first);
  std::string difference;
  if (!missing.empty()) difference += fmt::format(" missing={}", fmt::join(missing, ","));
  if (!more.empty()) difference += fmt::format(" more={}", fmt::join(more, ","));
  if (difference.empty()) difference = " order";
  return Status::Invalid(
             fmt::format("files of one source have different headers: {} and {} differ in{}", path,
                         first_path, difference))
      .WithSlug("different-headers")
      .WithHint("give files of different form sources of their own");
}

TextBlocks::TextBlocks(FileSystem& files, const component::Scan& scan)
    : files_(files),
      csv_(std::get_if<component::CsvScan>(&scan)),
      json_(std::get_if<component::JsonScan>(&scan)),
      paths_(csv_ != nullptr ? csv_->paths : json_->paths) {}

Result<std::unique_ptr<TextBlocks>> TextBlocks::Open(FileSystem& files,
                                                     const component::Scan& scan) {
  if (std::holds_alternative<component::ParquetScan>(scan))
    return Status::Internal("Parquet files are no text");
  std::unique_ptr<TextBlocks> blocks(new TextBlocks(files, scan));
  const std::string& compression =
      blocks->csv_ != nullptr ? blocks->csv_->compression : blocks->json_->compression;
  for (const std::string& path : blocks->paths_) {
    TW_ASSIGN_OR_RETURN(const formats::Compression of_file,
                        formats::CompressionOf(compression, path));
    blocks->compressions_.push_back(of_file);
    TW_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(path));
    if (of_file != formats::Compression::kNone || blocks->total_bytes_ < 0) {
      blocks->total_bytes_ = -1;
    } else {
      blocks->total_bytes_ += info.size.value;
    }
  }
  return blocks;
}

Status TextBlocks::OpenFile() {
  TW_ASSIGN_OR_RETURN(stream_, formats::OpenText(files_, path(), compressions_[file_],
                                                 formats::TextEncoding::kUtf8));
  at_end_ = false;
  carry_.clear();
  at_ = {};
  header_.reset();
  return csv_ != nullptr ? SkipHead() : Status();
}

Status TextBlocks::ReadMore(std::size_t want) {
  while (!at_end_ && carry_.size() < want) {
    TW_ASSIGN_OR_RETURN(const bool more, stream_->Read(want - carry_.size(), &carry_));
    at_end_ = !more;
  }
  return {};
}

Status TextBlocks::SkipHead() {
  std::optional<CsvHead> head;
  for (std::size_t want = kBlockBytes; !head; want *= 2) {
    TW_RETURN_IF_ERROR(ReadMore(want));
    auto found = FindCsvHead(*csv_, carry_, at_end_);
    if (!found.ok()) return found.status().Annotate(path());
    head = *std::move(found);
    if (!head && static_cast<std::int64_t>(want) > 2 * formats::kLongestRow.value) {
      return Status::Invalid(fmt::format("{}: the header does not end", path()))
          .WithSlug("bad-header")
          .WithHint("see that \"quote\" and \"skip\" fit the file");
    }
  }
  if (head->header) {
    if (!first_header_) {
      first_header_ = head->header;
      first_header_file_ = file_;
    }
    TW_RETURN_IF_ERROR(
        CheckSameHeader(paths_[first_header_file_], *first_header_, path(), *head->header));
  }
  header_ = std::move(head->header);
  at_ = head->rows;
  carry_.erase(0, static_cast<std::size_t>(at_.offset));
  given_bytes_ += at_.offset;
  return {};
}

std::size_t TextBlocks::WholeRows() const {
  const std::string_view text = carry_;
  if (csv_ != nullptr) {
    const char quote = DialectOf(*csv_).quote;
    if (quote != '\0' && text.find(quote) != std::string_view::npos) return WholeQuotedRows();
  }
  if (const std::size_t last = text.rfind('\n'); last != std::string_view::npos) return last + 1;
  if (csv_ == nullptr) return 0;
  // Line ends may be a lone '\r'; the last byte may be the first half of "\r\n".
  const std::size_t last = text.substr(0, text.size() - 1).rfind('\r');
  return last == std::string_view::npos ? 0 : last + 1;
}

std::size_t TextBlocks::WholeQuotedRows() const {
  formats::CsvSplitter splitter(DialectOf(*csv_));
  std::string_view rest = carry_;
  while (splitter.Find(rest, false)) {
    rest.remove_prefix(splitter.size());
    splitter.Next();
  }
  return carry_.size() - rest.size();
}

TextBlock TextBlocks::Cut(std::size_t size) {
  TextBlock block{.file = file_, .start = at_, .bytes = {}, .rest = nullptr, .header = header_};
  if (size == carry_.size()) {
    block.bytes = std::move(carry_);
    carry_.clear();
  } else {
    block.bytes = carry_.substr(0, size);
    carry_.erase(0, size);
  }
  at_.offset += static_cast<std::int64_t>(size);
  at_.line += CountLineEnds(block.bytes);
  given_bytes_ += static_cast<std::int64_t>(size);
  return block;
}

Result<TextBlock> TextBlocks::TakeBlock() {
  if (json_ != nullptr && !json_->lines) {
    TextBlock block = Cut(carry_.size());
    if (!at_end_) block.rest = std::move(stream_);
    at_end_ = true;
    return block;
  }
  for (std::size_t want = kBlockBytes; !at_end_; want *= 2) {
    TW_RETURN_IF_ERROR(ReadMore(want));
    if (at_end_) break;
    if (const std::size_t whole = WholeRows(); whole > 0) return Cut(whole);
    if (static_cast<std::int64_t>(carry_.size()) > formats::kLongestRow.value) {
      return Status::Invalid(
                 fmt::format("{}: the row that begins in line {} does not end within {}", path(),
                             at_.line, FormatBytes(formats::kLongestRow)))
          .WithSlug("row-too-long")
          .WithHint("see whether a quote is not closed, and that \"quote\" fits the file");
    }
  }
  return Cut(carry_.size());
}

Result<std::optional<TextBlock>> TextBlocks::Next() {
  const std::lock_guard lock(mutex_);
  for (; file_ < paths_.size(); ++file_) {
    if (stream_ == nullptr && !at_end_) TW_RETURN_IF_ERROR(OpenFile());
    TW_RETURN_IF_ERROR(ReadMore(1));
    if (!at_end_ || !carry_.empty()) {
      TW_ASSIGN_OR_RETURN(TextBlock block, TakeBlock());
      return std::optional(std::move(block));
    }
    stream_.reset();
    at_end_ = false;
  }
  return std::optional<TextBlock>();
}

double TextBlocks::Fraction() const {
  const std::lock_guard lock(mutex_);
  if (total_bytes_ <= 0) return -1;
  return std::min(1.0, static_cast<double>(given_bytes_) / static_cast<double>(total_bytes_));
}

}  // namespace thalweg::engines
