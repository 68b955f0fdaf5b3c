#pragma once

#include <map>
#include <mutex>
#include <string>

#include <duckdb.h>

#include "base/status.h"
#include "duckdb/database.h"
#include "formats/column_builder.h"

namespace thalweg::duckdb {

/// Types for columns of texts, in which formats/ reads the values: DuckDB's CSV reader rounds 1.5 to an integer, cuts
/// digits off decimals and timestamps, and drops offsets, all in silence. Each type is a DuckDB type of its own (a
/// HUGEINT that carries the value's bits) with a cast from VARCHAR, which the reader calls as for any other type, so
/// that a text that cannot be read exactly is a rejected row like others; a function turns it into the real type.
class TextTypes {
 public:
  /// The type to name in read_csv(columns = ...) for a column of `type`, and how to go on from there. Made at its
  /// first use. Types that DuckDB reads well by itself (varchar, blob, uuid, json, nested ones) stand for themselves.
  Result<TextType> Get(duckdb_connection connection, const std::string& type, const formats::TimeRules& rules);

  /// Registers kTouchFunction.
  static Status RegisterTouch(duckdb_connection connection);

 private:
  std::mutex mutex_;
  std::map<std::string, TextType> known_;
};

}  // namespace thalweg::duckdb
