#include "spec/describe.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "spec/grammar.h"
#include "spec/names.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

using component::DescriptionOf;
using component::FieldInfo;
using component::ObjectInfo;
using component::Registry;
using component::Shape;

std::string ShapeText(const FieldInfo& field) {
  switch (field.shape) {
    case Shape::kBoolean:
      return "true or false";
    case Shape::kInteger:
      return "whole number";
    case Shape::kNumber:
      return "number";
    case Shape::kString:
      return field.secret ? "text (secret)" : "text";
    case Shape::kDuration:
      return "length of time";
    case Shape::kBytes:
      return "size in bytes";
    case Shape::kSql:
      return "SQL";
    case Shape::kType:
      return "type";
    case Shape::kScalar:
      return "single value";
    case Shape::kList: {
      std::string element = field.element ? ShapeText(*field.element) : "anything";
      if (element == "map") element = "maps";
      if (!field.scalar_or_list) return fmt::format("list of {}", element);
      // Only a scalar may stand for the list; a map may not.
      const ObjectInfo* object = field.element ? field.element->object.get() : nullptr;
      const FieldInfo* shorthand = object ? object->Find(object->shorthand) : nullptr;
      return fmt::format("{}, or list of {}", shorthand ? ShapeText(*shorthand) : element, element);
    }
    case Shape::kMap:
      return fmt::format("map of names to {}",
                         field.element ? ShapeText(*field.element) : "anything");
    case Shape::kObject: {
      const FieldInfo* shorthand =
          field.object ? field.object->Find(field.object->shorthand) : nullptr;
      return shorthand == nullptr ? "map" : fmt::format("{} or map", ShapeText(*shorthand));
    }
    case Shape::kAny:
      return "anything";
  }
  return "anything";
}

const ObjectInfo* ObjectBelow(const FieldInfo& field) {
  if (field.object) return field.object.get();
  return field.element ? ObjectBelow(*field.element) : nullptr;
}

namespace {

std::string_view KindWord(component::Kind kind) {
  switch (kind) {
    case component::Kind::kSource:
      return "source";
    case component::Kind::kTarget:
      return "target";
    case component::Kind::kOperator:
      return "operator";
  }
  return "operator";
}

}  // namespace

