// The one place that knows every component by name.
#include <utility>

#include "cli/program.h"
#include "connectors/files/register.h"
#include "connectors/generator/register.h"
#include "connectors/standard/register.h"
#include "connectors/tail/register.h"
#include "connectors/tcp/register.h"
#include "duckdb/database.h"
#include "engines/duckdb/duckdb_engine.h"
#include "operators/duckdb_evaluator.h"
#include "operators/register.h"
#include "runs/replay_source.h"
#include "sql/analysis.h"

namespace thalweg {
namespace {

component::Registry MakeRegistry() {
  component::Registry registry;
  connectors::RegisterFiles(registry);
  connectors::RegisterGenerator(registry);
  connectors::RegisterStandard(registry);
  connectors::RegisterTail(registry);
  connectors::RegisterTcp(registry);
  operators::RegisterOperators(registry);
  runs::RegisterReplay(registry);
  return registry;
}

Result<runs::OpenedEngine> OpenEngine(const cli::EngineOptions& options) {
  TW_ASSIGN_OR_RETURN(auto engine,
                      engines::OpenDuckDb({.memory = options.memory,
                                           .threads = options.threads,
                                           .spill_directory = options.spill_directory}));
  TW_ASSIGN_OR_RETURN(auto analyzer, sql::Analyzer::Open(engine->database()));
  auto make_evaluator = operators::MakeDuckDbEvaluator(engine->database());
  return runs::OpenedEngine{std::move(engine), std::move(analyzer), std::move(make_evaluator)};
}

}  // namespace
}  // namespace thalweg

int main(int argc, char** argv) {
  thalweg::cli::Program program;
  program.engine_name = "duckdb";
  program.engine_version = thalweg::duckdb::Database::Version();
  program.make_registry = thalweg::MakeRegistry;
  program.open_engine = thalweg::OpenEngine;
  return thalweg::cli::Main(argc, argv, program);
}
