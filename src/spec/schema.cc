#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "spec/grammar.h"

namespace thalweg::spec {

using component::DescriptionOf;
using component::FieldInfo;
using component::ObjectInfo;
using component::Registry;
using component::Shape;
using json = nlohmann::ordered_json;

namespace {

constexpr const char* kNamePattern = "^[a-z][a-z0-9_]{0,62}$";
constexpr const char* kSubstitutionPattern = "\\$\\{[^}]+\\}";

json RefTo(const std::string& name) {
  return {{"$ref", "#/$defs/" + name}};
}
json Type(const char* type) {
  return {{"type", type}};
}
json AnyScalar() {
  return {{"type", {"string", "number", "boolean"}}};
}
json Substituted() {
  return {{"type", "string"}, {"pattern", kSubstitutionPattern}};
}
json AnyOf(std::vector<json> choices) {
  return {{"anyOf", std::move(choices)}};
}

json ObjectSchema(const ObjectInfo& info);

json ScalarSchema(const FieldInfo& field) {
  switch (field.shape) {
    case Shape::kBoolean:
      return AnyOf({Type("boolean"), Substituted()});
    case Shape::kInteger:
      return AnyOf({Type("integer"), Substituted()});
    case Shape::kNumber:
      return AnyOf({Type("number"), Substituted()});
    case Shape::kString:
      if (!field.choices.empty()) return AnyOf({{{"enum", field.choices}}, Substituted()});
      return AnyScalar();
    case Shape::kDuration:
    case Shape::kType:
      return Type("string");
    case Shape::kBytes:
      return {{"type", {"string", "integer"}}};
    case Shape::kSql:
    case Shape::kScalar:
      return AnyScalar();
    default:
      return json::object();
  }
}

/// The default as JSON has it: numbers and booleans are no text.
json DefaultOf(const FieldInfo& field) {
  const bool plain = field.shape == Shape::kBoolean || field.shape == Shape::kInteger ||
                     field.shape == Shape::kNumber;
  const json parsed = plain ? json::parse(field.default_text, nullptr, false) : json();
  return plain && !parsed.is_discarded() ? parsed : json(field.default_text);
}

json FieldSchema(const FieldInfo& field) {
  json schema;
  if (field.shape == Shape::kObject && field.object) {
    schema = ObjectSchema(*field.object);
  } else if (field.shape == Shape::kList && field.element) {
    const json item = FieldSchema(*field.element);
    schema = {{"type", "array"}, {"items", item}};
    if (field.scalar_or_list) schema = AnyOf({schema, item});
  } else if (field.shape == Shape::kMap && field.element) {
    schema = {{"type", "object"}, {"additionalProperties", FieldSchema(*field.element)}};
  } else {
    schema = ScalarSchema(field);
  }
  if (!field.doc.empty()) schema["description"] = field.doc;
  if (!field.default_text.empty()) schema["default"] = DefaultOf(field);
  return schema;
}

void AddProperties(const ObjectInfo& info, json* schema) {
  for (const FieldInfo& field : info.fields) {
    if (field.reserved) continue;
    (*schema)["properties"][field.name] = FieldSchema(field);
    if (field.required) (*schema)["required"].push_back(field.name);
  }
}

json MapSchema(const ObjectInfo& info) {
  json schema = {{"type", "object"}, {"properties", json::object()}};
  AddProperties(info, &schema);
  schema["additionalProperties"] = false;
  return schema;
}

json ObjectSchema(const ObjectInfo& info) {
  json schema = MapSchema(info);
  if (const FieldInfo* field = info.shorthand.empty() ? nullptr : info.Find(info.shorthand)) {
    schema = AnyOf({FieldSchema(*field), schema});
  }
  if (!info.doc.empty()) schema["description"] = info.doc;
  return schema;
}

/// A connector's map with the keys that all connectors of its kind share.
json ConnectorSchema(const component::Descriptor& descriptor, const ObjectInfo& shared) {
  json schema = {
      {"type", "object"}, {"properties", json::object()}, {"required", {descriptor.name}}};
  AddProperties(descriptor.options, &schema);
  AddProperties(shared, &schema);
  json required = json::array();  // the connector's key may be among the required ones already
  for (const json& name : schema["required"]) {
    if (std::find(required.begin(), required.end(), name) == required.end())
      required.push_back(name);
  }
  schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  schema["description"] = descriptor.summary;
  return schema;
}

std::string DefinitionName(const component::Descriptor& descriptor) {
  switch (descriptor.kind) {
    case component::Kind::kSource:
      return "source." + descriptor.name;
    case component::Kind::kTarget:
      return "target." + descriptor.name;
    case component::Kind::kOperator:
      return "operator." + descriptor.name;
  }
  return descriptor.name;
}

json Definitions(const Registry& registry) {
  json definitions = json::object();
  definitions["name"] = {{"type", "string"}, {"pattern", kNamePattern}};
  for (const Registry::Entry* entry : registry.All()) {
    const component::Descriptor& descriptor = entry->descriptor;
    json schema = ObjectSchema(descriptor.options);
    if (descriptor.kind == component::Kind::kSource) {
      schema = ConnectorSchema(descriptor, DescriptionOf<SourceKeys>().info());
    } else if (descriptor.kind == component::Kind::kTarget) {
      schema = ConnectorSchema(descriptor, DescriptionOf<TargetKeys>().info());
    }
    definitions[DefinitionName(descriptor)] = std::move(schema);
  }
  return definitions;
}

json Connectors(const Registry& registry, component::Kind kind) {
  std::vector<json> choices;
  for (const Registry::Entry* entry : registry.All()) {
    if (entry->descriptor.kind == kind) choices.push_back(RefTo(DefinitionName(entry->descriptor)));
  }
  return choices.empty() ? json(false) : AnyOf(std::move(choices));
}

json NodeSchema(const Registry& registry) {
  json node = MapSchema(DescriptionOf<CommonKeys>().info());
  json one_kind = json::array();
  const auto add = [&](const std::string& key, json schema) {
    node["properties"][key] = std::move(schema);
    one_kind.push_back({{"required", {key}}});
  };
  add("source", Connectors(registry, component::Kind::kSource));
  add("sql", ObjectSchema(DescriptionOf<SqlKeys>().info()));
  add("gate", ObjectSchema(DescriptionOf<GateKeys>().info()));
  add("target", Connectors(registry, component::Kind::kTarget));
  for (const std::string& name : registry.Names(component::Kind::kOperator))
    add(name, RefTo("operator." + name));
  node["oneOf"] = std::move(one_kind);
  return node;
}

}  // namespace

std::string JsonSchema(const Registry& registry) {
  json schema = MapSchema(DescriptionOf<DocumentKeys>().info());
  schema["properties"]["thalweg"] = {
      {"const", 1}, {"description", DescriptionOf<DocumentKeys>().info().Find("thalweg")->doc}};
  schema["properties"]["pipeline"] = RefTo("name");
  schema["properties"]["params"]["propertyNames"] = RefTo("name");
  schema["properties"]["nodes"] = {{"type", "object"},
                                   {"propertyNames", RefTo("name")},
                                   {"minProperties", 1},
                                   {"additionalProperties", RefTo("node")}};
  json definitions = Definitions(registry);
  definitions["node"] = NodeSchema(registry);
  json document = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "Thalweg pipeline"}};
  document.update(schema);
  document["$defs"] = std::move(definitions);
  return document.dump(2) + "\n";
}

}  // namespace thalweg::spec
