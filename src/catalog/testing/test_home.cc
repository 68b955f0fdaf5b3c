#include "catalog/testing/test_home.h"

#include <fmt/format.h>

namespace thalweg::catalog {
namespace {

constexpr std::chrono::seconds kLease{60};

void Must(const Status& status) {
  if (!status.ok()) Abort(__FILE__, __LINE__, status.ToString());
}

}  // namespace

TestHome::TestHome()
    : clock_(Instant(std::chrono::seconds(1'700'000'000))),
      home_(Home::OpenOrCreate(LocalFileSystem(), directory_ / ".thalweg").value()) {
  Reopen();
}

void TestHome::Reopen() {
  catalog_.reset();
  catalog_ = Catalog::Open(home_, clock_).value();
}

RunRecord TestHome::CreateRun(const std::vector<std::string>& nodes, bool stream) {
  std::vector<Catalog::NodeWish> wishes;
  for (const auto& name : nodes) wishes.push_back({.name = name, .kind = "sql", .was = {}});
  const auto ids = catalog().ResolveNodes("p", wishes).value();
  NewRun run;
  run.pipeline = "p";
  run.file_path = "/pipelines/p.yaml";
  run.file_text = "thalweg: 1\n";
  run.parameters = "{}";
  run.actor = kAnn;
  run.stream = stream;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    run.nodes.push_back(
        {.node = ids[i], .name = nodes[i], .kind = "sql", .action = "run: first run"});
  }
  RunRecord created = catalog().CreateRun(run).value();
  Must(catalog().SetRunState(created.id, RunState::kRunning, kAnn));
  created.state = RunState::kRunning;
  return created;
}

NodeRunRecord TestHome::NodeRun(const RunRecord& run, const std::string& node) {
  for (auto& record : catalog().NodeRuns(run.id).value()) {
    if (record.node_name == node) return record;
  }
  Abort(__FILE__, __LINE__, "the run has no such node");
}

CommitEpoch TestHome::StartEpoch(const RunRecord& run, const std::string& node,
                                 const std::string& recipe_key) {
  const NodeRunRecord record = NodeRun(run, node);
  const AttemptRecord attempt =
      catalog().StartAttempt(record.id, "duckdb 1.5", "host:1", kLease).value();
  CommitEpoch epoch;
  epoch.id = EpochId::New();
  epoch.node_run = record.id;
  epoch.attempt = attempt.id;
  epoch.recipe_key = recipe_key;
  epoch.versions.push_back(OneFileVersion(node, record.node, attempt.id));
  epoch.ends = NodeState::kDone;
  epoch.measures = attempt;
  epoch.measures.rows_out = 1;
  epoch.actor = {"thalweg", "finished"};
  return epoch;
}

VersionRecord TestHome::CommitOne(const std::string& node, const std::string& recipe_key) {
  const RunRecord run = CreateRun({node});
  auto versions = catalog().Commit(StartEpoch(run, node, recipe_key)).value();
  Must(catalog().SetRunState(run.id, RunState::kDone, {"thalweg", "all nodes ended"}));
  return versions.front();
}

NewVersion OneFileVersion(const std::string& table, const NodeId& node, const AttemptId& attempt,
                          std::int64_t rows) {
  NewVersion version;
  version.table = table;
  version.manifest.id = VersionId::New();
  version.manifest.node = node;
  version.manifest.columns = {{1, "id", "bigint"}, {2, "name", "varchar"}};
  version.manifest.rows = rows;
  version.manifest.bytes = Bytes(100 * rows);
  version.manifest.files.push_back(
      {.path = fmt::format("tables/{}/{}/{}.parquet", node.str(), attempt.str(), table),
       .rows = rows,
       .size = Bytes(100 * rows),
       .identity = ""});
  return version;
}

}  // namespace thalweg::catalog
