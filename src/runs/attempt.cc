#include "runs/attempt.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

namespace thalweg::runs {

namespace {

std::string WorkerName() {
  char host[256] = "localhost";
  gethostname(host, sizeof(host) - 1);
  return fmt::format("{}:{}", host, getpid());
}

}  // namespace

Result<std::unique_ptr<Attempt>> Attempt::Start(Workspace& workspace, const NodeRunId& node_run,
                                                const NodeId& node, bool with_directory) {
  std::unique_ptr<Attempt> attempt(new Attempt(workspace));
  attempt->node_run_ = node_run;
  attempt->node_ = node;
  TW_ASSIGN_OR_RETURN(attempt->record_,
                      workspace.catalog().StartAttempt(node_run, workspace.EngineGeneration(),
                                                       WorkerName(), kLease));
  workspace.files().Point("attempt.started");
  if (with_directory) {
    attempt->directory_ = workspace.home().AttemptDirectory(node, attempt->id());
    TW_RETURN_IF_ERROR(workspace.files().MakeDirectory(attempt->directory_));
  }
  return attempt;
}

data::Manifest Attempt::Stage(const data::Columns& columns,
                              const std::vector<data::DataFile>& files) const {
  data::Manifest manifest;
  manifest.id = VersionId::New();
  manifest.node = node_;
  manifest.columns = columns;
  for (data::DataFile file : files) {
    if (!file.identity.empty()) {  // lies outside and stays there
      manifest.files.push_back(file);
    } else {
      file.path = workspace_.home().Relative(file.path);
      manifest.files.push_back(file);
    }
    manifest.rows += file.rows;
    manifest.bytes += file.size;
  }
  return manifest;
}

Status Attempt::SyncFiles(const catalog::CommitEpoch& epoch) {
  if (directory_.empty()) return {};
  FileSystem& files = workspace_.files();
  const std::string prefix = workspace_.home().Relative(directory_) + "/";
  std::set<std::string, std::greater<>> directories;  // a directory comes after those below it
  for (const auto& version : epoch.versions) {
    for (const auto& file : version.manifest.files) {
      if (!file.path.starts_with(prefix)) continue;
      const std::string path = workspace_.home().Absolute(file.path);
      TW_RETURN_IF_ERROR(files.SyncFile(path));
      directories.insert(ParentPath(path));
    }
  }
  if (directories.empty()) return {};
  files.Point("commit.files_synced");
  directories.insert({directory_, workspace_.home().NodeDirectory(node_)});
  for (const auto& directory : directories) TW_RETURN_IF_ERROR(files.SyncDirectory(directory));
  return {};
}

void Attempt::FillIn(catalog::CommitEpoch* epoch) const {
  if (epoch->id.empty()) epoch->id = EpochId::New();
  epoch->node_run = node_run_;
  epoch->attempt = record_.id;
  epoch->measures = record_;
}

void Attempt::CommitTried(bool ends) {
  commit_tried_ = true;
  ended_ |= ends;
}

Result<std::vector<catalog::VersionRecord>> Attempt::Commit(catalog::CommitEpoch epoch) {
  TW_RETURN_IF_ERROR(SyncFiles(epoch));
  FillIn(&epoch);
  epoch.sequence = static_cast<std::uint64_t>(record_.number);  // a batch attempt commits once
  workspace_.files().Point("commit.before");
  commit_tried_ = true;
  auto committed = workspace_.catalog().Commit(epoch);
  workspace_.files().Point("commit.after");
  ended_ = committed.ok() && epoch.ends.has_value();
  return committed;
}

Status Attempt::End(catalog::NodeState node_state, const std::string& reason) {
  record_.state = catalog::AttemptState::kDone;
  const Status ended =
      workspace_.catalog().EndAttempt(record_, node_state, {workspace_.actor(), reason});
  ended_ = ended.ok();
  return ended;
}

Status Attempt::Fail(const Status& error, catalog::NodeState node_state) {
  if (ended_) return {};
  record_.state = node_state == catalog::NodeState::kCancelled ? catalog::AttemptState::kCancelled
                                                               : catalog::AttemptState::kFailed;
  record_.error = error.message();
  const Status ended =
      workspace_.catalog().EndAttempt(record_, node_state, {workspace_.actor(), error.message()});
  // A commit that failed half-way may turn out to have happened once the catalog is opened again:
  // then its files are needed. The sweeper, which asks the catalog, removes them otherwise.
  if (!directory_.empty() && !commit_tried_)
    TW_RETURN_IF_ERROR(RemoveTree(workspace_.files(), directory_));
  return ended;
}

void GiveFieldIds(const data::Columns& before, data::Columns* columns) {
  int next = 0;
  for (const auto& column : before) next = std::max(next, column.field_id);
  for (auto& column : *columns) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const data::Column& old) {
      return old.name == column.name;
    });
    column.field_id = known == before.end() ? 0 : known->field_id;
  }
  for (auto& column : *columns) {
    if (column.field_id == 0) column.field_id = ++next;
  }
}

}  // namespace thalweg::runs
