#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/json_ondemand.h"
#include "formats/row_builder.h"

namespace thalweg::formats {

/// Types whose text is digits: a JSON number may stand for them.
bool TakesNumbers(arrow::Type::type id);

/// Reads one JSON object into a row of column builders. Private to the JSON decoder.
class JsonRow {
 public:
  JsonRow(RowBuilder& rows, bool reject_unknown);

  /// Appends a value to every column, or says what is wrong; the caller commits or rolls back.
  /// `text` is followed by simdjson's padding.
  bool Append(std::string_view text);

  /// Empty: the whole row is to blame.
  std::string column() const {
    return at_ < 0 ? std::string() : rows_.name(static_cast<std::size_t>(at_));
  }
  const std::string& reason() const { return reason_; }

  /// The keys of the last objects in their order, and their columns: most objects have one order.
  struct Known {
    std::string key;
    int column = -1;
  };
  const std::vector<Known>& known() const { return known_; }
  bool rejects_unknown() const { return reject_unknown_; }

 private:
  bool AppendObject(simdjson::ondemand::object object);
  bool AppendField(simdjson::ondemand::field& field);
  bool SkipField(simdjson::ondemand::field& field, std::string_view key);
  bool AppendValue(simdjson::ondemand::value value, ColumnBuilder& builder, int depth);
  bool AppendScalar(simdjson::ondemand::value value, simdjson::ondemand::json_type type,
                    ColumnBuilder& builder);
  bool AppendRaw(simdjson::ondemand::value value, ColumnBuilder& builder, int depth);
  bool AppendList(simdjson::ondemand::value value, ListColumnBuilder& builder, int depth);
  bool AppendStruct(simdjson::ondemand::value value, StructColumnBuilder& builder, int depth);
  bool AppendMap(simdjson::ondemand::value value, MapColumnBuilder& builder, int depth);
  bool AppendText(std::string_view text, ColumnBuilder& builder);
  /// The column that the field is for; with `key` where there is none.
  simdjson::error_code FindColumn(simdjson::ondemand::field& field, std::string_view* key);
  /// Remembers that the key, as it stands in the text, was the field_-th.
  void Learn(const char* raw, std::string_view key);
  /// The row is no JSON: the column, if any, is not to blame.
  bool Broken(simdjson::error_code error);
  bool Refuse(std::string reason);

  RowBuilder& rows_;
  const bool reject_unknown_;
  simdjson::ondemand::parser parser_;
  std::unordered_map<std::string_view, int> column_of_;
  int at_ = -1;  ///< the column that is being read
  std::vector<Known> known_;
  std::size_t field_ = 0;  ///< number of the field that is being read
  std::string reason_;
};

}  // namespace thalweg::formats
