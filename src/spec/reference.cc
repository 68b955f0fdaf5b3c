#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "spec/describe.h"
#include "spec/grammar.h"
#include "spec/node_kinds.h"

namespace thalweg::spec {

using component::DescriptionOf;
using component::FieldInfo;
using component::ObjectInfo;
using component::Registry;
using component::Shape;

namespace {

/// A text in a table cell.
std::string Cell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string Code(const std::string& text) {
  return text.empty() ? std::string() : fmt::format("`{}`", text);
}

std::string Notes(const FieldInfo& field) {
  std::string notes = field.doc;
  const auto add = [&notes](const std::string& sentence) {
    notes += (notes.empty() ? "" : " ") + sentence;
  };
  if (field.reserved) add("*Reserved: not available in this version.*");
  if (!field.choices.empty()) {
    std::string choices;
    for (const std::string& choice : field.choices)
      choices += (choices.empty() ? "" : ", ") + Code(choice);
    add(fmt::format("One of {}.", choices));
  }
  if (!field.default_text.empty()) add(fmt::format("Default {}.", Code(field.default_text)));
  if (!field.example.empty()) add(fmt::format("Example: {}.", Code(field.example)));
  return notes;
}

/// A table of fields, then one for each object among them, under the path to it.
void AddFields(const ObjectInfo& info, const std::string& path, std::string* page) {
  if (info.fields.empty()) return;
  *page += "| key | value | meaning |\n|---|---|---|\n";
  for (const FieldInfo& field : info.fields) {
    *page += fmt::format("| `{}`{} | {} | {} |\n", field.name, field.required ? " (required)" : "",
                         Cell(ShapeText(field)), Cell(Notes(field)));
  }
  if (!info.shorthand.empty())
    *page += fmt::format("\nA value in place of the map is its `{}`.\n", info.shorthand);
  for (const FieldInfo& field : info.fields) {
    const ObjectInfo* object = ObjectBelow(field);
    if (object == nullptr || field.reserved) continue;
    const std::string below = path.empty() ? field.name : fmt::format("{}.{}", path, field.name);
    *page += fmt::format("\n### {}\n{}{}\n", below, object->doc, object->doc.empty() ? "" : "\n");
    AddFields(*object, below, page);
  }
}

void AddSection(const std::string& title, const ObjectInfo& info, const std::string& path,
                std::string* page) {
  *page += fmt::format("\n## {}\n{}\n\n", title, info.doc);
  AddFields(info, path, page);
}

constexpr std::string_view kGenerated =
    "<!-- Generated from the descriptions in the program. Do not edit. -->\n";

std::string PipelinePage(const Registry& registry) {
  std::string page(kGenerated);
  page += "# The pipeline file\n";
  AddSection("The file", DescriptionOf<DocumentKeys>().info(), "", &page);
  AddSection("Keys of any node", DescriptionOf<CommonKeys>().info(), "", &page);
  page += "\n## Kinds\nA node has exactly one of these keys.\n\n| kind | the node |\n|---|---|\n";
  for (const KindInfo& kind : Kinds()) page += fmt::format("| `{}` | {} |\n", kind.key, kind.doc);
  for (const Registry::Entry* entry : registry.All()) {
    if (entry->descriptor.kind != component::Kind::kOperator) continue;
    page += fmt::format("| [`{0}`](operator-{0}.md) | {1} |\n", entry->descriptor.name,
                        Cell(entry->descriptor.summary));
  }
  AddSection("sql", DescriptionOf<SqlKeys>().info(), "sql", &page);
  AddSection("gate", DescriptionOf<GateKeys>().info(), "gate", &page);
  AddSection("Keys of any source", DescriptionOf<SourceKeys>().info(), "source", &page);
  AddSection("Keys of any target", DescriptionOf<TargetKeys>().info(), "target", &page);
  return page;
}

std::string ComponentPage(const component::Descriptor& descriptor) {
  std::string page(kGenerated);
  page += fmt::format("# {}\n{}\n", ComponentTitle(descriptor), descriptor.summary);
  if (!descriptor.promise.empty())
    page += fmt::format("\nAcross a crash: {}\n", descriptor.promise);
  if (!descriptor.example.empty()) {
    page += fmt::format("\n```yaml\n{}{}```\n", descriptor.example,
                        descriptor.example.ends_with('\n') ? "" : "\n");
  }
  page += "\n## Keys\n";
  if (!descriptor.options.doc.empty()) page += descriptor.options.doc + "\n\n";
  AddFields(descriptor.options, "", &page);
  return page;
}

std::string IndexPage(const Registry& registry) {
  std::string page(kGenerated);
  page += "# Reference\n\n- [The pipeline file](pipeline-file.md)\n";
  for (const Registry::Entry* entry : registry.All()) {
    page += fmt::format("- [{}]({}.md): {}\n", ComponentTitle(entry->descriptor),
                        ComponentFile(entry->descriptor), entry->descriptor.summary);
  }
  return page;
}

}  // namespace

std::map<std::string, std::string> ReferencePages(const Registry& registry) {
  std::map<std::string, std::string> pages;
  pages["README.md"] = IndexPage(registry);
  pages["pipeline-file.md"] = PipelinePage(registry);
  for (const Registry::Entry* entry : registry.All()) {
    pages[ComponentFile(entry->descriptor) + ".md"] = ComponentPage(entry->descriptor);
  }
  return pages;
}

}  // namespace thalweg::spec
