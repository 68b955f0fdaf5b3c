// Any bytes, read as YAML and as JSON and loaded: must not crash, and every place that is reported
// or kept lies in the text.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "component/fields.h"
#include "component/registry.h"
#include "spec/pipeline.h"

namespace thalweg::spec {
namespace {

using component::DescriptionOf;
using component::OptionsOf;

struct FileOptions {
  std::vector<std::string> files, nulls;
  component::NamedList<component::TypeName> columns;
  std::int64_t skip = 0;
  static OptionsOf<FileOptions> Describe() {
    return OptionsOf<FileOptions>("files", "Files.")
        .Field("files", &FileOptions::files,
               {.doc = "Paths.", .required = true, .scalar_or_list = true})
        .Field("nulls", &FileOptions::nulls, {.doc = "Nulls."})
        .Field("columns", &FileOptions::columns, {.doc = "Columns."})
        .Field("skip", &FileOptions::skip, {.doc = "Lines."});
  }
};

struct FilesSource : component::SourceOptions {
  std::unique_ptr<component::Source> Make(const component::SourceContext&) const override {
    return nullptr;
  }
};
struct FilesTarget : component::TargetOptions {
  std::unique_ptr<component::Target> Make(const component::TargetContext&) const override {
    return nullptr;
  }
};

component::Registry MakeRegistry() {
  component::Registry registry;
  component::Descriptor descriptor;
  descriptor.name = "files";
  descriptor.options = DescriptionOf<FileOptions>().info();
  registry.Add(descriptor,
               component::Registry::MakeSource(
                   [](const Value& body, const std::vector<std::string>& ignored,
                      Diagnostics& diagnostics) -> std::unique_ptr<component::SourceOptions> {
                     FileOptions options;
                     if (!DescriptionOf<FileOptions>().Read(body, ignored, &options, diagnostics))
                       return nullptr;
                     return std::make_unique<FilesSource>();
                   }));
  registry.Add(descriptor,
               component::Registry::MakeTarget(
                   [](const Value& body, const std::vector<std::string>& ignored,
                      Diagnostics& diagnostics) -> std::unique_ptr<component::TargetOptions> {
                     FileOptions options;
                     if (!DescriptionOf<FileOptions>().Read(body, ignored, &options, diagnostics))
                       return nullptr;
                     return std::make_unique<FilesTarget>();
                   }));
  return registry;
}

void CheckSpan(const Span& span) {
  if (!span.source) return;
  TW_CHECK(span.begin <= span.end);
  TW_CHECK(span.end <= span.source->text().size());
  TW_CHECK(span.ToPlace().line >= 1);
}

void CheckValue(const Value& value) {
  CheckSpan(value.span());
  if (value.is_scalar()) {
    const std::size_t size = value.text().size();
    for (const std::size_t at : {std::size_t{0}, size / 2, size}) CheckSpan(value.SpanOf(at, size));
  }
  for (const Value& item : value.items()) CheckValue(item);
  for (const auto& entry : value.entries()) {
    CheckSpan(entry.key_span);
    CheckValue(entry.value);
  }
}

void LoadAs(const std::string& name, const std::string& text) {
  static const component::Registry registry = MakeRegistry();
  const auto source = std::make_shared<const SourceText>(name, text);
  LoadOptions options;
  options.environment = [](const std::string&) { return std::optional<std::string>("x"); };
  options.read_file = [](const std::string& path) -> Result<std::string> {
    return "SELECT 1 -- " + path;
  };
  Diagnostics diagnostics;
  const Pipeline pipeline = LoadText(source, registry, options, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    CheckSpan(diagnostic.span);
    TW_CHECK(!Render(diagnostic, false).empty());
  }
  for (const Node& node : pipeline.nodes) {
    CheckSpan(node.name_span);
    CheckValue(node.value);
    TW_CHECK(diagnostics.has_errors() || !node.canonical.empty());
  }
}

}  // namespace
}  // namespace thalweg::spec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  thalweg::spec::LoadAs("p.yaml", text);
  thalweg::spec::LoadAs("p.json", text);
  return 0;
}
