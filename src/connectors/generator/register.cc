#include "connectors/generator/register.h"

#include "connectors/generator/generator_source.h"
#include "connectors/streams/stream_body.h"

namespace thalweg::connectors {
namespace {

struct GeneratorOptions : component::SourceOptions {
  GeneratorBody body;
  std::unique_ptr<component::Source> Make(const component::SourceContext& context) const override {
    return std::make_unique<GeneratorSource>(body, context);
  }
};

}  // namespace

void RegisterGenerator(component::Registry& registry) {
  component::Descriptor descriptor;
  descriptor.name = "generator";
  descriptor.summary = "Rows that are made up: for trying things out, tests and measurements.";
  descriptor.unbounded = true;
  descriptor.options = GeneratorBody::Describe().info();
  descriptor.promise =
      "The same rows again from any row, but for stamps: exactly once into targets that are.";
  descriptor.example =
      "events:\n"
      "  source:\n"
      "    generator:\n"
      "      ad: {key: {count: 100, skew: zipf}}\n"
      "      kind: {choice: [view, click, purchase]}\n"
      "      ts: {time: {start: 2024-01-01T00:00:00Z, step: 1ms, jitter: 5s}}\n"
      "    rate: 10000\n";
  registry.Add(std::move(descriptor),
               component::Registry::MakeSource(ReadStreamBody<GeneratorOptions>));
}

}  // namespace thalweg::connectors
