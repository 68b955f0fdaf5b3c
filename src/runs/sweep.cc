#include "runs/sweep.h"

#include <set>

#include <fmt/format.h>

#include "runs/attempt.h"

namespace thalweg::runs {

namespace {

/// Attempts that may still commit.
Result<std::set<std::string>> LivingAttempts(Workspace& workspace) {
  std::set<std::string> living;
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(std::nullopt, 1000));
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

/// "tables/<node>/<attempt>" of a home-relative file path.
std::string AttemptOf(const std::string& file) {
  std::size_t end = 0;
  for (int part = 0; part < 3 && end != std::string::npos; ++part)
    end = file.find('/', end + (part > 0 ? 1 : 0));
  return file.substr(0, end);
}

/// Directories of attempts that no version needs and no living attempt writes. An attempt's row
/// comes before its directory, and a commit makes its files referenced before the attempt ends: so
/// directories are listed first, then the living attempts are read, then what is referenced.
Result<std::vector<std::string>> DeadAttempts(Workspace& workspace) {
  FileSystem& files = workspace.files();
  std::vector<std::string> all;
  TW_ASSIGN_OR_RETURN(const auto nodes, files.List(workspace.home().TablesDirectory()));
  for (const auto& node : nodes) {
    const std::string directory = workspace.home().NodeDirectory(NodeId(node));
    TW_ASSIGN_OR_RETURN(const auto attempts, files.List(directory));
    for (const auto& attempt : attempts) all.push_back(JoinPath(directory, attempt));
  }
  TW_ASSIGN_OR_RETURN(const auto living, LivingAttempts(workspace));
  TW_ASSIGN_OR_RETURN(const auto referenced, workspace.catalog().ReferencedFiles());
  std::set<std::string> needed;
  for (const auto& file : referenced) needed.insert(AttemptOf(file));
  std::erase_if(all, [&](const std::string& path) {
    return living.contains(FileName(path)) || needed.contains(workspace.home().Relative(path));
  });
  return all;
}

}  // namespace

Result<std::vector<std::string>> SweepAttempts(Workspace& workspace) {
  std::vector<std::string> removed;
  TW_ASSIGN_OR_RETURN(const auto dead, DeadAttempts(workspace));
  for (const auto& path : dead) {
    TW_RETURN_IF_ERROR(RemoveTree(workspace.files(), path));
    removed.push_back(workspace.home().Relative(path));
  }
  return removed;
}

Result<SweepReport> Sweep(Workspace& workspace, const SweepOptions& options) {
  SweepReport report;
  if (!options.dry_run) {
    TW_ASSIGN_OR_RETURN(const auto retired,
                        workspace.catalog().RetireVersions(options.keep_versions));
    report.versions = static_cast<std::int64_t>(retired.versions.size());
  }
  TW_ASSIGN_OR_RETURN(const auto dead, DeadAttempts(workspace));
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
