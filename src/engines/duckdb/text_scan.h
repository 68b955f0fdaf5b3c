#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/status.h"
#include "component/scan.h"
#include "duckdb/database.h"
#include "engines/duckdb/reject_log.h"
#include "engines/duckdb/text_blocks.h"
#include "formats/decoder.h"

namespace thalweg::engines {

/// A decoder for the rows of a completed CSV or JSON scan that begin at `start`. `header`: of the
/// file, if it has one.
Result<std::unique_ptr<formats::Decoder>> MakeTextDecoder(
    const component::Scan& scan, formats::TextPosition start,
    std::optional<std::vector<std::string>> header);

/// The rows of text files, as a table that DuckDB reads. formats/ decodes them, in the threads of
/// the statement: values are kept exactly or the row is bad, and every bad row is known by its
/// line. (DuckDB's own readers round and cut values in silence, know rows but not lines, and lose
/// rows where a skipped line holds a quote.)
class TextScan : public duckdb::RowSource {
 public:
  /// The scan is complete (Engine::Complete). `rejects_path` as in component::Job.
  static Result<std::shared_ptr<TextScan>> Open(FileSystem& files, component::Scan scan,
                                                int threads, std::string rejects_path);

  const data::Columns& columns() const override { return columns_; }
  int threads() const override { return threads_; }
  Result<std::unique_ptr<Cursor>> Open() override;

  /// After the statement that read it: the limits for bad rows, the file of rejects.
  Status Finish() { return rejects_.Finish(); }
  const RejectLog& rejects() const { return rejects_; }
  double Fraction() const { return blocks_->Fraction(); }

 private:
  class TextCursor;
  TextScan(FileSystem& files, component::Scan scan, int threads, std::string rejects_path);
  const std::string& PathOf(std::size_t file) const;

  const component::Scan scan_;
  const int threads_;
  data::Columns columns_;
  data::SchemaRef schema_;
  bool adds_file_name_ = false;
  std::unique_ptr<TextBlocks> blocks_;
  RejectLog rejects_;
  std::atomic<int> decoding_ = 0;  ///< cursors with a block in hand
};

}  // namespace thalweg::engines
