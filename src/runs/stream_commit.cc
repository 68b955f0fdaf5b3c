#include "runs/stream_commit.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "flow/source_task.h"
#include "flow/state_files.h"
#include "runs/compact_table.h"
#include "runs/replay_source.h"
#include "runs/table_source.h"

namespace thalweg::runs {

namespace {

/// Between two looks at what retention can take.
constexpr std::int64_t kTidyEvery = 8;

bool SameColumns(const data::Columns& a, const data::Columns& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.type == y.type;
  });
}

}  // namespace

Result<std::unique_ptr<StreamCommit>> StreamCommit::Make(
    RunState& state, const StreamPlan& plan, const std::vector<StreamStep>& steps,
    const std::vector<std::unique_ptr<Attempt>>& attempts, std::stop_token stop) {
  std::unique_ptr<StreamCommit> commit(
      new StreamCommit(state, plan, steps, attempts, std::move(stop)));
  TW_RETURN_IF_ERROR(commit->Begin());
  return commit;
}

Status StreamCommit::Begin() {
  const std::string& pipeline = state_.plan.graph.pipeline->name;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    TW_ASSIGN_OR_RETURN(
        const StreamProgress progress,
        ProgressOf(state_.workspace, state_.planned(plan_.nodes[n].index).id, plan_.nodes[n]));
    nodes_[n].chains = progress.state;
    nodes_[n].drop = progress.other_states;
    for (const auto& [split, position] : progress.positions.positions)
      nodes_[n].positions[split] = position.text;
  }
  for (const StreamStep& step : steps_) {
    if (step.role != StreamStep::Role::kStored) continue;
    const StreamNode& node = plan_.nodes[step.node];
    Table table;
    table.columns = node.columns;
    const std::string& name = state_.node(node.index).name();
    for (const auto& [side, edge] : node.bound.sides) {
      if (step.table == name + "_" + side) {
        TW_ASSIGN_OR_RETURN(table.columns, data::FromArrow(*edge.schema));
      }
    }
    TW_ASSIGN_OR_RETURN(const auto last,
                        state_.workspace.catalog().LatestGood(pipeline, step.table));
    if (last) {
      if (!SameColumns(last->manifest.columns, table.columns)) {
        return Status::Invalid(
                   fmt::format("table {} has other columns than the rows that would be added",
                               step.table))
            .WithSlug("columns-changed")
            .WithHint("give the node another name, so that it makes a new table");
      }
      table.last = last->manifest;
      table.columns = last->manifest.columns;
    } else {
      GiveFieldIds({}, &table.columns);
    }
    nodes_[step.node].tables[step.table] = std::move(table);
  }
  return {};
}

Result<std::string> StreamCommit::StateDirectory(std::size_t node) {
  const catalog::Home& home = state_.workspace.home();
  const std::string directory =
      home.StateDirectory(state_.planned(plan_.nodes[node].index).id, attempts_[node]->id());
  if (!std::exchange(nodes_[node].state_directory, true))
    TW_RETURN_IF_ERROR(MakeDirectories(state_.workspace.files(), directory));
  return directory;
}

