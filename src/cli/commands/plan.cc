#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/list.h"
#include "cli/loaded_graph.h"
#include "cli/pipeline_file.h"
#include "cli/table_printer.h"
#include "runs/plan.h"

namespace thalweg::cli {
namespace {

std::string Tally(const runs::Plan& plan) {
  std::vector<std::string> parts;
  for (const runs::Action action : {runs::Action::kRun, runs::Action::kReuse, runs::Action::kWait,
                                    runs::Action::kInline, runs::Action::kSkip}) {
    const auto count = std::count_if(plan.nodes.begin(), plan.nodes.end(),
                                     [&](const auto& node) { return node.action == action; });
    if (count > 0) parts.push_back(fmt::format("{} {}", count, runs::ToString(action)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

void PrintText(const Context& context, const runs::Plan& plan) {
  context.Out(Paint(Tone::kBold,
                    fmt::format("pipeline {}: {}", plan.graph.pipeline->name, Tally(plan)),
                    context.console().out().color) +
              "\n\n");
  TablePrinter table = ListOn(context.console(), {{"node"}, {"kind"}, {"does"}, {"why"}});
  for (const int i : plan.graph.order) {
    const auto at = static_cast<std::size_t>(i);
    const auto& node = plan.graph.nodes[at];
    table.Add({node.name(), std::string(spec::ToString(node.spec->kind)),
               std::string(runs::ToString(plan.nodes[at].action)), plan.nodes[at].why});
  }
  table.Finish();
  const bool streams = std::any_of(plan.graph.nodes.begin(), plan.graph.nodes.end(),
                                   [](const auto& node) { return node.streams; });
  if (!streams) return;  // tables are made whole or not at all: nothing to say
  std::string promises;
  for (const int i : plan.graph.order) {
    const auto at = static_cast<std::size_t>(i);
    if (plan.nodes[at].promise.empty()) continue;
    promises += fmt::format("  {}: {}\n", plan.graph.nodes[at].name(), plan.nodes[at].promise);
  }
  if (!promises.empty()) context.Out("\nacross a crash\n" + promises);
}

Json Document(const runs::Plan& plan, const Diagnostics& diagnostics) {
  Json document = NewDocument();
  document["pipeline"] = plan.graph.pipeline->name;
  document["nodes"] = Json::array();
  for (const int i : plan.graph.order) {
    const auto at = static_cast<std::size_t>(i);
    const auto& node = plan.graph.nodes[at];
    const auto& planned = plan.nodes[at];
    Json entry{{"node", node.name()},
               {"kind", spec::ToString(node.spec->kind)},
               {"action", runs::ToString(planned.action)},
               {"why", planned.why}};
    entry["reads"] = Json::array();
    for (const int other : node.upstream)
      entry["reads"].push_back(plan.graph.nodes[static_cast<std::size_t>(other)].name());
    if (planned.version) entry["version"] = planned.version->number;
    if (!planned.promise.empty()) entry["promise"] = planned.promise;
    if (!planned.columns.empty()) {
      entry["columns"] = Json::array();
      for (const auto& column : planned.columns)
        entry["columns"].push_back({{"name", column.name}, {"type", column.type}});
    }
    document["nodes"].push_back(std::move(entry));
  }
  document["warnings"] = Json::array();
  for (const auto& warning : diagnostics.all()) document["warnings"].push_back(ToJson(warning));
  return document;
}

Result<ExitCode> Plan(Context& context, const std::vector<std::string>& words) {
  LoadedGraph loaded;
  TW_ASSIGN_OR_RETURN(const auto failed, Load(context, words, &loaded));
  if (failed) return *failed;
  const runs::PlanOptions options{.selection = loaded.request.selection,
                                  .write_ids = false,
                                  .run = RunId(),
                                  .describe_all = false};
  auto plan = runs::MakePlan(loaded.session->workspace(), *std::move(loaded.graph), options,
                             loaded.diagnostics);
  if (loaded.diagnostics.has_errors()) {
    return context.Fail(loaded.diagnostics,
                        AfterMending(context, "plan", words, loaded.diagnostics),
                        ExitForMistakes(loaded.diagnostics));
  }
  if (!plan.ok()) return context.Fail(plan.status(), ExitForPlanning(context, plan.status()));
  if (context.json()) {
    context.Print(Document(*plan, loaded.diagnostics));
    return ExitCode::kOk;
  }
  context.Warn(loaded.diagnostics);
  PrintText(context, *plan);
  context.SayNext(Again(context, "run", words));
  return ExitCode::kOk;
}

}  // namespace

Command PlanCommand() {
  return {.name = "plan",
          .group = kWriteGroup,
          .summary = "Say what a run would do with each node, and why",
          .usage = "[FILE] [SEL...]",
          .details =
              "A node runs, is reused, waits at a gate, or is skipped. Nothing is executed and "
              "nothing is written.\n"
              "SEL: n, n+ (with all below), +n (with all above), tag:x; none: everything that is "
              "not start: manual.",
          .example = "thalweg plan\nthalweg plan shop.yaml sales+",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto words = std::make_shared<std::vector<std::string>>();
            parser.add_option("SEL", *words, "The pipeline file, and nodes to select");
            return [words](Context& context) { return Plan(context, *words); };
          }};
}

}  // namespace thalweg::cli
