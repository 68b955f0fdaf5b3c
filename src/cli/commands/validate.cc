#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/loaded_graph.h"
#include "cli/pipeline_file.h"
#include "runs/plan.h"

namespace thalweg::cli {
namespace {

Result<ExitCode> Validate(Context& context, const std::vector<std::string>& words) {
  LoadedGraph loaded;
  TW_ASSIGN_OR_RETURN(const auto failed, Load(context, words, &loaded));
  if (failed) return *failed;
  Diagnostics& diagnostics = loaded.diagnostics;
  const runs::PlanOptions options{.selection = loaded.request.selection,
                                  .write_ids = false,
                                  .run = RunId(),
                                  .describe_all = true};
  auto plan =
      runs::MakePlan(loaded.session->workspace(), *std::move(loaded.graph), options, diagnostics);
  if (diagnostics.has_errors()) {
    return context.Fail(diagnostics, AfterMending(context, "validate", words, diagnostics),
                        ExitForMistakes(diagnostics));
  }
  if (!plan.ok()) return context.Fail(plan.status(), ExitForPlanning(context, plan.status()));

  const auto& graph = plan->graph;
  if (context.json()) {
    Json document = NewDocument();
    document["file"] = loaded.request.file;
    document["pipeline"] = graph.pipeline->name;
    document["valid"] = true;
    document["nodes"] = graph.nodes.size();
    document["warnings"] = Json::array();
    for (const auto& warning : diagnostics.all()) document["warnings"].push_back(ToJson(warning));
    context.Print(document);
    return ExitCode::kOk;
  }
  context.Warn(diagnostics);
  const std::size_t warnings = diagnostics.all().size();
  context.Out(fmt::format(
      "{} is valid: pipeline {}, {} nodes{}\n", loaded.request.file, graph.pipeline->name,
      graph.nodes.size(),
      warnings == 0 ? ""
                    : fmt::format(", {} {}", warnings, warnings == 1 ? "warning" : "warnings")));
  context.SayNext(Again(context, "plan", words));
  return ExitCode::kOk;
}

}  // namespace

Command ValidateCommand() {
  return {.name = "validate",
          .group = kWriteGroup,
          .summary = "Check a pipeline file, with all it names, and run nothing",
          .usage = "[FILE]",
          .details =
              "Reports everything that is wrong in one pass: grammar, options, SQL, columns, "
              "types. Looks at the first rows of\n"
              "source files to learn their columns. FILE is the only pipeline file of the "
              "directory when it is left out.",
          .example = "thalweg validate shop.yaml",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto words = std::make_shared<std::vector<std::string>>();
            parser.add_option("FILE", *words, "The pipeline file")
                ->expected(0, 1)
                ->check(CheckPipelineFile);
            return [words](Context& context) { return Validate(context, *words); };
          }};
}

}  // namespace thalweg::cli
