#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/status.h"
#include "data/types.h"

namespace thalweg::data {

/// A Parquet file with rows of one table. Never renamed, never rewritten.
struct DataFile {
  /// Relative to the home for our own files ("tables/<node>/<attempt>/part-0.parquet"), absolute
  /// for files that a source refers to where they lie.
  std::string path;
  std::int64_t rows = 0;
  Bytes size;
  /// For files that lie outside the home: what they were when referred to
  /// (FileIdentity::ToString()), else empty.
  std::string identity;
  bool operator==(const DataFile&) const = default;
  bool outside() const { return !path.empty() && path.front() == '/'; }
};

/// One immutable state of a table: the rows of `files`. In a table with a merge key a row stands
/// for every earlier row with the same key (NULL equals NULL); earlier is in file order, then in
/// row order.
struct Manifest {
  VersionId id;
  VersionId
      parent;  ///< the version this one was made from (append, merge, a gate's input); may be empty
  NodeId node;
  Columns columns;
  std::vector<DataFile> files;
  std::vector<DataFile> deletes;       ///< reserved for keys of removed rows; empty today
  std::vector<std::string> merge_key;  ///< columns of an upsert table; empty: rows stay as they are
  /// The first files, which hold each key once among them; those behind them are changes.
  std::int64_t base_files = 0;
  std::int64_t rows = 0;  ///< in all files: with changes at most so many rows are to be seen
  Bytes bytes;
  bool rows_exact() const {
    return merge_key.empty() || base_files == static_cast<std::int64_t>(files.size());
  }
};

/// What a file on disk was when it was read: convention for file sources.
struct FileIdentity {
  std::string path;  ///< absolute
  Bytes size;
  std::int64_t mtime_ns = 0;
  std::string content;           ///< XXH3-128 of the bytes, hex; may be empty when only looked at
  std::string ToString() const;  ///< "<size>:<mtime_ns>:<content>:<path>"
  static Result<FileIdentity> Parse(std::string_view text);
  /// Same path, size and time; contents are compared when both are known.
  bool LooksLike(const FileIdentity& other) const;
};

}  // namespace thalweg::data
