#include "connectors/files/register.h"

#include "connectors/files/files_source.h"
#include "connectors/files/files_target.h"

namespace thalweg::connectors {
namespace {

struct FilesSourceOptions : component::SourceOptions {
  FilesSourceBody body;
  std::unique_ptr<component::Source> Make(const component::SourceContext& context) const override {
    return std::make_unique<FilesSource>(body, context);
  }
};

struct FilesTargetOptions : component::TargetOptions {
  FilesTargetBody body;
  std::unique_ptr<component::Target> Make(const component::TargetContext& context) const override {
    return std::make_unique<FilesTarget>(body, context);
  }
};

/// Reads a body by its description, then checks what a description cannot say.
template <typename Options>
std::unique_ptr<Options> ReadBody(const component::Value& value,
                                  const std::vector<std::string>& ignored,
                                  Diagnostics& diagnostics) {
  auto options = std::make_unique<Options>();
  const bool read =
      decltype(options->body)::Describe().Read(value, ignored, &options->body, diagnostics);
  if (!read || !options->body.Check(value, diagnostics)) return nullptr;
  return options;
}

component::Descriptor SourceDescriptor() {
  component::Descriptor descriptor;
  descriptor.name = "files";
  descriptor.summary = "CSV, JSON and Parquet files on a disk, by path or pattern.";
  descriptor.options = FilesSourceBody::Describe().info();
  descriptor.promise = "Can be read again from any row: exactly once into targets that are.";
  descriptor.example =
      "flights:\n"
      "  source:\n"
      "    files: data/flights*.csv.gz\n"
      "    nulls: [\"\", NA]\n"
      "    columns: {dep_delay: integer, time_hour: timestamptz}\n"
      "    bad_rows: quarantine\n";
  return descriptor;
}

component::Descriptor TargetDescriptor() {
  component::Descriptor descriptor;
  descriptor.name = "files";
  descriptor.summary =
      "A CSV, JSON or Parquet file, or a directory of them; replaced as a whole, or a directory "
      "that "
      "every epoch adds files to.";
  descriptor.options = FilesTargetBody::Describe().info();
  descriptor.promise =
      "Exactly once: written aside, synced, renamed into place. A reader sees the old file or the "
      "new one; appended files one after another.";
  descriptor.example =
      "report:\n"
      "  from: by_carrier\n"
      "  target: {files: out/by_carrier.parquet, order_by: [carrier]}\n";
  return descriptor;
}

}  // namespace

void RegisterFiles(component::Registry& registry) {
  registry.Add(SourceDescriptor(), component::Registry::MakeSource(ReadBody<FilesSourceOptions>));
  registry.Add(TargetDescriptor(), component::Registry::MakeTarget(ReadBody<FilesTargetOptions>));
}

}  // namespace thalweg::connectors