Status StreamCommit::AddStates(flow::EpochParts& parts, std::vector<catalog::CommitEpoch>* epochs) {
  const catalog::Home& home = state_.workspace.home();
  std::set<std::string> directories;
  std::map<std::pair<std::size_t, std::string>, std::vector<data::DataFile>> added;
  std::set<std::pair<std::size_t, std::string>> without;  // ended, or without any state
  for (auto& each : parts.states) {
    const StreamStep& step = steps_[static_cast<std::size_t>(each.step)];
    if (each.state == nullptr) {
      if (step.role == StreamStep::Role::kOperator || step.role == StreamStep::Role::kEventTime)
        without.insert({step.node, StateName(step.role)});
      continue;
    }
    TW_ASSIGN_OR_RETURN(const std::string directory, StateDirectory(step.node));
    TW_ASSIGN_OR_RETURN(
        const auto files,
        flow::WriteStateFiles(state_.workspace.files(), home.path(), home.Relative(directory),
                              parts.epoch, each.instance, *each.state));
    each.state.reset();
    if (files.empty()) continue;
    directories.insert(directory);
    auto& all = added[{step.node, StateName(step.role)}];
    all.insert(all.end(), files.begin(), files.end());
  }
  for (const auto& directory : directories)
    TW_RETURN_IF_ERROR(state_.workspace.files().SyncDirectory(directory));
  for (const auto& [key, files] : added) {
    // The first snapshot of a process is a base of every instance: it stands for all that was
    // there, also where another number of instances wrote it.
    auto& chain = nodes_[key.first].chains[key.second];
    chain = nodes_[key.first].begun.insert(key.second).second ? files : flow::Follow(chain, files);
    const StreamNode& node = plan_.nodes[key.first];
    (*epochs)[key.first].states.push_back({key.second, chain, node.definition, node.state_version});
  }
  // An operator that has ended has sent all it kept: with its state it would send it again.
  for (const auto& [node, name] : without) {
    auto& chain = nodes_[node].chains[name];
    if (chain.empty() || added.contains(std::pair(node, name))) continue;
    chain.clear();
    (*epochs)[node].states.push_back(
        {name, {}, plan_.nodes[node].definition, plan_.nodes[node].state_version});
  }
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    for (const auto& name : std::exchange(nodes_[n].drop, {})) {
      if (!added.contains(std::pair(n, name)))
        (*epochs)[n].states.push_back(
            {name, {}, plan_.nodes[n].definition, plan_.nodes[n].state_version});
    }
  }
  if (!parts.last) return {};
  // Every window is closed and every row is out: the next run begins without state.
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    (*epochs)[n].states.clear();
    for (const auto& [name, chain] : nodes_[n].chains)
      (*epochs)[n].states.push_back(
          {name, {}, plan_.nodes[n].definition, plan_.nodes[n].state_version});
  }
  return {};
}

/// What the stream read of tables is over, and so is the state that hung on it: the next run looks
/// for the newest versions. An operator with state needs all of their rows again; one without has
/// given those of this version on, and takes them only from another one.
void StreamCommit::EndTables(std::vector<catalog::CommitEpoch>* epochs) {
  const std::string end = flow::PackPosition({std::string(kEndOfTable)}, INT64_MIN).text;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (plan_.nodes[n].source != nullptr) continue;
    for (const auto& [split, position] : std::exchange(nodes_[n].positions, {})) {
      const bool done = plan_.nodes[n].bound.stateless && nodes_[n].read.contains(split);
      (*epochs)[n].positions.push_back(
          {.split = split, .position = done ? end : "", .dropped = !done});
    }
  }
}

/// Versions of a replayed table beside the one that is read now are done: their positions would
/// hold their files.
void StreamCommit::DropReplayed(std::vector<catalog::CommitEpoch>* epochs) {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = nodes_[n];
    if (dynamic_cast<const ReplaySource*>(plan_.nodes[n].source.get()) == nullptr) continue;
    if (node.read.empty()) continue;
    std::erase_if(node.positions, [&](const auto& position) {
      if (node.read.contains(position.first)) return false;
      (*epochs)[n].positions.push_back({.split = position.first, .dropped = true});
      return true;
    });
  }
}

bool StreamCommit::AddPositions(const flow::EpochParts& parts,
                                std::vector<catalog::CommitEpoch>* epochs) {
  bool moved = false;
  for (const auto& [index, positions] : parts.positions) {
    const StreamStep& step = steps_[static_cast<std::size_t>(index)];
    for (const auto& [split, position] : positions) {
      const std::string name = step.table + split;
      if (step.role == StreamStep::Role::kSource) nodes_[step.node].read.insert(name);
      std::string& committed = nodes_[step.node].positions[name];
      if (committed == position.text) continue;
      committed = position.text;
      moved |= step.role == StreamStep::Role::kSource;
      (*epochs)[step.node].positions.push_back({name, position.text});
    }
  }
  DropReplayed(epochs);
  if (parts.last) EndTables(epochs);
  return moved;
}