std::string ComponentTitle(const component::Descriptor& descriptor) {
  std::string title = fmt::format("{} {}", KindWord(descriptor.kind), descriptor.name);
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

std::string ComponentFile(const component::Descriptor& descriptor) {
  return fmt::format("{}-{}", KindWord(descriptor.kind), descriptor.name);
}

namespace {

constexpr std::size_t kWidth = 92;

/// Words of `text` in lines of at most kWidth columns, each behind `indent` blanks.
std::string Wrapped(const std::string& text, std::size_t indent) {
  std::string out, line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string word = text.substr(at, end - at);
    if (indent + line.size() + 1 + word.size() > kWidth) flush();
    if (!word.empty()) line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  flush();
  return out;
}

void AddField(const FieldInfo& field, std::size_t indent, std::string* out) {
  std::string head =
      fmt::format("{}{}: {}", std::string(indent, ' '), field.name, ShapeText(field));
  if (field.required) head += ", required";
  if (field.reserved) head += ", not available in this version";
  if (!field.default_text.empty()) head += fmt::format(", default {}", field.default_text);
  *out += head + "\n" + Wrapped(field.doc, indent + 4);
  if (!field.choices.empty()) {
    std::string choices;
    for (const std::string& choice : field.choices)
      choices += (choices.empty() ? "" : ", ") + choice;
    *out += Wrapped("One of: " + choices, indent + 4);
  }
  if (!field.example.empty()) *out += Wrapped("Example: " + field.example, indent + 4);
  const ObjectInfo* object = field.reserved ? nullptr : ObjectBelow(field);
  if (object == nullptr) return;
  for (const FieldInfo& below : object->fields) AddField(below, indent + 4, out);
}

void AddObject(const std::string& title, const ObjectInfo& info, std::string* out) {
  *out += title + "\n" + Wrapped(info.doc, 2) + "\n";
  if (!info.shorthand.empty())
    *out += fmt::format("  A value in place of the map is its {}.\n\n", info.shorthand);
  for (const FieldInfo& field : info.fields) AddField(field, 2, out);
}

void AddComponent(const component::Descriptor& descriptor, std::string* out) {
  *out += fmt::format("{}\n{}", ComponentTitle(descriptor), Wrapped(descriptor.summary, 2));
  if (!descriptor.promise.empty()) *out += Wrapped("Across a crash: " + descriptor.promise, 2);
  if (!descriptor.example.empty()) {
    *out += "\n  Example:\n";
    std::size_t at = 0;
    while (at < descriptor.example.size()) {
      const std::size_t end =
          std::min(descriptor.example.find('\n', at), descriptor.example.size());
      *out += "    " + descriptor.example.substr(at, end - at) + "\n";
      at = end + 1;
    }
  }
  *out += "\n";
  for (const FieldInfo& field : descriptor.options.fields) AddField(field, 2, out);
}

/// A part of the grammar by the word that a user would ask for.
std::vector<std::pair<std::string, const ObjectInfo*>> GrammarParts() {
  return {{"file", &DescriptionOf<DocumentKeys>().info()},
          {"node", &DescriptionOf<CommonKeys>().info()},
          {"sql", &DescriptionOf<SqlKeys>().info()},
          {"gate", &DescriptionOf<GateKeys>().info()},
          {"source", &DescriptionOf<SourceKeys>().info()},
          {"target", &DescriptionOf<TargetKeys>().info()}};
}

/// Keys that are described where they stand: of the document, and of any node.
std::vector<const FieldInfo*> GrammarKeys() {
  std::vector<const FieldInfo*> keys;
  for (const ObjectInfo* info :
       {&DescriptionOf<DocumentKeys>().info(), &DescriptionOf<CommonKeys>().info(),
        &DescriptionOf<SourceKeys>().info(), &DescriptionOf<TargetKeys>().info()}) {
    for (const FieldInfo& field : info->fields) keys.push_back(&field);
  }
  return keys;
}

/// Keys inside of others that go by this name: alone, or behind what they lie in (sql.duckdb).
void AddNested(const std::string& place, const std::vector<FieldInfo>& fields,
               const std::string& wanted, std::vector<std::string>* known, std::string* out) {
  for (const FieldInfo& field : fields) {
    const std::string path = place + "." + field.name;
    known->push_back(field.name);
    if (path == wanted || path.ends_with("." + wanted)) {
      *out += fmt::format("{}In {}:\n", out->empty() ? "" : "\n", place);
      AddField(field, 2, out);
    } else if (const ObjectInfo* object = field.reserved ? nullptr : ObjectBelow(field)) {
      AddNested(path, object->fields, wanted, known, out);
    }
  }
}

void AddConnectors(const Registry& registry, component::Kind kind, std::string* out) {
  *out += "\n  Connectors:\n";
  for (const Registry::Entry* entry : registry.All()) {
    if (entry->descriptor.kind == kind)
      *out += fmt::format("    {}: {}\n", entry->descriptor.name, entry->descriptor.summary);
  }
}

}  // namespace

Result<std::string> DescribeText(const Registry& registry, std::string_view name) {
  const std::string wanted = ToLower(name);
  std::string text;
  std::vector<std::string> known;
  const auto separate = [&text] {
    if (!text.empty()) text += "\n";
  };
  for (const Registry::Entry* entry : registry.All()) {
    const component::Descriptor& descriptor = entry->descriptor;
    const std::string full = fmt::format("{}.{}", KindWord(descriptor.kind), descriptor.name);
    known.push_back(descriptor.name);
    if (wanted != descriptor.name && wanted != full) continue;
    separate();
    AddComponent(descriptor, &text);
  }
  for (const auto& [part, info] : GrammarParts()) {
    known.push_back(part);
    if (wanted != part) continue;
    separate();
    AddObject(part, *info, &text);
    if (part == "source") AddConnectors(registry, component::Kind::kSource, &text);
    if (part == "target") AddConnectors(registry, component::Kind::kTarget, &text);
  }
  for (const FieldInfo* field : GrammarKeys()) {
    known.push_back(field->name);
    if (wanted != field->name) continue;
    separate();
    AddField(*field, 0, &text);
  }
  if (!text.empty()) return text;
  for (const Registry::Entry* entry : registry.All()) {
    const component::Descriptor& of = entry->descriptor;
    AddNested(fmt::format("{}.{}", KindWord(of.kind), of.name), of.options.fields, wanted, &known,
              &text);
  }
  for (const auto& [part, info] : GrammarParts())
    AddNested(part, info->fields, wanted, &known, &text);
  if (!text.empty()) return text;
  const std::string near = Nearest(wanted, known);
  return Status::NotFound(fmt::format("there is no component or key name={}", name))
      .WithSlug("unknown-component")
      .WithHint(near.empty() ? "see \"thalweg describe\" for all of them"
                             : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace thalweg::spec
