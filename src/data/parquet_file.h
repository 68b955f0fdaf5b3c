#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/file_system.h"
#include "base/status.h"
#include "data/element.h"
#include "data/manifest.h"

namespace thalweg::data {

/// What the footer of a Parquet file says, with types as tables have them: what the engine reads
/// from it (docs/specs/types.md, "Parquet files of others"); field ids are 0. kCorrupt with the
/// path when it is torn or no Parquet at all; kUnsupported, with the column, when a column's values
/// would not come through exactly.
struct ParquetInfo {
  Columns columns;
  std::int64_t rows = 0;
  Bytes size;
};
Result<ParquetInfo> ReadParquetInfo(FileSystem& files, const std::string& path);

/// Writes batches as one Parquet file through the file seam. One thread.
/// Not visible to anybody until a manifest names it; the destructor of an unfinished writer leaves
/// the file, without a footer, to the sweeper. Columns marked uuid and json get those logical
/// types, so that every reader knows them.
class ParquetWriter {
 public:
  struct Options {
    std::string codec = "zstd";  ///< none, snappy, gzip, zstd
    std::int64_t rows_per_group = 122880;
    /// Values as they lie, without dictionaries and statistics: for files that are written often
    /// and read whole, seldom.
    bool plain = false;
  };
  static Result<std::unique_ptr<ParquetWriter>> Open(FileSystem& files, const std::string& path,
                                                     SchemaRef schema, Options options);
  /// With zstd and DuckDB's size of row groups.
  static Result<std::unique_ptr<ParquetWriter>> Open(FileSystem& files, const std::string& path,
                                                     SchemaRef schema) {
    return Open(files, path, std::move(schema), Options());
  }
  virtual ~ParquetWriter() = default;
  /// `batch` has the schema given to Open. After an error only the destructor may follow.
  virtual Status Write(const arrow::RecordBatch& batch) = 0;
  /// Writes the footer and fsyncs. `path` in the result is the one given to Open.
  virtual Result<DataFile> Finish() = 0;
};

/// Reads a Parquet file batch by batch, in its row order, `columns` only and in that order (all
/// when empty; an unknown one is kNotFound). For our own files the schema is what ToArrow gives for
/// their columns. Files of others may bring half floats, time32, timestamps in ms, and the
/// dictionaries or large layouts that their writer had.
class ParquetReader {
 public:
  static Result<std::unique_ptr<ParquetReader>> Open(FileSystem& files, const std::string& path,
                                                     std::vector<std::string> columns,
                                                     std::int64_t batch_rows);
  virtual ~ParquetReader() = default;
  virtual SchemaRef schema() const = 0;
  virtual Result<Batch> Next() = 0;  ///< null at the end
};

}  // namespace thalweg::data
