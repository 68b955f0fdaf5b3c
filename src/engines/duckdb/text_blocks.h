#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "component/scan.h"
#include "formats/byte_stream.h"
#include "formats/csv_splitter.h"
#include "formats/decoder.h"

namespace thalweg::engines {

/// Whole rows of one file, for one thread to decode.
struct TextBlock {
  std::size_t file = 0;         ///< index into the scan's paths
  formats::TextPosition start;  ///< of `bytes`
  std::string bytes;
  /// The file goes on here: it cannot be cut without being decoded. Null: `bytes` is all.
  std::unique_ptr<formats::ByteStream> rest;
  /// CSV: names in the file's header; none: it has no header.
  std::optional<std::vector<std::string>> header;
};

/// Where the rows of a CSV text begin, and what its header says.
struct CsvHead {
  std::optional<std::vector<std::string>> header;
  formats::TextPosition rows;
};

/// How a completed CSV scan is cut.
formats::CsvDialect DialectOf(const component::CsvScan& scan);

/// Finds the first row in `text`, the beginning of a file; nothing when more of the text is needed.
/// `end`: there is no more.
Result<std::optional<CsvHead>> FindCsvHead(const component::CsvScan& scan, const std::string& text,
                                           bool end);

/// "b.csv has another header than a.csv", with what is missing and what is more.
Status CheckSameHeader(const std::string& first_path, const std::vector<std::string>& first,
                       const std::string& path, const std::vector<std::string>& header);

/// Cuts the files of a scan into blocks of whole rows that threads decode side by side. Reading and
/// cutting happen in the thread that asks, one at a time; a block is cut at a line end where no
/// quote is open. Thread-safe.
class TextBlocks {
 public:
  /// The scan is complete and outlives this.
  static Result<std::unique_ptr<TextBlocks>> Open(FileSystem& files, const component::Scan& scan);

  /// Nothing at the end of the last file.
  Result<std::optional<TextBlock>> Next();
  /// Of all bytes, how many were given out: 0..1; negative: unknown (compressed files).
  double Fraction() const;

 private:
  TextBlocks(FileSystem& files, const component::Scan& scan);
  const std::string& path() const { return paths_[file_]; }
  Status OpenFile();
  Status ReadMore(std::size_t want);
  Status SkipHead();
  Result<TextBlock> TakeBlock();
  /// Bytes of carry_ up to which it holds whole rows; 0: no row ends in it.
  std::size_t WholeRows() const;
  std::size_t WholeQuotedRows() const;
  TextBlock Cut(std::size_t size);

  FileSystem& files_;
  const component::CsvScan* csv_ = nullptr;
  const component::JsonScan* json_ = nullptr;
  const std::vector<std::string>& paths_;
  std::vector<formats::Compression> compressions_;
  std::int64_t total_bytes_ = 0;  ///< negative: unknown

  mutable std::mutex mutex_;
  std::size_t file_ = 0;
  std::unique_ptr<formats::ByteStream> stream_;  ///< null: the file is not open
  bool at_end_ = false;                          ///< of stream_
  std::string carry_;                            ///< read, not given out
  formats::TextPosition at_;                     ///< of carry_
  std::optional<std::vector<std::string>> header_, first_header_;
  std::size_t first_header_file_ = 0;
  std::int64_t given_bytes_ = 0;
};

}  // namespace thalweg::engines
