#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/commands/list.h"
#include "cli/cut_off.h"
#include "cli/evidence_text.h"
#include "cli/names.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/table_printer.h"
#include "runs/checks.h"
#include "runs/gate.h"
#include "runs/lineage.h"

namespace thalweg::cli {
namespace {

/// One node of a run with its last attempt and what it gave.
struct ShownNode {
  catalog::NodeRunRecord run;
  std::optional<catalog::AttemptRecord> attempt;
  std::vector<runs::CheckResult> checks;
  std::int64_t rows = -1;
  bool rows_exact = true;  ///< false: at most so many
};

Result<ShownNode> Look(catalog::Catalog& catalog, catalog::NodeRunRecord run) {
  ShownNode shown{std::move(run), std::nullopt, {}};
  TW_ASSIGN_OR_RETURN(shown.checks, runs::DecodeChecks(shown.run.checks));
  TW_ASSIGN_OR_RETURN(auto attempts, catalog.Attempts(shown.run.id));
  if (!attempts.empty()) shown.attempt = std::move(attempts.back());
  if (!shown.run.version.empty()) {
    TW_ASSIGN_OR_RETURN(const auto version, catalog.FindVersion(shown.run.version));
    if (version) {
      shown.rows = version->manifest.rows;
      shown.rows_exact = version->manifest.rows_exact();
    }
  } else if (shown.attempt && shown.run.state == catalog::NodeState::kDone) {
    shown.rows = shown.attempt->rows_out;
  }
  return shown;
}

std::string Rows(const ShownNode& node) {
  if (node.rows < 0) return "";
  return (node.rows_exact ? "" : "<= ") + FormatCount(node.rows);
}

std::string Took(const catalog::NodeRunRecord& run) {
  return run.started && run.ended ? FormatDuration(*run.ended - *run.started) : "";
}

/// The error of a node in a run, and the checks that only warned; empty without both.
std::string Troubles(const ShownNode& node, const std::string& name, bool color) {
  std::string text;
  const auto add = [&](Tone tone, const std::string& what) {
    std::string line;  // of what has several
    for (const char c : what) line += c == '\n' ? std::string("\n  ") : std::string(1, c);
    text += fmt::format("\n{}: {}\n", Paint(tone, name, color), line);
  };
  if (!node.run.error.empty()) add(Tone::kBad, node.run.error);
  for (const auto& check : node.checks) {
    if (!check.passed && check.severity == spec::Severity::kWarn)
      add(Tone::kWarn, "warning: check " + ToString(check));
  }
  return text;
}

Json ToJson(const ShownNode& node) {
  Json entry{{"node", node.run.node_name},
             {"kind", node.run.kind},
             {"state", catalog::ToString(node.run.state)},
             {"action", node.run.action}};
  if (node.rows >= 0) entry["rows"] = node.rows;
  if (!node.rows_exact) entry["rows_at_most"] = true;
  if (node.run.started) entry["started"] = FormatInstant(*node.run.started);
  if (node.run.ended) entry["ended"] = FormatInstant(*node.run.ended);
  if (node.attempt) {
    entry["attempt"] = node.attempt->number;
    entry["rejected"] = node.attempt->rows_rejected;
    entry["bytes"] = node.attempt->bytes.value;
    entry["peak_memory"] = node.attempt->peak_memory.value;
    entry["spilled"] = node.attempt->spilled.value;
    entry["cpu_us"] = node.attempt->cpu_us;
  }
  if (!node.run.checks.empty())
    entry["checks"] = Json::parse(runs::EncodeChecks(node.checks), nullptr, false);
  if (!node.run.error.empty()) entry["error"] = node.run.error;
  return entry;
}

class RunPage {
 public:
  RunPage(const Context& context, runs::Workspace& workspace, catalog::RunRecord run)
      : context_(context), workspace_(workspace), run_(std::move(run)) {}

  Result<ExitCode> Print() {
    TW_ASSIGN_OR_RETURN(cut_off_, IsCutOff(workspace_, run_));
    TW_ASSIGN_OR_RETURN(auto records, workspace_.catalog().NodeRuns(run_.id));
    for (auto& record : records) {
      if (record.state == catalog::NodeState::kWaiting) {
        TW_RETURN_IF_ERROR(AddEvidence(record.node_name));
      }
      TW_ASSIGN_OR_RETURN(auto node, Look(workspace_.catalog(), std::move(record)));
      nodes_.push_back(std::move(node));
    }
    if (context_.json()) {
      PrintJson();
    } else {
      PrintText();
    }
    return ExitCode::kOk;
  }

