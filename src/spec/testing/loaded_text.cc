#include "spec/testing/loaded_text.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "spec/testing/example_components.h"

namespace thalweg::spec::testing {

LoadedText LoadExample(std::string text, const LoadOptions& options, std::string name) {
  static const component::Registry registry = ExampleRegistry();
  LoadedText loaded;
  loaded.source = std::make_shared<const SourceText>(std::move(name), std::move(text));
  loaded.pipeline = LoadText(loaded.source, registry, options, loaded.diagnostics);
  return loaded;
}

std::string Brief(const Diagnostics& diagnostics) {
  std::string brief;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const Place place = diagnostic.span.ToPlace();
    if (!brief.empty()) brief += "\n";
    brief += fmt::format("{} {}:{}+{}", diagnostic.slug, place.line, place.column, place.length);
    if (!diagnostic.label.empty()) brief += " " + diagnostic.label;
  }
  return brief;
}

std::string Full(const Diagnostics& diagnostics) {
  std::string full;
  for (const Diagnostic& diagnostic : diagnostics.all()) full += Render(diagnostic, false);
  return full;
}

std::string Under(const Span& span) {
  return span.source ? span.source->text().substr(span.begin, span.end - span.begin)
                     : std::string();
}

}  // namespace thalweg::spec::testing
