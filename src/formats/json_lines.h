#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "formats/json_row.h"
#include "formats/row_builder.h"

namespace thalweg::formats {

/// The quick way for lines that are flat objects with the keys of the row before: simdjson finds
/// the brackets, quotes and commas of many lines at once, and values are taken from between them.
/// Knows of no error: whatever is not as expected is left to JsonRow, which says what is wrong.
/// Private to the JSON code of this room.
class JsonLines {
 public:
  /// Keys are those that `row` has learnt.
  JsonLines(RowBuilder& rows, const JsonRow& row);

  /// Before a line at `offset` of the text that is the first of `rest`: looks at as many whole
  /// lines as are good for one go, unless the last look reaches this far.
  void LookAhead(std::string_view rest, std::int64_t offset);
  /// Appends the values of the line at `offset`; false: not done, the row must be rolled back.
  bool Append(std::string_view line, std::int64_t offset);

 private:
  struct Column {
    ColumnBuilder* builder;
    bool takes_strings, takes_numbers;
  };
  bool AppendObject(std::string_view line, std::uint32_t begin);
  bool AppendToken(std::string_view token, int column);
  static bool IsToken(std::string_view token);

  RowBuilder& rows_;
  const JsonRow& row_;
  std::vector<Column> columns_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
  std::int64_t begin_ = 0, end_ = 0;  ///< what was looked at, in the text
  bool good_ = false;                 ///< the look found no fault
  bool escapes_ = false;              ///< somewhere in it
  std::uint32_t next_ = 0;            ///< of the parser's places: the first of the next line
  int lines_ = 0, refused_ = 0;       ///< since the last look
  int pause_ = 0;                     ///< so many looks are left out: they did not pay
};

}  // namespace thalweg::formats
