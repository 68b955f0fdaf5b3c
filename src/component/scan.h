#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/manifest.h"

namespace thalweg::component {

/// What to do with an input row that cannot be read as declared.
enum class BadRows { kFail, kDrop, kQuarantine };

struct RejectPolicy {
  BadRows bad_rows = BadRows::kFail;
  /// More bad rows than this fail the node: a number, or a share of all rows (0..1). None: no
  /// limit.
  std::optional<std::int64_t> max_rows;
  std::optional<double> max_share;
};

/// Columns of every <node>_rejects table, in this order.
/// source varchar (file path or system), line bigint (from 1, null when unknown), column varchar
/// (null: the whole row), reason varchar, raw varchar (the row's text, cut at 64 KiB).
const data::Columns& RejectColumns();

/// A column of a text file. An empty type is filled in by Engine::Complete from a sample.
struct TextColumn {
  std::string name;
  std::string type;
  std::optional<std::string>
      default_value;  ///< stands for an empty field; text in the file's own format
  /// Number in the file, from 1; 0: found by `name` in the header.
  int position = 0;
};

/// Delimited text. Unset dialect fields are found from a sample by Engine::Complete.
struct CsvScan {
  std::vector<std::string> paths;  ///< absolute
  std::optional<std::string> delimiter, quote, escape;
  std::optional<bool> header;
  std::int64_t skip = 0;  ///< lines before the header or the first row
  std::vector<std::string> nulls = {""};
  std::string date_format, timestamp_format;  ///< strptime forms; empty: ISO 8601
  std::string compression = "auto";           ///< auto (by ending), none, gzip, zstd
  bool only_declared =
      false;  ///< keep only `columns`; else columns of the file that are not declared are kept too
  std::vector<TextColumn> columns;
  std::string file_name_column;  ///< adds a varchar column with the path; empty: none
  RejectPolicy rejects;
};

/// JSON: one value a line, or one array or a sequence of objects in a file.
struct JsonScan {
  std::vector<std::string> paths;
  bool lines = true;
  std::string date_format, timestamp_format;
  std::string compression = "auto";
  bool only_declared = false;
  std::vector<TextColumn> columns;
  std::string file_name_column;
  RejectPolicy rejects;
};

/// Parquet files where they lie: nothing is read or copied, the manifest refers to them.
struct ParquetScan {
  std::vector<data::DataFile> files;
  data::Columns columns;
};

/// How an engine reads a source by itself, instead of through Reader.
using Scan = std::variant<CsvScan, JsonScan, ParquetScan>;

}  // namespace thalweg::component
