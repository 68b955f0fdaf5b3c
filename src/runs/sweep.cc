#include "runs/sweep.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runs/attempt.h"

namespace thalweg::runs {

namespace {

/// Attempts that may still commit.
Result<std::set<std::string>> LivingAttempts(Workspace& workspace) {
  std::set<std::string> living;
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().ActiveRuns());
  for (const auto& run : runs) {
    if (run.state != catalog::RunState::kRunning) continue;
    TW_ASSIGN_OR_RETURN(const auto nodes, workspace.catalog().NodeRuns(run.id));
    for (const auto& node : nodes) {
      TW_ASSIGN_OR_RETURN(const auto attempts, workspace.catalog().Attempts(node.id));
      for (const auto& attempt : attempts) {
        if (attempt.state == catalog::AttemptState::kRunning) living.insert(attempt.id.str());
      }
    }
  }
  return living;
}

Result<Bytes> SizeOf(FileSystem& files, const std::string& path, std::int64_t* count) {
  TW_ASSIGN_OR_RETURN(const FileInfo info, files.Stat(path));
  if (info.type != FileInfo::Type::kDirectory) {
    ++*count;
    return info.size;
  }
  Bytes size;
  TW_ASSIGN_OR_RETURN(const auto names, files.List(path));
  for (const auto& name : names) {
    TW_ASSIGN_OR_RETURN(const Bytes part, SizeOf(files, JoinPath(path, name), count));
    size += part;
  }
  return size;
}

/// The directories of all attempts, below tables/ and state/.
Result<std::vector<std::string>> AttemptDirectories(Workspace& workspace) {
  FileSystem& files = workspace.files();
  const catalog::Home& home = workspace.home();
  std::vector<std::string> all;
  for (const auto& root : {home.TablesDirectory(), home.StateDirectory()}) {
    TW_ASSIGN_OR_RETURN(const auto nodes, files.List(root));
    for (const auto& node : nodes) {
      const std::string directory = JoinPath(root, node);
      TW_ASSIGN_OR_RETURN(const auto attempts, files.List(directory));
      for (const auto& attempt : attempts) all.push_back(JoinPath(directory, attempt));
    }
  }
  return all;
}

/// What below `directory` is not named; the whole of it when nothing in it is. `named`:
/// home-relative, sorted.
Status AddUnnamed(Workspace& workspace, const std::string& directory,
                  const std::vector<std::string>& named, std::vector<std::string>& unnamed) {
  const std::string prefix = workspace.home().Relative(directory) + "/";
  const auto first = std::ranges::lower_bound(named, prefix);
  if (first == named.end() || !first->starts_with(prefix)) {
    unnamed.push_back(directory);
    return {};
  }
  TW_ASSIGN_OR_RETURN(const auto entries, workspace.files().ListEntries(directory));
  for (const auto& entry : entries) {
    const std::string path = JoinPath(directory, entry.name);
    if (entry.type == FileInfo::Type::kDirectory && !entry.link) {
      TW_RETURN_IF_ERROR(AddUnnamed(workspace, path, named, unnamed));
    } else if (!std::ranges::binary_search(named, workspace.home().Relative(path))) {
      unnamed.push_back(path);
    }
  }
  return {};
}

/// Files and whole directories of attempts that nothing names and no living attempt writes. An
/// attempt's row comes before its directory, and a commit makes its files named before the attempt
/// ends: so directories are listed first, then the living attempts are read, then what is named.
Result<std::vector<std::string>> DeadPaths(Workspace& workspace) {
  TW_ASSIGN_OR_RETURN(const auto all, AttemptDirectories(workspace));
  TW_ASSIGN_OR_RETURN(const auto living, LivingAttempts(workspace));
  TW_ASSIGN_OR_RETURN(const auto named, workspace.catalog().ReferencedFiles());
  std::vector<std::string> dead;
  for (const auto& path : all) {
    if (living.contains(FileName(path))) continue;
    TW_RETURN_IF_ERROR(AddUnnamed(workspace, path, named, dead));
  }
  return dead;
}

}  // namespace

Result<std::vector<std::string>> SweepAttempts(Workspace& workspace) {
  std::vector<std::string> removed;
  TW_ASSIGN_OR_RETURN(const auto dead, DeadPaths(workspace));
  for (const auto& path : dead) {
    TW_RETURN_IF_ERROR(RemoveTree(workspace.files(), path));
    removed.push_back(workspace.home().Relative(path));
  }
  return removed;
}

Result<std::vector<std::string>> RemoveLooseFiles(Workspace& workspace) {
  TW_ASSIGN_OR_RETURN(auto loose, workspace.catalog().LooseFiles());
  for (const auto& path : loose)
    TW_RETURN_IF_ERROR(workspace.files().Remove(workspace.home().Absolute(path)));
  TW_RETURN_IF_ERROR(workspace.catalog().ForgetLooseFiles(loose));
  return loose;
}

Result<SweepReport> Sweep(Workspace& workspace, const SweepOptions& options) {
  SweepReport report;
  if (!options.dry_run) {
    TW_ASSIGN_OR_RETURN(const auto retired,
                        workspace.catalog().RetireVersions(options.keep_versions));
    report.versions = static_cast<std::int64_t>(retired.versions.size());
  }
  if (!options.dry_run) {
    TW_ASSIGN_OR_RETURN(auto loose, RemoveLooseFiles(workspace));
    report.files += std::ssize(loose);
    report.removed = std::move(loose);
  }
  TW_ASSIGN_OR_RETURN(const auto dead, DeadPaths(workspace));
  for (const auto& path : dead) {
    std::int64_t files = 0;
    TW_ASSIGN_OR_RETURN(const Bytes size, SizeOf(workspace.files(), path, &files));
    if (!options.dry_run) TW_RETURN_IF_ERROR(RemoveTree(workspace.files(), path));
    report.files += files;
    report.bytes += size;
    report.removed.push_back(workspace.home().Relative(path));
  }
  return report;
}

}  // namespace thalweg::runs
