#include "connectors/standard/register.h"

#include "connectors/standard/stdin_source.h"
#include "connectors/standard/stdout_target.h"

namespace thalweg::connectors {
namespace {

struct StdinOptions : component::SourceOptions {
  StdinBody body;
  std::unique_ptr<component::Source> Make(const component::SourceContext& context) const override {
    return std::make_unique<StdinSource>(body, context);
  }
};

struct StdoutOptions : component::TargetOptions {
  StdoutBody body;
  std::unique_ptr<component::Target> Make(const component::TargetContext& context) const override {
    return std::make_unique<StdoutTarget>(body, context);
  }
};

}  // namespace

void RegisterStandard(component::Registry& registry) {
  component::Descriptor source;
  source.name = "stdin";
  source.summary = "Rows from the program's standard input, until it is closed.";
  source.unbounded = true;
  source.options = StdinBody::Describe().info();
  source.promise = "Cannot be read again: at most once across a crash.";
  source.example =
      "events:\n"
      "  source:\n"
      "    stdin: ndjson\n"
      "    columns: {ad_id: varchar, ts: {type: timestamptz, from: epoch_ms}}\n"
      "    bad_rows: drop\n";
  registry.Add(std::move(source), component::Registry::MakeSource(ReadStreamBody<StdinOptions>));

  component::Descriptor target;
  target.name = "stdout";
  target.summary = "Rows to the program's standard output, as they come.";
  target.options = StdoutBody::Describe().info();
  target.promise = "At least once: an epoch that a crash cut off is written again.";
  target.example =
      "printed:\n"
      "  from: events\n"
      "  target: {stdout: csv}\n";
  registry.Add(std::move(target), component::Registry::MakeTarget(ReadStreamBody<StdoutOptions>));
}

}  // namespace thalweg::connectors
