#include "spec/canonical.h"

#include <charconv>
#include <string>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "data/types.h"

namespace thalweg::spec {

using component::FieldInfo;
using component::ObjectInfo;
using component::Shape;
using nlohmann::json;

namespace {

json Canonical(const Value& value, const FieldInfo& info);

std::string DoubleText(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return text;
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, written.ptr);
}

std::string Trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

/// Without a description nothing is known of what counts: kinds are told apart and the order is
/// kept.
json Verbatim(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return nullptr;
    case Value::Kind::kBoolean:
      return value.boolean();
    case Value::Kind::kNumber:
      return json{{"number", value.text()}};
    case Value::Kind::kString:
      return value.text();
    case Value::Kind::kList: {
      json list = json::array();
      for (const Value& item : value.items()) list.push_back(Verbatim(item));
      return list;
    }
    case Value::Kind::kMap: {
      json pairs = json::array();
      for (const auto& entry : value.entries()) pairs.push_back({entry.key, Verbatim(entry.value)});
      return json{{"map", std::move(pairs)}};
    }
  }
  return nullptr;
}

json CanonicalScalar(const Value& value, const FieldInfo& info) {
  const std::string& text = value.text();
  switch (info.shape) {
    case Shape::kBoolean:
      return value.kind() == Value::Kind::kBoolean ? json(value.boolean()) : json(text);
    case Shape::kNumber:
      return DoubleText(text);
    case Shape::kDuration: {
      const auto duration = ParseDuration(text);
      return duration.ok() ? json(duration->count()) : json(text);
    }
    case Shape::kBytes: {
      const auto bytes = ParseBytes(text);
      return bytes.ok() ? json(bytes->value) : json(text);
    }
    case Shape::kType:
      return data::CanonicalType(text).value_or(text);
    case Shape::kSql:
      return Trimmed(text);
    case Shape::kAny:
      return Verbatim(value);
    default:
      return text;
  }
}

json Canonical(const Value& value, const FieldInfo& info) {
  if (value.is_null()) return nullptr;
  if (info.shape == Shape::kAny) return Verbatim(value);
  if (info.object) return CanonicalObject(value, *info.object);
  if (info.shape == Shape::kList && info.element) {
    json list = json::array();
    if (value.is_scalar()) {
      list.push_back(Canonical(value, *info.element));
    } else {
      for (const Value& item : value.items()) list.push_back(Canonical(item, *info.element));
    }
    return list;
  }
  if (info.shape == Shape::kMap && info.element) {
    json pairs = json::array();
    for (const auto& entry : value.entries())
      pairs.push_back({entry.key, Canonical(entry.value, *info.element)});
    return pairs;
  }
  return value.is_scalar() ? CanonicalScalar(value, info) : Verbatim(value);
}

std::string_view ToString(Materialize::Mode mode) {
  switch (mode) {
    case Materialize::Mode::kReplace:
      return "replace";
    case Materialize::Mode::kAppend:
      return "append";
    case Materialize::Mode::kMerge:
      return "merge";
    case Materialize::Mode::kNone:
      return "none";
  }
  return "replace";
}

json CanonicalCheck(const CheckSpec& check) {
  const auto text = [](const std::optional<SqlText>& sql) {
    return sql ? json(Trimmed(sql->text)) : json();
  };
  struct Visitor {
    decltype(text)& text_of;
    json operator()(const CheckSpec::NotNull& c) const { return {"not_null", c.columns}; }
    json operator()(const CheckSpec::Unique& c) const { return {"unique", c.columns}; }
    json operator()(const CheckSpec::Accepted& c) const {
      json values = json::array();
      for (const auto& value : c.values) values.push_back(value.text);
      return {"accepted", c.column, std::move(values)};
    }
    json operator()(const CheckSpec::Range& c) const {
      return {"range", c.column, text_of(c.min), text_of(c.max)};
    }
    json operator()(const CheckSpec::Rows& c) const {
      return {"rows", text_of(c.min), text_of(c.max)};
    }
    json operator()(const CheckSpec::ForeignKey& c) const {
      return {"foreign_key", c.columns, c.table.name, c.to};
    }
    json operator()(const CheckSpec::Sql& c) const { return {"sql", Trimmed(c.condition.text)}; }
  };
  return std::visit(Visitor{text}, check.kind);
}

void AddKind(const Node& node, json* out) {
  (*out)["kind"] = std::string(spec::ToString(node.kind));
  if (const auto* source = std::get_if<SourceBody>(&node.body)) {
    (*out)["component"] = source->connector;
  } else if (const auto* sql = std::get_if<SqlBody>(&node.body)) {
    (*out)["profile"] = sql->dialect_only ? "engine" : "portable";
  } else if (const auto* op = std::get_if<OperatorBody>(&node.body)) {
    (*out)["component"] = op->name;
  } else if (const auto* target = std::get_if<TargetBody>(&node.body)) {
    (*out)["component"] = target->connector;
    (*out)["write"] = target->write == component::WriteMode::kAppend ? "append" : "replace";
    json order = json::array();
    for (const OrderKey& key : target->order_by) order.push_back({key.column, key.descending});
    if (!order.empty()) (*out)["order_by"] = std::move(order);
  }
}

}  // namespace

json CanonicalObject(const Value& value, const ObjectInfo& info) {
  json object = json::object();
  if (value.kind() == Value::Kind::kMap) {
    for (const auto& entry : value.entries()) {
      const FieldInfo* field = info.Find(entry.key);
      if (field != nullptr && field->changes_rows)
        object[entry.key] = Canonical(entry.value, *field);
    }
  } else if (const FieldInfo* field = info.Find(info.shorthand);
             field != nullptr && field->changes_rows) {
    object[field->name] = Canonical(value, *field);
  }
  return object;
}

std::string CanonicalNode(const Node& node, json options) {
  json out = json::object();
  AddKind(node, &out);
  if (!options.empty()) out["options"] = std::move(options);
  if (node.event_time) {
    json event_time = {{"column", node.event_time->column},
                       {"lateness", node.event_time->lateness.count()}};
    if (node.event_time->idle) event_time["idle"] = node.event_time->idle->count();
    out["event_time"] = std::move(event_time);
  }
  if (node.on_error == OnError::kDrop) out["on_error"] = "drop";
  if (node.on_error == OnError::kQuarantine) out["on_error"] = "quarantine";
  if (node.kind == NodeKind::kOperator && !node.engine.empty()) out["engine"] = node.engine;
  const Materialize::Mode mode = node.materialize.mode;
  if (mode == Materialize::Mode::kAppend || mode == Materialize::Mode::kMerge) {
    out["materialize"] = {std::string(ToString(mode)), node.materialize.merge_key};
  }
  json quarantine = json::array();
  for (const CheckSpec& check : node.checks) {
    if (check.severity == Severity::kQuarantine) quarantine.push_back(CanonicalCheck(check));
  }
  if (!quarantine.empty()) out["quarantine"] = std::move(quarantine);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace thalweg::spec
