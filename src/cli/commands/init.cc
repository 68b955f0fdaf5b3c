#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "catalog/home.h"
#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/context.h"
#include "cli/session.h"
#include "cli/starter.h"

namespace thalweg::cli {
namespace {

/// Nothing is written when one of the files is there already.
Status WriteStarter(FileSystem& files, const std::string& directory) {
  for (const auto& file : StarterFiles()) {
    const std::string path = JoinPath(directory, file.path);
    if (!files.Stat(path).ok()) continue;
    return Status(Code::kExists, Fault::kUser,
                  fmt::format("{} is there already; nothing was written", path))
        .WithSlug("file-exists")
        .WithHint("thalweg init OTHER_DIRECTORY");
  }
  for (const auto& file : StarterFiles()) {
    const std::string path = JoinPath(directory, file.path);
    TW_RETURN_IF_ERROR(MakeDirectories(files, ParentPath(path)));
    TW_RETURN_IF_ERROR(WriteFileAtomically(files, path, file.text));
  }
  return {};
}

Result<ExitCode> Init(Context& context, const std::string& directory) {
  TW_RETURN_IF_ERROR(WriteStarter(context.files(), directory));
  const std::string home = context.options().home.empty()
                               ? JoinPath(AbsolutePath(directory), ".thalweg")
                               : HomePath(context);
  TW_RETURN_IF_ERROR(catalog::Home::OpenOrCreate(context.files(), home).status());

  const std::string run =
      directory == "." ? "thalweg run" : fmt::format("cd {} && thalweg run", ShellWord(directory));
  if (context.json()) {
    Json document = NewDocument();
    document["files"] = Json::array();
    for (const auto& file : StarterFiles())
      document["files"].push_back(JoinPath(directory, file.path));
    document["home"] = home;
    document["next"] = run;
    context.Print(document);
    return ExitCode::kOk;
  }
  for (const auto& file : StarterFiles()) {
    context.Say(fmt::format(
        "wrote {}\n", directory == "." ? std::string(file.path) : JoinPath(directory, file.path)));
  }
  context.SayNext(run);
  return ExitCode::kOk;
}

}  // namespace

Command InitCommand() {
  return {.name = "init",
          .group = kWriteGroup,
          .summary = "Write a small pipeline with its data, to start from",
          .usage = "[DIR]",
          .details =
              "Writes shop.yaml and two CSV files into DIR (default: here) and makes an empty "
              "home, .thalweg, beside them.\n"
              "Files that exist are never overwritten.",
          .example = "thalweg init shop\ncd shop && thalweg run",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto directory = std::make_shared<std::string>(".");
            parser.add_option("DIR", *directory, "Directory to write into");
            return [directory](Context& context) { return Init(context, *directory); };
          }};
}

}  // namespace thalweg::cli