 private:
  Status AddEvidence(const std::string& gate) {
    auto evidence = runs::WaitingEvidence(workspace_, run_.pipeline + "." + gate);
    if (!evidence.ok())
      return evidence.status().code() == Code::kNotFound ? Status() : evidence.status();
    if (evidence->run_number == run_.number) waiting_.push_back(*std::move(evidence));
    return {};
  }

  void PrintText() const {
    const bool color = context_.console().out().color;
    const std::string state = cut_off_
                                  ? Paint(Tone::kBad, "cut off", color)
                                  : Paint(ToneOf(run_.state), catalog::ToString(run_.state), color);
    context_.Out(fmt::format("run {} of {}: {}\n", run_.number, run_.pipeline, state));
    context_.Out(
        fmt::format("  started   {}{}\n", ShortInstant(run_.started),
                    run_.ended ? ", took " + FormatDuration(*run_.ended - run_.started) : ""));
    context_.Out(fmt::format("  file      {}\n", run_.file_path));
    if (!run_.selection.empty()) context_.Out(fmt::format("  selected  {}\n", run_.selection));
    if (run_.parameters.size() > 2)
      context_.Out(fmt::format("  params    {}\n", ShowCell(run_.parameters)));
    context_.Out(fmt::format("  last      {}, by {}\n\n", ShowCell(run_.reason), run_.actor));

    TablePrinter table =
        ListOn(context_.console(),
               {{"node"}, {"kind"}, {"state"}, {"rows", true}, {"took", true}, {"why"}});
    for (const auto& node : nodes_) {
      table.Add({node.run.node_name, node.run.kind, std::string(catalog::ToString(node.run.state)),
                 Rows(node), Took(node.run), node.run.action});
    }
    table.Finish();
    for (const auto& node : nodes_) {
      context_.Out(Troubles(node, node.run.node_name, color));
    }
    for (const auto& evidence : waiting_) {
      context_.Out("\n" + EvidenceText(evidence, context_.console().out()));
      context_.SayNext(SignatureAdvice(evidence));
    }
    const bool going_on = run_.state == catalog::RunState::kRunning && !cut_off_;
    if (waiting_.empty() && !going_on && run_.state != catalog::RunState::kDone)
      context_.SayNext(fmt::format("thalweg resume {}", run_.number));
  }

  void PrintJson() const {
    Json document = NewDocument();
    document["run"] = run_.number;
    document["pipeline"] = run_.pipeline;
    document["state"] = catalog::ToString(run_.state);
    document["started"] = FormatInstant(run_.started);
    if (run_.ended) document["ended"] = FormatInstant(*run_.ended);
    document["file"] = run_.file_path;
    document["text"] = run_.file_text;
    document["parameters"] = Json::parse(run_.parameters, nullptr, false);
    document["selection"] = run_.selection;
    document["actor"] = run_.actor;
    document["reason"] = run_.reason;
    document["cut_off"] = cut_off_;
    document["nodes"] = Json::array();
    for (const auto& node : nodes_) document["nodes"].push_back(ToJson(node));
    document["gates"] = Json::array();
    for (const auto& evidence : waiting_) document["gates"].push_back(cli::ToJson(evidence));
    context_.Print(document);
  }

