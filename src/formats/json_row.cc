#include "formats/json_row.h"

#include <algorithm>
#include <cstring>

#include <arrow/type.h>
#include <fmt/format.h>

#include "formats/utf8_text.h"

namespace thalweg::formats {

namespace od = simdjson::ondemand;

namespace {

std::string_view NameOf(od::json_type type) {
  switch (type) {
    case od::json_type::array:
      return "a list";
    case od::json_type::object:
      return "an object";
    case od::json_type::number:
      return "a number";
    case od::json_type::string:
      return "a string";
    case od::json_type::boolean:
      return "true or false";
    case od::json_type::null:
      break;
  }
  return "null";
}

}  // namespace

bool TakesNumbers(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::BOOL:
    case arrow::Type::BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DATE32:
    case arrow::Type::TIME64:
      return false;
    default:
      return true;
  }
}

JsonRow::JsonRow(RowBuilder& rows, bool reject_unknown)
    : rows_(rows), reject_unknown_(reject_unknown) {
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    const std::string& name = rows.name(i);
    column_of_.emplace(name, static_cast<int>(i));
  }
}

bool JsonRow::Refuse(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

bool JsonRow::Broken(simdjson::error_code error) {
  at_ = -1;
  return Refuse(Explain(error));
}

bool JsonRow::Append(std::string_view text) {
  at_ = -1;
  od::document document;
  if (const auto error =
          parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING)
              .get(document)) {
    return Broken(error);
  }
  od::json_type type;
  if (const auto error = document.type().get(type)) return Broken(error);
  if (type != od::json_type::object) {
    if (const auto error = CheckWord(document, type)) return Broken(error);
    return Refuse(fmt::format("{}, not an object", NameOf(type)));
  }
  od::object object;
  if (const auto error = document.get_object().get(object)) {
    // The parser looks at the last byte: what does not end in a bracket is an open object to it.
    const bool closed = error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT && ClosesBeforeEnd(text);
    return Broken(closed ? simdjson::TRAILING_CONTENT : error);
  }
  if (!AppendObject(object)) return false;
  at_ = -1;
  return IsAtEnd(document) || Broken(simdjson::TRAILING_CONTENT);
}

bool JsonRow::AppendObject(od::object object) {
  field_ = 0;
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return Broken(error);
    if (!AppendField(field)) return false;
  }
  for (std::size_t i = 0; i < rows_.columns(); ++i) {
    if (rows_.column(i).rows() == rows_.rows()) rows_.AppendMissing(i);
  }
  return true;
}

bool JsonRow::AppendField(od::field& field) {
  std::string_view key;
  if (const auto error = FindColumn(field, &key)) return Broken(error);
  if (at_ < 0) return SkipField(field, key);
  const auto i = static_cast<std::size_t>(at_);
  ColumnBuilder& builder = rows_.column(i);
  if (builder.rows() > rows_.rows()) return Refuse("the key stands twice");
  return AppendValue(field.value(), builder, 1);
}

bool JsonRow::SkipField(od::field& field, std::string_view key) {
  if (reject_unknown_) {
    return Refuse(fmt::format("a key that no column takes: \"{}\"", ToValidUtf8(key, 100)));
  }
  const auto error = CheckValue(field.value(), 1);
  return !error || Broken(error);
}

simdjson::error_code JsonRow::FindColumn(od::field& field, std::string_view* key) {
  const char* const raw = field.key().raw();
  if (field_ < known_.size()) {
    const Known& known = known_[field_];
    const std::size_t size = known.key.size();
    if (std::memcmp(raw, known.key.data(), size) == 0 && raw[size] == '"') {
      *key = known.key;
      at_ = known.column;
      ++field_;
      return simdjson::SUCCESS;
    }
  }
  if (const auto error = field.unescaped_key().get(*key)) return error;
  const auto found = column_of_.find(*key);
  at_ = found == column_of_.end() ? -1 : found->second;
  Learn(raw, *key);
  ++field_;
  return simdjson::SUCCESS;
}

void JsonRow::Learn(const char* raw, std::string_view key) {
  constexpr std::size_t kMostKnown = 256;
  // Longer ones could be compared with what lies behind the padding; escaped ones are not as they
  // stand.
  if (key.size() >= simdjson::SIMDJSON_PADDING || field_ > known_.size() || field_ >= kMostKnown ||
      std::memcmp(raw, key.data(), key.size()) != 0 || raw[key.size()] != '"') {
    return;
  }
  if (field_ == known_.size()) known_.emplace_back();
  known_[field_].key = key;
  known_[field_].column = at_;
}