Status StreamCommit::AddVersions(flow::EpochParts& parts,
                                 std::vector<catalog::CommitEpoch>* epochs) {
  for (auto& [index, sealed] : parts.sealed) {
    const StreamStep& step = steps_[static_cast<std::size_t>(index)];
    catalog::CommitEpoch& epoch = (*epochs)[step.node];
    attempts_[step.node]->measures().rows_out += sealed.rows;
    for (auto& receipt : sealed.receipts) epoch.receipts.push_back(std::move(receipt));
    if (sealed.files.empty() || step.role != StreamStep::Role::kStored) continue;
    Table& table = nodes_[step.node].tables[step.table];
    data::Manifest manifest = attempts_[step.node]->Stage(table.columns, sealed.files);
    TW_RETURN_IF_ERROR(Compact(step, &table));
    if (table.last) {
      manifest.parent = table.last->id;
      manifest.rows += table.last->rows;
      manifest.bytes += table.last->bytes;
      manifest.base_files = table.last->base_files;
      manifest.files.insert(manifest.files.begin(), table.last->files.begin(),
                            table.last->files.end());
    }
    AddVersion(step, std::move(manifest), &epoch);
  }
  return {};
}

void StreamCommit::AddVersion(const StreamStep& step, data::Manifest manifest,
                              catalog::CommitEpoch* epoch) {
  const GraphNode& node = state_.node(plan_.nodes[step.node].index);
  const bool own = step.table == node.name();
  if (own) manifest.merge_key = node.spec->materialize.merge_key;
  nodes_[step.node].tables[step.table].last = manifest;
  catalog::NewVersion version{.table = step.table, .manifest = std::move(manifest)};
  epoch->versions.insert(own ? epoch->versions.begin() : epoch->versions.end(), std::move(version));
}

/// A table whose node has given no row yet is there, and empty.
void StreamCommit::AddEmptyVersions(std::vector<catalog::CommitEpoch>* epochs) {
  for (const StreamStep& step : steps_) {
    if (step.role != StreamStep::Role::kStored) continue;
    const Table& table = nodes_[step.node].tables[step.table];
    if (!table.last)
      AddVersion(step, attempts_[step.node]->Stage(table.columns, {}), &(*epochs)[step.node]);
  }
}

/// Fewer and larger files where an epoch's are many and small; the next version stands on them.
Status StreamCommit::Compact(const StreamStep& step, Table* table) {
  if (!table->last || !WantsCompaction(*table->last)) return {};
  Workspace& workspace = state_.workspace;
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace.engine());
  CompactionJob job;
  job.home = workspace.home().path();
  job.out_directory =
      JoinPath(attempts_[step.node]->directory(), fmt::format("folded-{:06}", ++compactions_));
  job.label = step.table;
  TW_RETURN_IF_ERROR(workspace.files().MakeDirectory(job.out_directory));
  TW_ASSIGN_OR_RETURN(data::Manifest folded, CompactTable(*engine, *table->last, job, stop_));
  for (const auto& file : folded.files) {
    const std::string path = workspace.home().Absolute(file.path);
    if (path.starts_with(job.out_directory)) TW_RETURN_IF_ERROR(workspace.files().SyncFile(path));
  }
  TW_RETURN_IF_ERROR(workspace.files().SyncDirectory(job.out_directory));
  folded.id = table->last->id;  // never committed by itself: the parent is what was committed
  table->last = std::move(folded);
  return {};
}