  const Context& context_;
  runs::Workspace& workspace_;
  const catalog::RunRecord run_;
  bool cut_off_ = false;
  std::vector<ShownNode> nodes_;
  std::vector<runs::Evidence> waiting_;
};

/// What each column is made of; nothing where no statement says it.
Result<std::vector<std::vector<std::string>>> ColumnSources(
    runs::Workspace& workspace, const std::vector<catalog::RunRecord>& runs,
    const std::string& node, const data::Columns& columns) {
  std::vector<std::vector<std::string>> sources(columns.size());
  if (runs.empty()) return sources;
  TW_ASSIGN_OR_RETURN(const auto lineage, runs::LineageOf(workspace, runs.front(), node, columns));
  for (std::size_t i = 0; i < std::min(sources.size(), lineage.size()); ++i)
    sources[i] = lineage[i].sources;
  return sources;
}

/// Columns and versions of a node's table, and what the last runs did with it.
Result<ExitCode> ShowNode(const Context& context, runs::Workspace& workspace,
                          const catalog::NodeRecord& node) {
  constexpr int kRunsBack = 10;
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto versions, catalog.Versions(node.pipeline, node.name, 1));
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(node.pipeline, kRunsBack));
  std::vector<ShownNode> history;
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(auto records, catalog.NodeRuns(run.id));
    const auto it = std::find_if(records.begin(), records.end(),
                                 [&](const auto& record) { return record.node == node.id; });
    if (it == records.end()) continue;
    TW_ASSIGN_OR_RETURN(auto shown, Look(catalog, std::move(*it)));
    history.push_back(std::move(shown));
  }
  const data::Columns columns =
      versions.empty() ? data::Columns() : versions.front().manifest.columns;
  TW_ASSIGN_OR_RETURN(const auto sources, ColumnSources(workspace, runs, node.name, columns));
  if (context.json()) {
    Json document = NewDocument();
    document["node"] = node.name;
    document["pipeline"] = node.pipeline;
    document["kind"] = node.kind;
    document["columns"] = Json::array();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      document["columns"].push_back(
          {{"name", columns[i].name}, {"type", columns[i].type}, {"from", sources[i]}});
    }
    document["runs"] = Json::array();
    for (const auto& shown : history) {
      Json entry = ToJson(shown);
      entry["run"] = shown.run.run_number;
      document["runs"].push_back(std::move(entry));
    }
    context.Print(document);
    return ExitCode::kOk;
  }
  context.Out(fmt::format("{}.{}: {}\n", node.pipeline, node.name, node.kind));
  if (!versions.empty()) {
    const auto& latest = versions.front();
    context.Out(fmt::format("version {} of {}: {} rows, {}\n\n", latest.number,
                            ShortInstant(latest.created), RowCount(latest.manifest),
                            FormatBytes(latest.manifest.bytes)));
    const bool known = std::any_of(sources.begin(), sources.end(),
                                   [](const auto& of_column) { return !of_column.empty(); });
    std::vector<TableColumn> heads = {{"column"}, {"type"}};
    if (known) heads.push_back({"from"});
    TablePrinter table = ListOn(context.console(), heads);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::vector<std::optional<std::string>> cells = {columns[i].name, columns[i].type};
      if (known) cells.push_back(fmt::format("{}", fmt::join(sources[i], ", ")));
      table.Add(cells);
    }
    table.Finish();
  }
  context.Out("\n");
  TablePrinter table = ListOn(context.console(),
                              {{"run", true}, {"state"}, {"rows", true}, {"took", true}, {"why"}});
  for (const auto& shown : history) {
    table.Add({std::to_string(shown.run.run_number),
               std::string(catalog::ToString(shown.run.state)), Rows(shown), Took(shown.run),
               shown.run.action});
  }
  table.Finish();
  if (!history.empty()) {
    const ShownNode& last = history.front();
    context.Out(
        Troubles(last, fmt::format("run {}", last.run.run_number), context.console().out().color));
  }
  if (!versions.empty())
    context.SayNext(fmt::format("thalweg query \"FROM {}.{}\"", node.pipeline, node.name));
  return ExitCode::kOk;
}

Result<ExitCode> Show(Context& context, const std::string& word) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  runs::Workspace& workspace = session->workspace();
  if (word.find_first_not_of("0123456789") != std::string::npos) {
    TW_ASSIGN_OR_RETURN(const auto node, FindNode(workspace.catalog(), word));
    return ShowNode(context, workspace, node);
  }
  TW_ASSIGN_OR_RETURN(auto run, workspace.catalog().FindRun(std::atoll(word.c_str())));
  if (!run) {
    return Status::NotFound(fmt::format("there is no run {} in this home", word))
        .WithSlug("unknown-run")
        .WithHint("thalweg runs lists them");
  }
  return RunPage(context, workspace, *std::move(run)).Print();
}

}  // namespace

Command ShowCommand() {
  return {.name = "show",
          .group = kLookGroup,
          .summary = "Show one run, or one node and its history",
          .usage = "RUN|NODE",
          .details =
              "A run: its nodes, errors, and the evidence at a gate it waits at. A node: its "
              "columns, what they are made of, and what the last runs did.",
          .example = "thalweg show 12\nthalweg show shop.sales",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto word = std::make_shared<std::string>();
            parser
                .add_option("RUN|NODE", *word, "A run's number, or a node: name or pipeline.name")
                ->required();
            return [word](Context& context) { return Show(context, *word); };
          }};
}

}  // namespace thalweg::cli