bool JsonRow::AppendValue(od::value value, ColumnBuilder& builder, int depth) {
  if (depth > kDeepestJson) return Broken(simdjson::DEPTH_ERROR);
  od::json_type type;
  if (const auto error = value.type().get(type)) return Broken(error);
  if (type == od::json_type::null) {
    if (const auto error = ReadNull(value)) return Broken(error);
    if (depth == 1) {
      rows_.AppendMissing(static_cast<std::size_t>(at_));
    } else {
      builder.AppendNull();
    }
    return true;
  }
  switch (builder.kind()) {
    case ColumnBuilder::Kind::kScalar:
      return AppendScalar(value, type, builder);
    case ColumnBuilder::Kind::kText:
      if (type == od::json_type::string) return AppendScalar(value, type, builder);
      return AppendRaw(value, builder, depth);
    case ColumnBuilder::Kind::kJson:
      return AppendRaw(value, builder, depth);
    case ColumnBuilder::Kind::kList:
      if (type != od::json_type::array) return Refuse(fmt::format("{}, not a list", NameOf(type)));
      return AppendList(value, static_cast<ListColumnBuilder&>(builder), depth);
    case ColumnBuilder::Kind::kStruct:
    case ColumnBuilder::Kind::kMap:
      break;
  }
  if (type != od::json_type::object) return Refuse(fmt::format("{}, not an object", NameOf(type)));
  if (builder.kind() == ColumnBuilder::Kind::kMap) {
    return AppendMap(value, static_cast<MapColumnBuilder&>(builder), depth);
  }
  return AppendStruct(value, static_cast<StructColumnBuilder&>(builder), depth);
}

bool JsonRow::AppendText(std::string_view text, ColumnBuilder& builder) {
  std::string reason;
  if (builder.AppendText(text, &reason)) return true;
  return Refuse(fmt::format("{}: \"{}\"", reason, ToValidUtf8(text, 100)));
}

bool JsonRow::AppendScalar(od::value value, od::json_type type, ColumnBuilder& builder) {
  const arrow::Type::type id = builder.type()->id();
  if (type == od::json_type::string) {
    std::string_view text;
    if (const auto error = ReadString(value, &text)) return Broken(error);
    return AppendText(text, builder);
  }
  if (type == od::json_type::number && TakesNumbers(id)) {
    std::string_view token;
    if (const auto error = ReadNumber(value, &token)) return Broken(error);
    return AppendText(token, builder);
  }
  if (type == od::json_type::boolean && id == arrow::Type::BOOL) {
    bool boolean = false;
    if (const auto error = ReadBoolean(value, &boolean)) return Broken(error);
    return AppendText(boolean ? "true" : "false", builder);
  }
  return Refuse(fmt::format("{}, not a {}", NameOf(type), builder.type()->ToString()));
}

bool JsonRow::AppendRaw(od::value value, ColumnBuilder& builder, int depth) {
  std::string_view raw;
  if (const auto error = RawJson(value, depth, &raw)) return Broken(error);
  return AppendText(raw, builder);
}

bool JsonRow::AppendList(od::value value, ListColumnBuilder& builder, int depth) {
  od::array array;
  if (const auto error = value.get_array().get(array)) return Broken(error);
  for (auto item : array) {
    od::value element;
    if (const auto error = std::move(item).get(element)) return Broken(error);
    if (!AppendValue(element, builder.items(), depth + 1)) return false;
  }
  builder.CloseList();
  return true;
}

bool JsonRow::AppendStruct(od::value value, StructColumnBuilder& builder, int depth) {
  od::object object;
  if (const auto error = value.get_object().get(object)) return Broken(error);
  const std::int64_t row = builder.rows();
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return Broken(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return Broken(error);
    std::size_t i = 0;
    while (i < builder.field_count() && builder.field_name(i) != key) ++i;
    if (i == builder.field_count()) {
      if (const auto error = CheckValue(field.value(), depth + 1)) return Broken(error);
      continue;
    }
    const std::string& name = builder.field_name(i);
    if (builder.field(i).rows() > row) return Refuse(fmt::format("{}: the key stands twice", name));
    if (!AppendValue(field.value(), builder.field(i), depth + 1)) {
      return Refuse(at_ < 0 ? reason_ : fmt::format("{}: {}", name, reason_));
    }
  }
  for (std::size_t i = 0; i < builder.field_count(); ++i) {
    if (builder.field(i).rows() == row) builder.field(i).AppendNull();
  }
  builder.CloseStruct();
  return true;
}

bool JsonRow::AppendMap(od::value value, MapColumnBuilder& builder, int depth) {
  od::object object;
  if (const auto error = value.get_object().get(object)) return Broken(error);
  std::vector<std::string> keys;
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return Broken(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return Broken(error);
    keys.emplace_back(key);
    if (!AppendText(key, builder.keys())) return false;
    if (!AppendValue(field.value(), builder.items(), depth + 1)) return false;
  }
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) {
    return Refuse("a key of the map stands twice");
  }
  builder.CloseMap();
  return true;
}

}  // namespace thalweg::formats
