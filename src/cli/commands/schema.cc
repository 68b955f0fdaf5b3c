#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/commands/list.h"
#include "cli/context.h"
#include "spec/pipeline.h"

namespace thalweg::cli {
namespace {

Status WritePages(FileSystem& files, const std::string& directory,
                  const std::map<std::string, std::string>& pages) {
  for (const auto& [name, text] : pages) {
    const std::string path = JoinPath(directory, name);
    TW_RETURN_IF_ERROR(MakeDirectories(files, ParentPath(path)));
    TW_RETURN_IF_ERROR(WriteFileAtomically(files, path, text));
  }
  return {};
}

Result<ExitCode> Schema(Context& context, const std::string& reference) {
  if (reference.empty()) {
    std::string text = spec::JsonSchema(context.registry());
    if (!text.ends_with('\n')) text += '\n';
    context.Out(text);
    return ExitCode::kOk;
  }
  const auto pages = spec::ReferencePages(context.registry());
  TW_RETURN_IF_ERROR(WritePages(context.files(), reference, pages));
  context.Say(fmt::format("wrote {} pages into {}\n", pages.size(), reference));
  return ExitCode::kOk;
}

}  // namespace

Command SchemaCommand() {
  return {.name = "schema",
          .group = kWriteGroup,
          .summary = "Print the JSON Schema of pipeline files, for editors",
          .usage = "",
          .details =
              "An editor with a YAML language server completes and checks files with it, for "
              "example by this first line:\n"
              "# yaml-language-server: $schema=thalweg.schema.json",
          .example = "thalweg schema > thalweg.schema.json",
          .forms = {"json"},
          .build = [](CLI::App& parser) -> Action {
            auto reference = std::make_shared<std::string>();
            parser
                .add_option("--reference", *reference,
                            "Write the reference pages into this directory instead")
                ->type_name("DIR");
            return [reference](Context& context) { return Schema(context, *reference); };
          }};
}

}  // namespace thalweg::cli
