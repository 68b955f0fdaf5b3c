#include "flow/state_files.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/parquet_file.h"
#include "flow/channel.h"
#include "operators/columns.h"

namespace thalweg::flow {
namespace {

constexpr int kMostDeltas = 16;
constexpr std::int64_t kReadRows = 65536;
/// The table of an instance that has nothing to keep: its file only ends the chain before it.
constexpr std::string_view kNothing = "_nothing";

Status Misnamed(std::string_view path) {
  return Status(Code::kCorrupt,
                fmt::format("a state file has a name that no snapshot gives path={}", path))
      .WithHint("restore the home from a copy");
}

}  // namespace

Status StateBuffer::Write(std::string_view table, const data::Batch& rows) {
  if (rows->num_rows() == 0) return {};
  rows_ += rows->num_rows();
  bytes_ += BytesOf(rows);
  auto at = tables_.find(table);
  if (at == tables_.end())
    at = tables_.emplace(std::string(table), std::vector<data::Batch>()).first;
  at->second.push_back(rows);
  return {};
}

component::SnapshotWriter::Mode StateChain::NextMode() const {
  using Mode = component::SnapshotWriter::Mode;
  return !begun_ || deltas_ >= kMostDeltas || delta_rows_ > base_rows_ ? Mode::kBase : Mode::kDelta;
}

void StateChain::Add(const StateBuffer& snapshot) {
  if (snapshot.mode() == component::SnapshotWriter::Mode::kBase) {
    begun_ = true;
    deltas_ = 0;
    base_rows_ = snapshot.rows();
    delta_rows_ = 0;
    bytes_ = snapshot.bytes();
    return;
  }
  ++deltas_;
  delta_rows_ += snapshot.rows();
  bytes_ += snapshot.bytes();
}

std::string ToString(const StateFileName& name) {
  return fmt::format("{:020}-{:03}-{}-{}.parquet", name.epoch, name.instance,
                     name.base ? "base" : "delta", name.table);
}

Result<StateFileName> ParseStateFileName(std::string_view path) {
  std::string_view text = path.substr(path.rfind('/') + 1);
  StateFileName name;
  const auto number = [&](std::size_t digits, auto* value) {
    if (text.size() <= digits || text[digits] != '-') return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, *value);
    if (error != std::errc() || end != text.data() + digits) return false;
    text.remove_prefix(digits + 1);
    return true;
  };
  if (!number(20, &name.epoch) || !number(3, &name.instance)) return Misnamed(path);
  if (text.starts_with("base-")) {
    name.base = true;
    text.remove_prefix(5);
  } else if (text.starts_with("delta-")) {
    text.remove_prefix(6);
  } else {
    return Misnamed(path);
  }
  constexpr std::string_view kEnding = ".parquet";
  if (text.size() <= kEnding.size() || !text.ends_with(kEnding)) return Misnamed(path);
  name.table = text.substr(0, text.size() - kEnding.size());
  return name;
}

Result<std::vector<data::DataFile>> WriteStateFiles(FileSystem& files, const std::string& home,
                                                    const std::string& directory,
                                                    std::uint64_t epoch, int instance,
                                                    const StateBuffer& state) {
  std::vector<data::DataFile> written;
  const bool base = state.mode() == component::SnapshotWriter::Mode::kBase;
  const auto write = [&](const std::string& table, const data::SchemaRef& schema,
                         const std::vector<data::Batch>& batches) -> Status {
    const std::string path =
        JoinPath(directory, ToString(StateFileName{epoch, instance, base, table}));
    TW_ASSIGN_OR_RETURN(const auto writer,
                        data::ParquetWriter::Open(files, JoinPath(home, path), schema,
                                                  {.codec = "none", .plain = true}));
    for (const auto& batch : batches) TW_RETURN_IF_ERROR(writer->Write(*batch));
    TW_ASSIGN_OR_RETURN(data::DataFile file, writer->Finish());
    file.path = path;
    written.push_back(std::move(file));
    return {};
  };
  for (const auto& [table, batches] : state.tables())
    TW_RETURN_IF_ERROR(write(table, batches.front()->schema(), batches));
  if (base && written.empty()) {
    TW_RETURN_IF_ERROR(write(std::string(kNothing),
                             arrow::schema({arrow::field("_key_group", arrow::int16())}), {}));
  }
  return written;
}

std::vector<data::DataFile> Follow(const std::vector<data::DataFile>& chain,
                                   const std::vector<data::DataFile>& added) {
  std::set<int> begun;
  for (const auto& file : added) {
    const auto name = ParseStateFileName(file.path);
    if (name.ok() && name->base) begun.insert(name->instance);
  }
  std::vector<data::DataFile> all;
  for (const auto& file : chain) {
    const auto name = ParseStateFileName(file.path);
    if (name.ok() && !begun.contains(name->instance)) all.push_back(file);
  }
  all.insert(all.end(), added.begin(), added.end());
  return all;
}

Status StateReader::Read(std::string_view table,
                         const std::function<Status(const data::Batch&)>& each) {
  std::vector<std::pair<StateFileName, const data::DataFile*>> wanted;
  for (const auto& file : chain_) {
    TW_ASSIGN_OR_RETURN(auto name, ParseStateFileName(file.path));
    if (name.table == table) wanted.emplace_back(std::move(name), &file);
  }
  std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.instance, a.first.epoch) < std::tie(b.first.instance, b.first.epoch);
  });
  for (const auto& [name, file] : wanted) {
    const std::string path = JoinPath(home_, file->path);
    auto reader = data::ParquetReader::Open(files_, path, {}, kReadRows);
    if (!reader.ok()) {
      return Status(Code::kCorrupt, fmt::format("operator state cannot be read path={}: {}", path,
                                                reader.status().message()))
          .WithHint(
              "begin without state: remove the node's state with an edit, or restore the home");
    }
    while (true) {
      TW_ASSIGN_OR_RETURN(data::Batch batch, (*reader)->Next());
      if (!batch) break;
      if (name.base) {
        auto with_op = batch->AddColumn(1, "_op", operators::RepeatText("U", batch->num_rows()));
        if (!with_op.ok()) return Status::Internal(with_op.status().ToString());
        batch = *std::move(with_op);
      }
      TW_RETURN_IF_ERROR(each(batch));
    }
  }
  return {};
}

Result<std::vector<std::string>> StateReader::Tables() const {
  std::set<std::string> tables;
  for (const auto& file : chain_) {
    TW_ASSIGN_OR_RETURN(auto name, ParseStateFileName(file.path));
    if (name.table != kNothing) tables.insert(std::move(name.table));
  }
  return std::vector<std::string>(tables.begin(), tables.end());
}

}  // namespace thalweg::flow
