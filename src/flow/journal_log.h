#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "component/source.h"

namespace thalweg::flow {

/// What one record of a journal holds: rows or rejects (docs/specs/journal.md).
struct JournalRecord {
  data::Batch rows;  ///< null: rejects
  std::vector<component::Reject> rejects;
};

/// The log of one source. One thread.
class JournalLog {
 public:
  /// `directory` is made when it is missing. Reads the names of segments and the records of the
  /// last one. kCorrupt when records are missing in the middle.
  static Result<std::unique_ptr<JournalLog>> Open(FileSystem& files, std::string directory);

  /// Number of the record that the next Append writes.
  std::uint64_t next() const { return next_; }
  /// Records before this one are committed: numbers go on from it where the log has fewer.
  void GoOnFrom(std::uint64_t record);
  /// Calls `each` for the records [from, next()), in order. Records before the first segment are
  /// gone: `from` must not lie there (kCorrupt).
  Status Read(std::uint64_t from, const std::function<Status(JournalRecord)>& each);
  /// Durable when Sync has returned.
  Status Append(const JournalRecord& record);
  Status Sync();
  /// Removes segments all of whose records are before `durable`.
  Status Forget(std::uint64_t durable);

 private:
  struct Segment {
    std::uint64_t first = 0;
    std::string path;
    std::uint64_t records = 0;  ///< that are whole
  };
  JournalLog(FileSystem& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}
  Status Begin();
  Status StartSegment();
  Result<std::uint64_t> ReadSegment(const Segment& segment, std::uint64_t skip,
                                    const std::function<Status(JournalRecord)>& each);

  FileSystem& files_;
  const std::string directory_;
  std::vector<Segment> segments_;
  std::uint64_t next_ = 0;
  std::unique_ptr<WritableFile> file_;
  std::int64_t written_ = 0;
  bool named_ = true;  ///< the directory's entry of the open segment is durable
};

}  // namespace thalweg::flow
