#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/file_system.h"
#include "base/memory_budget.h"
#include "catalog/catalog.h"
#include "component/engine.h"
#include "component/operator.h"
#include "component/registry.h"
#include "spec/pipeline.h"
#include "sql/analysis.h"

namespace thalweg::runs {

/// An engine with the parser that belongs to it. Opened only when something must be parsed or
/// executed: a run in which everything is reused never pays for it.
struct OpenedEngine {
  std::unique_ptr<component::Engine> engine;
  std::unique_ptr<sql::Analyzer> analyzer;
  component::MakeEvaluator make_evaluator = nullptr;  ///< for operators
};

/// What every command on a home works with. Made by cli/, one per process.
class Workspace {
 public:
  struct Parts {
    FileSystem* files = nullptr;
    const Clock* clock = nullptr;
    const component::Registry* registry = nullptr;
    std::function<Result<OpenedEngine>(const std::string& spill_directory)> open_engine;
    std::string engine_name,
        engine_version;  ///< of the engine that open_engine opens; known without opening it
    Bytes memory = Bytes::MiB(512);
    int threads = 0;      ///< 0: one per core
    std::string actor;    ///< user@host
    bool verify = false;  ///< hash source files again although size and time are as remembered
  };
  Workspace(Parts parts, catalog::Home home, std::unique_ptr<catalog::Catalog> catalog);

  FileSystem& files() const { return *parts_.files; }
  const Clock& clock() const { return *parts_.clock; }
  const component::Registry& registry() const { return *parts_.registry; }
  const catalog::Home& home() const { return home_; }
  catalog::Catalog& catalog() const { return *catalog_; }
  MemoryBudget& memory() { return memory_; }
  int threads() const;
  const std::string& actor() const { return parts_.actor; }
  const std::string& engine_name() const { return parts_.engine_name; }
  /// "duckdb 1.5": what a recipe key says of the engine.
  std::string EngineGeneration() const;
  bool engine_opened() const { return opened_.engine != nullptr; }

  /// Opens on first use. Thread-safe.
  Result<component::Engine*> engine();
  Result<sql::Analyzer*> analyzer();
  Result<component::MakeEvaluator> make_evaluator();

  /// Identity of a file with its content hash, remembered in the catalog by path, size and time.
  /// Thread-safe.
  Result<data::FileIdentity> Identify(const std::string& path);
  /// `engine` may be null for a source of which only the identity is asked.
  component::SourceContext MakeSourceContext(const std::string& directory,
                                             component::Engine* engine);
  component::TargetContext MakeTargetContext(const std::string& directory);

 private:
  Status OpenEngine();

  Parts parts_;
  catalog::Home home_;
  std::unique_ptr<catalog::Catalog> catalog_;
  MemoryBudget memory_;
  std::mutex mutex_;
  std::unique_ptr<catalog::SpillClaim> spill_;  // goes after the engine that writes there
  OpenedEngine opened_;
};

}  // namespace thalweg::runs
