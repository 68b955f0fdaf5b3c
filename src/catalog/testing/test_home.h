#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/testing/temp_directory.h"
#include "catalog/catalog.h"
#include "catalog/home.h"
#include "catalog/testing/memory_disk.h"

namespace thalweg::catalog {

/// A new home in a temporary directory, its catalog open, with short ways to bring about a past.
/// Whatever fails ends the process: tests that expect a failure call the catalog themselves. All
/// nodes belong to the pipeline "p".
class TestHome {
 public:
  TestHome();

  const Home& home() const { return home_; }
  Catalog& catalog() { return *catalog_; }
  ManualClock& clock() { return clock_; }
  void Close() { catalog_.reset(); }
  void Reopen();

  /// A running one.
  RunRecord CreateRun(const std::vector<std::string>& nodes, bool stream = false);
  NodeRunRecord NodeRun(const RunRecord& run, const std::string& node);
  /// Starts an attempt of `node` and gives an epoch that ends it as done with one version of one
  /// row in one file.
  CommitEpoch StartEpoch(const RunRecord& run, const std::string& node,
                         const std::string& recipe_key = "key");
  /// All of it in a run of its own that is done then.
  VersionRecord CommitOne(const std::string& node, const std::string& recipe_key = "key");

 private:
  MemoryDisk memory_;
  TempDirectory directory_;
  ManualClock clock_;
  Home home_;
  std::unique_ptr<Catalog> catalog_;
};

/// A version with `rows` rows in one file of its attempt's directory; nothing is written to the
/// disk.
NewVersion OneFileVersion(const std::string& table, const NodeId& node, const AttemptId& attempt,
                          std::int64_t rows = 1);

inline const Actor kAnn{"ann@host", "she said so"};

}  // namespace thalweg::catalog
