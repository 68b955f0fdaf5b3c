#include "runs/testing/test_pipeline.h"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>

#include "connectors/files/register.h"
#include "connectors/tail/register.h"
#include "engines/duckdb/duckdb_engine.h"
#include "operators/duckdb_evaluator.h"
#include "operators/register.h"
#include "runs/replay_source.h"

namespace thalweg::runs {

TestPipeline::TestPipeline() {
  connectors::RegisterFiles(registry_);
  connectors::RegisterTail(registry_);
  operators::RegisterOperators(registry_);
  RegisterReplay(registry_);
}

void TestPipeline::Nodes(const std::string& nodes, const std::string& params) {
  Write("p.yaml", "thalweg: 1\npipeline: p\n" +
                      (params.empty() ? "" : "params: {" + params + "}\n") + "nodes:\n" + nodes);
}

Result<std::unique_ptr<Workspace>> TestPipeline::Open() {
  FileSystem& files = LocalFileSystem();
  TW_ASSIGN_OR_RETURN(catalog::Home home, catalog::Home::OpenOrCreate(files, Path(".thalweg")));
  TW_ASSIGN_OR_RETURN(auto catalog, catalog::Catalog::Open(home, *clock_));
  Workspace::Parts parts;
  parts.files = &files;
  parts.clock = clock_;
  parts.registry = &registry_;
  parts.engine_name = "duckdb";
  parts.engine_version = duckdb::Database::Version();
  parts.threads = 2;
  parts.actor = "tester@here";
  parts.open_engine = [](const std::string& spill) -> Result<OpenedEngine> {
    TW_ASSIGN_OR_RETURN(auto engine, engines::OpenDuckDb({.threads = 2, .spill_directory = spill}));
    TW_ASSIGN_OR_RETURN(auto analyzer, sql::Analyzer::Open(engine->database()));
    auto make_evaluator = operators::MakeDuckDbEvaluator(engine->database());
    return OpenedEngine{std::move(engine), std::move(analyzer), std::move(make_evaluator)};
  };
  return std::make_unique<Workspace>(std::move(parts), std::move(home), std::move(catalog));
}

Result<RunOutcome> TestPipeline::Run(std::vector<std::string> selection,
                                     std::map<std::string, std::string> params,
                                     std::stop_token stop) {
  diagnostics = Diagnostics();
  observer = RecordingObserver();
  TW_ASSIGN_OR_RETURN(const auto workspace, Open());
  TW_ASSIGN_OR_RETURN(const std::string text, ReadFile(workspace->files(), Path("p.yaml")));
  return runs::Run(*workspace,
                   {.file = Path("p.yaml"),
                    .text = text,
                    .params = std::move(params),
                    .selection = std::move(selection)},
                   observer, stop, diagnostics);
}

Result<RunOutcome> TestPipeline::Resume(std::int64_t number, std::stop_token stop) {
  diagnostics = Diagnostics();
  observer = RecordingObserver();
  TW_ASSIGN_OR_RETURN(const auto workspace, Open());
  return runs::Resume(*workspace, number, observer, stop, diagnostics);
}

Result<Plan> TestPipeline::MakePlan(std::vector<std::string> selection) {
  diagnostics = Diagnostics();
  TW_ASSIGN_OR_RETURN(const auto workspace, Open());
  TW_ASSIGN_OR_RETURN(const std::string text, ReadFile(workspace->files(), Path("p.yaml")));
  TW_ASSIGN_OR_RETURN(Graph graph, LoadGraph(*workspace, {.file = Path("p.yaml"), .text = text},
                                             std::nullopt, diagnostics));
  if (diagnostics.has_errors()) return diagnostics.ToStatus();
  auto plan = runs::MakePlan(*workspace, std::move(graph), {.selection = std::move(selection)},
                             diagnostics);
  if (diagnostics.has_errors()) return diagnostics.ToStatus();
  return plan;
}

Status TestPipeline::Sign(const std::string& gate, catalog::Decision decision,
                          const std::string& comment) {
  TW_ASSIGN_OR_RETURN(const auto workspace, Open());
  TW_ASSIGN_OR_RETURN(const Evidence evidence, WaitingEvidence(*workspace, gate));
  return runs::Sign(*workspace, evidence, decision, comment).status();
}

std::string TestPipeline::Rows(const std::string& sql) {
  diagnostics = Diagnostics();
  auto workspace = Open();
  if (!workspace.ok()) return workspace.status().ToString();
  auto query = Query(**workspace, sql, "p", {}, diagnostics);
  if (!query.ok()) return query.status().ToString();
  std::vector<std::string> lines;
  while (true) {
    auto batch = query->rows->Next();
    if (!batch.ok()) return batch.status().ToString();
    if (!*batch) break;
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      std::string line;
      for (const auto& column : (*batch)->columns()) {
        if (&column != &(*batch)->columns().front()) line += "|";
        line += column->IsNull(row) ? "-" : (*column->GetScalar(row))->ToString();
      }
      lines.push_back(line + "\n");
    }
  }
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

std::string StateOf(const RunOutcome& outcome, const std::string& node) {
  for (const auto& result : outcome.nodes) {
    if (result.node == node) return std::string(catalog::ToString(result.state));
  }
  return "";
}

std::string ActionOf(const Plan& plan, const std::string& node) {
  const int i = plan.graph.Find(node);
  return i < 0 ? "" : std::string(ToString(plan.nodes[static_cast<std::size_t>(i)].action));
}

}  // namespace thalweg::runs
