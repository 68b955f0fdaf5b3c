// Kills, power cuts and failures at every operation of a small life of a home.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <set>
#include <span>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/posix_file_system.h"
#include "base/testing/fault_file_system.h"
#include "base/testing/temp_directory.h"
#include "catalog/catalog.h"
#include "catalog/fault_vfs.h"
#include "catalog/testing/memory_disk.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

#ifdef THALWEG_TEST_HOOKS

constexpr std::chrono::seconds kLease{60};
constexpr std::string_view kContent = "rows, all of them";

/// Where a life writes down what it was promised, outside of what crashes.
class Promises {
 public:
  explicit Promises(std::string path) : path_(std::move(path)) {}

  void Add(const std::string& fact) const {
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    const std::string line = fact + "\n";
    TW_CHECK(::write(fd.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  std::set<std::string> Read() const {
    std::istringstream lines(ReadFile(*MakePosixFileSystem(), path_).value_or(""));
    std::set<std::string> facts;
    for (std::string line; std::getline(lines, line);) facts.insert(line);
    return facts;
  }

 private:
  const std::string path_;
};

Status WriteDataFile(const Home& home, const NodeId& node, const AttemptId& attempt,
                     const std::string& path) {
  FileSystem& files = home.files();
  TW_RETURN_IF_ERROR(files.MakeDirectory(home.AttemptDirectory(node, attempt)));
  TW_ASSIGN_OR_RETURN(const auto file, files.Create(home.Absolute(path)));
  TW_RETURN_IF_ERROR(file->Append(kContent));
  TW_RETURN_IF_ERROR(file->Sync());
  TW_RETURN_IF_ERROR(file->Close());
  TW_RETURN_IF_ERROR(files.SyncDirectory(home.AttemptDirectory(node, attempt)));
  return files.SyncDirectory(home.NodeDirectory(node));
}

/// One batch node as runs/ executes it.
Result<VersionRecord> ExecuteNode(const Home& home, Catalog& catalog, const NodeRunRecord& node) {
  TW_ASSIGN_OR_RETURN(const auto attempt, catalog.StartAttempt(node.id, "e", "w", kLease));
  CommitEpoch epoch;
  epoch.id = EpochId::New();
  epoch.node_run = node.id;
  epoch.attempt = attempt.id;
  epoch.versions = {OneFileVersion(node.node_name, node.node, attempt.id)};
  epoch.measures = attempt;
  epoch.ends = NodeState::kDone;
  epoch.receipts = {{.target = "t", .text = "{}"}};
  epoch.receipt_version = epoch.versions[0].manifest.id;
  epoch.actor = kAnn;
  TW_RETURN_IF_ERROR(
      WriteDataFile(home, node.node, attempt.id, epoch.versions[0].manifest.files[0].path));
  TW_ASSIGN_OR_RETURN(const auto versions, catalog.Commit(epoch));
  return versions.front();
}

/// A stream of two nodes: two checkpoints, each with a version of either and a state.
Status ExecuteStream(const Home& home, Catalog& catalog, std::span<const NodeRunRecord> nodes,
                     const Promises& promises) {
  std::vector<NodeRunId> node_runs;
  for (const auto& node : nodes) node_runs.push_back(node.id);
  TW_ASSIGN_OR_RETURN(const auto attempts, catalog.StartAttempts(node_runs, "e", "w", kLease));
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
    std::vector<CommitEpoch> epochs;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      CommitEpoch& epoch = epochs.emplace_back();
      epoch.id = EpochId::New();
      epoch.node_run = nodes[i].id;
      epoch.attempt = attempts[i].id;
      epoch.sequence = sequence;
      epoch.versions = {OneFileVersion(nodes[i].node_name, nodes[i].node, attempts[i].id)};
      data::DataFile& file = epoch.versions[0].manifest.files[0];
      file.path += std::to_string(sequence);
      TW_RETURN_IF_ERROR(WriteDataFile(home, nodes[i].node, attempts[i].id, file.path));
      epoch.states.emplace_back().operator_name = "main";
      epoch.states[0].files = {file};
      epoch.positions = {{.split = "0", .position = std::to_string(sequence)}};
      epoch.measures = attempts[i];
      if (sequence == 2) epoch.ends = NodeState::kDone;
      epoch.actor = kAnn;
    }
    TW_ASSIGN_OR_RETURN(const auto committed, catalog.Commit(std::span<const CommitEpoch>(epochs)));
    promises.Add(fmt::format("checkpoint {}", committed[0][0].number));
  }
  return Status::Ok();
}

Status Live(FileSystem& files, const std::string& path, const Promises& promises) {
  TW_ASSIGN_OR_RETURN(const Home home, Home::OpenOrCreate(files, path));
  const std::vector<Catalog::NodeWish> wishes = {
      {"a", "sql", {}}, {"s", "sql", {}}, {"t", "sql", {}}};
  for (int life = 0; life < 2; ++life) {  // the second begins with the WAL removed by the first
    TW_ASSIGN_OR_RETURN(const auto catalog, Catalog::Open(home, SystemClock()));
    TW_ASSIGN_OR_RETURN(const auto nodes, catalog->ResolveNodes("p", wishes));
    for (const auto& node : nodes)
      TW_RETURN_IF_ERROR(MakeDirectories(files, home.NodeDirectory(node)));
    TW_RETURN_IF_ERROR(files.SyncDirectory(home.TablesDirectory()));
    NewRun wanted;
    wanted.pipeline = "p";
    for (std::size_t i = 0; i < nodes.size(); ++i)
      wanted.nodes.push_back(
          {.node = nodes[i], .name = wishes[i].name, .kind = "sql", .action = ""});
    wanted.actor = kAnn;
    TW_ASSIGN_OR_RETURN(const auto run, catalog->CreateRun(wanted));
    promises.Add(fmt::format("run {}", run.number));
    TW_ASSIGN_OR_RETURN(const auto node_runs, catalog->NodeRuns(run.id));
    TW_ASSIGN_OR_RETURN(const auto version, ExecuteNode(home, *catalog, node_runs[0]));
    promises.Add(fmt::format("version {}", version.number));
    TW_ASSIGN_OR_RETURN(const auto receipts, catalog->PreparedReceipts());
    TW_RETURN_IF_ERROR(catalog->MarkApplied(receipts));
    promises.Add(fmt::format("applied {}", receipts.back().epoch.str()));
    TW_RETURN_IF_ERROR(ExecuteStream(home, *catalog, std::span(node_runs).subspan(1), promises));
    TW_RETURN_IF_ERROR(catalog->SetRunState(run.id, RunState::kDone, kAnn));
    promises.Add(fmt::format("done {}", run.number));
  }
  return Status::Ok();
}

/// What of the promises the catalog holds.
std::set<std::string> Holds(Catalog& catalog) {
  std::set<std::string> facts;
  for (const auto& run : catalog.Runs(std::nullopt, 0).value()) {
    facts.insert(fmt::format("run {}", run.number));
    if (run.state == RunState::kDone) facts.insert(fmt::format("done {}", run.number));
  }
  for (const auto& version : catalog.Versions("p", "a", 0).value()) {
    facts.insert(fmt::format("version {}", version.number));
  }
  for (const auto& version : catalog.Versions("p", "t", 0).value()) {
    facts.insert(fmt::format("checkpoint {}", version.number));
  }
  const auto last = catalog.LastReceipt("t").value();
  if (last && last->state == ReceiptState::kApplied)
    facts.insert(fmt::format("applied {}", last->epoch.str()));
  return facts;
}

/// Whatever happened: the home opens, nothing promised is lost, nothing half is visible, and work
/// goes on.
void CheckSurvived(const std::string& path, const Promises& promises) {
  FileSystem& files = LocalFileSystem();
  const auto home = Home::OpenOrCreate(files, path);
  ASSERT_TRUE(home.ok()) << home.status();
  const auto opened = Catalog::Open(*home, SystemClock());
  ASSERT_TRUE(opened.ok()) << opened.status();
  Catalog& catalog = **opened;
  const Status integrity = catalog.CheckIntegrity();
  ASSERT_TRUE(integrity.ok()) << integrity;

  std::set<std::string> promised = promises.Read();
  // Only the last receipt is asked for.
  while (std::ranges::count_if(promised,
                               [](const auto& fact) { return fact.starts_with("applied"); }) > 1) {
    promised.erase(std::ranges::find_if(
        promised, [](const auto& fact) { return fact.starts_with("applied"); }));
  }
  const std::set<std::string> held = Holds(catalog);
  for (const std::string& fact : promised) {
    const bool superseded = fact.starts_with("applied") && held.contains("version 2");
    EXPECT_TRUE(held.contains(fact) || superseded) << fact;
  }
  // Checkpoints are there for all nodes or for none.
  EXPECT_EQ(catalog.Versions("p", "s", 0).value().size(),
            catalog.Versions("p", "t", 0).value().size());
  for (const auto& node : catalog.Nodes().value()) {
    if (node.name == "a") continue;
    const std::size_t count = catalog.Versions("p", node.name, 0).value().size();
    const std::string last = count == 0 ? "" : count % 2 == 0 ? "2" : "1";
    const auto positions = catalog.Positions(node.id).value();
    EXPECT_EQ(positions.empty() ? "" : positions.front().second, last);
    EXPECT_EQ(catalog.States(node.id).value().size(), count == 0 ? 0u : 1u);
  }
  for (const auto& file : catalog.ReferencedFiles().value()) {
    EXPECT_EQ(ReadFile(files, home->Absolute(file)).value_or("missing"), kContent) << file;
  }
  for (const auto& run : catalog.Runs(std::nullopt, 0).value()) {
    if (run.state == RunState::kDone) continue;
    ASSERT_TRUE(catalog.LoseAttempts(run.id, kAnn).ok());
    const auto node = catalog.NodeRuns(run.id).value().front();
    if (node.state == NodeState::kDone) continue;
    EXPECT_EQ(node.state, NodeState::kPending);
    ASSERT_TRUE(MakeDirectories(files, home->NodeDirectory(node.node)).ok());
    const auto version = ExecuteNode(*home, catalog, node);
    EXPECT_TRUE(version.ok()) << version.status();
  }
  EXPECT_TRUE(catalog.CheckIntegrity().ok());
}

/// Lives once with this fault at operation `n`. False when the life ended before it was reached.
bool CrashAt(FaultPlan::Kind kind, std::int64_t n) {
  const TempDirectory directory;
  const std::string path = directory / ".thalweg";
  const Promises promises(directory / "promises");
  FaultPlan plan;
  plan.kind = kind;
  plan.at = n;
  const ForkedEnd end = RunForked(plan, [&](FaultFileSystem& files) {
    SetCatalogFaultLayer(&files.layer());
    const Status status = Live(files, path, promises);
    EXPECT_TRUE(status.ok()) << status;
    files.Point("end");
    files.Point("past the end");
  });
  EXPECT_TRUE(end.killed || end.exit_code == 0);
  EXPECT_TRUE(end.killed || promises.Read().size() == 12);
  CheckSurvived(path, promises);
  return end.killed;
}

void CrashEverywhere(FaultPlan::Kind kind) {
  const MemoryDisk memory;
  std::int64_t n = 1;
  while (true) {
    SCOPED_TRACE(fmt::format("operation {}", n));
    if (!CrashAt(kind, n) || ::testing::Test::HasFailure()) break;
    ++n;
  }
  std::cout << n - 1 << " operations\n";
  EXPECT_GT(n, 150);
}

TEST(CatalogCrashTest, NothingIsLostByAKillAtAnyOperation) {
  CrashEverywhere(FaultPlan::Kind::kKill);
}

TEST(CatalogCrashTest, NothingPromisedIsLostByAPowerCutAtAnyOperation) {
  CrashEverywhere(FaultPlan::Kind::kPowerCut);
}

void FailEverywhere(FaultPlan::Kind kind, Code code) {
  const MemoryDisk memory;
  std::int64_t n = 1;
  int reported = 0;
  for (bool reached = true; reached && !::testing::Test::HasFailure(); ++n) {
    SCOPED_TRACE(fmt::format("operation {}", n));
    const TempDirectory directory;
    const std::string path = directory / ".thalweg";
    const Promises promises(directory / "promises");
    FaultPlan plan;
    plan.kind = kind;
    plan.at = n;
    const auto real = MakePosixFileSystem();
    FaultFileSystem files(*real, plan);
    SetCatalogFaultLayer(&files.layer());
    const Status status = Live(files, path, promises);
    SetCatalogFaultLayer(nullptr);
    reached = files.operations() >= n;
    if (!status.ok()) {
      ++reported;
      // When an fsync finds the disk full, SQLite tells no more than that it failed.
      EXPECT_THAT(status.code(), ::testing::AnyOf(code, Code::kIo)) << status;
    }
    CheckSurvived(path, promises);
  }
  EXPECT_GT(reported, 100);
}

TEST(CatalogCrashTest, AFailureOfAnyOperationIsReportedAndHarmsNothing) {
  FailEverywhere(FaultPlan::Kind::kFail, Code::kIo);
}

TEST(CatalogCrashTest, AFullDiskAtAnyOperationIsReportedAndHarmsNothing) {
  FailEverywhere(FaultPlan::Kind::kNoSpace, Code::kDiskFull);
}

TEST(CatalogCrashTest, AfterAFailedFsyncNothingIsWrittenAnyMore) {
  const MemoryDisk memory;
  int refused = 0;
  for (std::int64_t ahead = 1; true; ++ahead) {
    const TempDirectory directory;
    const auto real = MakePosixFileSystem();
    const Home home = Home::OpenOrCreate(*real, directory / ".thalweg").value();
    const auto catalog = Catalog::Open(home, SystemClock()).value();
    const std::vector<Catalog::NodeWish> a = {{"a", "sql", {}}};
    const std::vector<Catalog::NodeWish> b = {{"b", "sql", {}}};
    const std::vector<Catalog::NodeWish> c = {{"c", "sql", {}}};
    ASSERT_TRUE(catalog->ResolveNodes("p", a).ok());

    FaultPlan plan;
    plan.kind = FaultPlan::Kind::kFail;
    plan.at = ahead;
    FaultFileSystem failing(*real, plan);
    SetCatalogFaultLayer(&failing.layer());
    const Status first = catalog->ResolveNodes("p", b).status();
    const bool done = first.ok();  // each of its operations has failed once
    const bool at_sync = !done && first.slug() == "sync-failed";
    const Status second = done ? first : catalog->ResolveNodes("p", c).status();
    SetCatalogFaultLayer(nullptr);
    if (done) break;
    EXPECT_EQ(second.ok(), !at_sync) << "operation " << ahead << ": " << second;
    EXPECT_TRUE(catalog->Nodes().ok());  // reading goes on
    refused += at_sync ? 1 : 0;
    ASSERT_TRUE(Catalog::Open(home, SystemClock()).value()->ResolveNodes("p", c).ok());
  }
  EXPECT_EQ(refused, 1);
}

#endif

}  // namespace
}  // namespace thalweg::catalog
