#include "connectors/tail/register.h"

#include "connectors/tail/tail_source.h"

namespace thalweg::connectors {
namespace {

struct TailOptions : component::SourceOptions {
  TailBody body;
  std::unique_ptr<component::Source> Make(const component::SourceContext& context) const override {
    return std::make_unique<TailSource>(body, context);
  }
};

}  // namespace

void RegisterTail(component::Registry& registry) {
  component::Descriptor descriptor;
  descriptor.name = "tail";
  descriptor.summary = "Files that grow, such as logs, through rotation and with new files.";
  descriptor.unbounded = true;
  descriptor.options = TailBody::Describe().info();
  descriptor.promise =
      "Can be read again from any row while the files are there: exactly once into targets that "
      "are.";
  descriptor.example =
      "events:\n"
      "  source:\n"
      "    tail: logs/*.ndjson\n"
      "    columns: {user: varchar, ts: timestamptz}\n"
      "    bad_rows: quarantine\n";
  registry.Add(std::move(descriptor), component::Registry::MakeSource(ReadStreamBody<TailOptions>));
}

}  // namespace thalweg::connectors