Status StreamCommit::Commit(flow::EpochParts parts) {
  std::vector<catalog::CommitEpoch> epochs(nodes_.size());
  TW_RETURN_IF_ERROR(AddStates(parts, &epochs));
  const bool read = AddPositions(parts, &epochs);
  TW_RETURN_IF_ERROR(AddVersions(parts, &epochs));
  if (read || parts.last) AddEmptyVersions(&epochs);

  std::vector<catalog::CommitEpoch> wanted;
  std::vector<std::size_t> of;
  for (std::size_t n = 0; n < epochs.size(); ++n) {
    catalog::CommitEpoch& epoch = epochs[n];
    const bool changed = !epoch.states.empty() || !epoch.positions.empty() ||
                         !epoch.versions.empty() || !epoch.receipts.empty();
    if (!changed && !parts.last) continue;
    if (!epoch.versions.empty()) TW_RETURN_IF_ERROR(SyncNames(n));
    attempts_[n]->FillIn(&epoch);
    epoch.sequence = parts.epoch;
    epoch.actor = state_.Us("streams");
    epoch.recipe_key = plan_.nodes[n].definition;
    if (parts.last) epoch.ends = catalog::NodeState::kDone;
    wanted.push_back(std::move(epoch));
    of.push_back(n);
  }
  if (wanted.empty()) return {};
  state_.workspace.files().Point("commit.before");
  for (const std::size_t n : of) attempts_[n]->CommitTried(false);
  TW_ASSIGN_OR_RETURN(const auto committed,
                      state_.workspace.catalog().Commit(std::span(std::as_const(wanted))));
  for (const std::size_t n : of) attempts_[n]->CommitTried(parts.last);
  state_.workspace.files().Point("commit.after");
  for (std::size_t i = 0; i < of.size(); ++i) {
    for (const auto& version : committed[i]) {
      if (version.table == state_.node(plan_.nodes[of[i]].index).name()) versions_[of[i]] = version;
    }
  }
  TW_RETURN_IF_ERROR(ShowTargets(wanted));
  if (parts.last || ++commits_ % kTidyEvery == 0) return Tidy();
  return {};
}

/// The files are fsynced already; this makes their names durable.
Status StreamCommit::SyncNames(std::size_t node) {
  FileSystem& files = state_.workspace.files();
  TW_RETURN_IF_ERROR(files.SyncDirectory(attempts_[node]->directory()));
  if (std::exchange(nodes_[node].named, true)) return {};
  return files.SyncDirectory(
      state_.workspace.home().NodeDirectory(state_.planned(plan_.nodes[node].index).id));
}

Status StreamCommit::ShowTargets(const std::vector<catalog::CommitEpoch>& epochs) {
  std::vector<catalog::ReceiptRecord> applied;
  for (const auto& epoch : epochs) {
    if (epoch.receipts.empty()) continue;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      if (attempts_[n]->id() != epoch.attempt) continue;
      TW_RETURN_IF_ERROR(plan_.nodes[n].target->Commit(epoch.receipts));
      state_.workspace.files().Point("target.committed");
      for (const auto& receipt : epoch.receipts) {
        catalog::ReceiptRecord record;
        record.target = receipt.target;
        record.node = state_.planned(plan_.nodes[n].index).id;
        record.epoch = epoch.id;
        record.recipe_key = epoch.recipe_key;
        record.receipt = receipt.text;
        applied.push_back(std::move(record));
      }
    }
  }
  if (applied.empty()) return {};
  return state_.workspace.catalog().MarkApplied(applied);
}

/// Takes old versions and the files that nothing names any more.
Status StreamCommit::Tidy() {
  catalog::Catalog& catalog = state_.workspace.catalog();
  catalog::Catalog::Trim trim;
  for (std::size_t n = 0; n < nodes_.size(); ++n)
    trim.nodes.push_back(state_.planned(plan_.nodes[n].index).id);
  TW_RETURN_IF_ERROR(catalog.TrimStream(trim));
  TW_ASSIGN_OR_RETURN(const auto loose, catalog.LooseFiles());
  for (const auto& path : loose) {
    TW_RETURN_IF_ERROR(state_.workspace.files().Remove(state_.workspace.home().Absolute(path)));
  }
  if (loose.empty()) return {};
  return catalog.ForgetLooseFiles(loose);
}

std::optional<catalog::VersionRecord> StreamCommit::Version(std::size_t node) const {
  const auto version = versions_.find(node);
  if (version == versions_.end()) return std::nullopt;
  return version->second;
}

}  // namespace thalweg::runs
