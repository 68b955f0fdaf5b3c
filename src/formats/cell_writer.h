#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace thalweg::formats {

/// Writes the values of one column as text. Both forms keep the value, and the decoders of this
/// room read it back:
///   numbers    shortest digits that give the same value; decimals with all their digits; NaN,
///   Infinity, -Infinity date, time 2013-01-02, 03:04:05.678; timestamp 2013-01-02T03:04:05;
///   timestamptz the same with a Z blob       ASCII, other bytes as \xAA; uuid in lower case with
///   dashes nested     JSON: lists, structs as objects, maps as objects with their keys as text
/// Types that no table stores are written as Arrow shows them.
class CellWriter {
 public:
  explicit CellWriter(const arrow::Field& field);

  /// The plain text; nothing for a null.
  void AppendText(const arrow::Array& array, std::int64_t row, std::string* out) const;
  /// A JSON value. Numbers stay numbers, decimals with all their digits too; what JSON has no
  /// numbers for is a string.
  void AppendJson(const arrow::Array& array, std::int64_t row, std::string* out) const;
  /// Whether AppendText can hold a delimiter, a quote or a line end.
  bool needs_quotes() const;

 private:
  enum class Form {
    kBare,    ///< the same text in both forms
    kReal,    ///< bare, but a string in JSON where it is no number
    kQuoted,  ///< a string in JSON
    kJson,    ///< JSON text already
    kList,
    kStruct,
    kMap,
    kUnion,  ///< the form of the value's own type
    kDictionary,
  };
  void AppendScalar(const arrow::Array& array, std::int64_t row, std::string* out) const;
  void AppendList(const arrow::Array& array, std::int64_t row, std::string* out) const;
  void AppendStruct(const arrow::Array& array, std::int64_t row, std::string* out) const;
  void AppendMap(const arrow::Array& array, std::int64_t row, std::string* out) const;
  static Form FormOf(const arrow::Field& field);

  Form form_;
  std::int64_t ticks_per_second_ = 1;
  bool utc_ = false;
  std::string name_;  ///< as JSON, of struct fields
  std::vector<CellWriter> parts_;
};

}  // namespace thalweg::formats
