#include "spec/sql_texts.h"

namespace thalweg::spec {

using component::FieldInfo;
using component::ObjectInfo;
using component::Shape;
using component::SqlText;
using component::Value;

namespace {

void Collect(const Value& value, const ObjectInfo& info, std::vector<SqlText>* texts);

void Collect(const Value& value, const FieldInfo& info, std::vector<SqlText>* texts) {
  if (value.is_null()) return;
  if (info.shape == Shape::kSql) {
    if (value.is_scalar()) texts->push_back({value.text(), value});
  } else if (info.object) {
    Collect(value, *info.object, texts);
  } else if (info.element && value.is_scalar()) {
    Collect(value, *info.element, texts);
  } else if (info.element) {
    for (const Value& item : value.items()) Collect(item, *info.element, texts);
    for (const Value::Entry& entry : value.entries()) Collect(entry.value, *info.element, texts);
  }
}

void Collect(const Value& value, const ObjectInfo& info, std::vector<SqlText>* texts) {
  if (value.kind() != Value::Kind::kMap) {
    const FieldInfo* field = info.Find(info.shorthand);
    if (field != nullptr) Collect(value, *field, texts);
    return;
  }
  for (const Value::Entry& entry : value.entries()) {
    if (const FieldInfo* field = info.Find(entry.key)) Collect(entry.value, *field, texts);
  }
}

}  // namespace

std::vector<SqlText> SqlTextsIn(const Value& value, const ObjectInfo& info) {
  std::vector<SqlText> texts;
  Collect(value, info, &texts);
  return texts;
}

}  // namespace thalweg::spec
