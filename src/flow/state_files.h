#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "component/snapshot.h"
#include "data/manifest.h"

namespace thalweg::flow {

/// One snapshot of one instance in memory, on its way to files.
class StateBuffer : public component::SnapshotWriter {
 public:
  explicit StateBuffer(Mode mode) : mode_(mode) {}
  Mode mode() const override { return mode_; }
  Status Write(std::string_view table, const data::Batch& rows) override;

  std::int64_t rows() const { return rows_; }
  std::int64_t bytes() const { return bytes_; }
  const std::map<std::string, std::vector<data::Batch>, std::less<>>& tables() const {
    return tables_;
  }

 private:
  const Mode mode_;
  std::map<std::string, std::vector<data::Batch>, std::less<>> tables_;
  std::int64_t rows_ = 0, bytes_ = 0;
};

/// Decides when a chain of deltas begins anew: after 16 of them, or when together they have more
/// rows than the base.
class StateChain {
 public:
  component::SnapshotWriter::Mode NextMode() const;
  void Add(const StateBuffer& snapshot);
  std::int64_t bytes() const { return bytes_; }

 private:
  bool begun_ = false;
  int deltas_ = 0;
  std::int64_t base_rows_ = 0, delta_rows_ = 0, bytes_ = 0;
};

/// What the name of a state file says (docs/specs/state.md, section 3):
/// <epoch, 20 digits>-<instance, 3 digits>-<base|delta>-<table>.parquet
struct StateFileName {
  std::uint64_t epoch = 0;
  int instance = 0;
  bool base = false;
  std::string table;
};
std::string ToString(const StateFileName& name);
/// Of a path or a name; kCorrupt.
Result<StateFileName> ParseStateFileName(std::string_view path);

/// Writes a snapshot's tables into `directory` (home-relative; exists) of the home, each file
/// fsynced; the directory is not. A base with no rows writes one empty file, so that the chain
/// before it ends.
Result<std::vector<data::DataFile>> WriteStateFiles(FileSystem& files, const std::string& home,
                                                    const std::string& directory,
                                                    std::uint64_t epoch, int instance,
                                                    const StateBuffer& state);

/// The files that stay needed when `added` follow `chain`: a base of an instance ends what came
/// before it for that instance.
std::vector<data::DataFile> Follow(const std::vector<data::DataFile>& chain,
                                   const std::vector<data::DataFile>& added);

/// Reads the chains of all instances of a node: per instance its base, then its deltas. Missing or
/// damaged files are kCorrupt and name the path.
class StateReader : public component::SnapshotReader {
 public:
  StateReader(FileSystem& files, std::string home, std::vector<data::DataFile> chain)
      : files_(files), home_(std::move(home)), chain_(std::move(chain)) {}
  Status Read(std::string_view table,
              const std::function<Status(const data::Batch&)>& each) override;
  /// The tables there are, sorted.
  Result<std::vector<std::string>> Tables() const;

 private:
  FileSystem& files_;
  const std::string home_;
  const std::vector<data::DataFile> chain_;
};

}  // namespace thalweg::flow
