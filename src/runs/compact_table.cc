#include "runs/compact_table.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "data/quoting.h"

namespace thalweg::runs {

namespace {

bool IsSmall(const data::DataFile& file, const CompactionRule& rule) {
  return !file.outside() && file.size < rule.small;
}

std::int64_t RowsOf(std::span<const data::DataFile> files) {
  return std::accumulate(
      files.begin(), files.end(), std::int64_t{0},
      [](std::int64_t rows, const data::DataFile& file) { return rows + file.rows; });
}

/// What an engine's job gave, waited for. The waker may outlive the wait: it owns what it touches.
Result<component::JobResult> RunJob(component::Engine& engine, component::Job job,
                                    std::stop_token stop) {
  struct Signal {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool ended = false;
  };
  const auto signal = std::make_shared<Signal>();
  TW_ASSIGN_OR_RETURN(const component::JobId id, engine.Submit(std::move(job), [signal] {
    const std::scoped_lock lock(signal->mutex);
    signal->ended = true;
    signal->changed.notify_all();
  }));
  {
    std::unique_lock lock(signal->mutex);
    if (!signal->changed.wait(lock, stop, [&] { return signal->ended; })) {
      lock.unlock();
      TW_RETURN_IF_ERROR(engine.Cancel(id));
      lock.lock();
      signal->changed.wait(lock, [&] { return signal->ended; });
    }
  }
  TW_ASSIGN_OR_RETURN(component::JobState state, engine.Poll(id));
  if (state.state == component::JobState::State::kFailed) return state.error;
  if (!state.result) return Status::Internal("a job has ended without a result");
  return *std::move(state.result);
}

/// All rows of `table`, in the order of its key, into files whose paths are relative to the home.
Result<std::vector<data::DataFile>> Rewrite(component::Engine& engine, data::Manifest table,
                                            const CompactionJob& wish, std::stop_token stop) {
  component::Statement statement;
  statement.text = "SELECT * FROM t";
  statement.slots = {{.begin = 14, .end = 15, .alias = "t", .input = 0}};
  for (std::size_t i = 0; i < table.merge_key.size(); ++i)
    statement.text += (i == 0 ? " ORDER BY " : ", ") + data::QuoteIdentifier(table.merge_key[i]);
  component::Job job;
  job.order_matters = !table.merge_key.empty();
  statement.inputs.push_back(component::TableInput{std::move(table), wish.home});
  job.work = std::move(statement);
  job.out_directory = wish.out_directory;
  job.memory = wish.memory;
  job.label = wish.label;
  TW_ASSIGN_OR_RETURN(component::JobResult result, RunJob(engine, std::move(job), stop));
  const std::string prefix = AbsolutePath(wish.home) + "/";
  for (data::DataFile& file : result.files) {
    file.path = AbsolutePath(file.path);
    if (file.path.starts_with(prefix)) file.path = file.path.substr(prefix.size());
  }
  return std::move(result.files);
}

}  // namespace

bool WantsCompaction(const data::Manifest& manifest, const CompactionRule& rule) {
  if (manifest.merge_key.empty()) {
    const auto small = std::ranges::count_if(
        manifest.files, [&](const data::DataFile& file) { return IsSmall(file, rule); });
    return static_cast<std::size_t>(small) > rule.most_small_files;
  }
  const std::span<const data::DataFile> files = manifest.files;
  const auto base = files.first(static_cast<std::size_t>(manifest.base_files));
  const auto changes = files.subspan(base.size());
  // Without a base the changes fold among themselves: their number alone decides.
  return changes.size() > rule.most_changes || (!base.empty() && RowsOf(changes) > RowsOf(base));
}

Result<data::Manifest> CompactTable(component::Engine& engine, const data::Manifest& manifest,
                                    const CompactionJob& job, std::stop_token stop,
                                    const CompactionRule& rule) {
  data::Manifest compacted = manifest;
  compacted.id = VersionId::New();
  compacted.parent = manifest.id;
  if (manifest.merge_key.empty()) {
    data::Manifest small = manifest;
    std::erase_if(small.files, [&](const data::DataFile& file) { return !IsSmall(file, rule); });
    if (small.files.size() < 2) return compacted;
    TW_ASSIGN_OR_RETURN(const auto merged, Rewrite(engine, small, job, stop));
    if (RowsOf(merged) != RowsOf(small.files)) {
      return Status::Internal(fmt::format("a compaction changed the rows of {}: {} became {}",
                                          job.label, RowsOf(small.files), RowsOf(merged)));
    }
    auto& files = compacted.files;
    const auto first = std::ranges::find_if(
        files, [&](const data::DataFile& file) { return IsSmall(file, rule); });
    const auto place = first - files.begin();
    std::erase_if(files, [&](const data::DataFile& file) { return IsSmall(file, rule); });
    files.insert(files.begin() + place, merged.begin(), merged.end());
  } else {
    TW_ASSIGN_OR_RETURN(compacted.files, Rewrite(engine, manifest, job, stop));
    compacted.base_files = static_cast<std::int64_t>(compacted.files.size());
  }
  compacted.rows = RowsOf(compacted.files);
  compacted.bytes = Bytes();
  for (const data::DataFile& file : compacted.files) compacted.bytes += file.size;
  return compacted;
}

}  // namespace thalweg::runs
