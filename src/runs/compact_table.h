#pragma once

#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "component/engine.h"
#include "data/manifest.h"

namespace thalweg::runs {

/// When the files of a table that a stream writes become fewer and larger ones.
struct CompactionRule {
  std::size_t most_changes = 16;      ///< change files of an upsert table
  std::size_t most_small_files = 32;  ///< of a table that only grows
  Bytes small = Bytes::MiB(1);
};

/// An upsert table: more change files than the rule has, or more changed rows than the base has. A
/// table that only grows: too many small files.
bool WantsCompaction(const data::Manifest& manifest, const CompactionRule& rule = {});

struct CompactionJob {
  std::string home;           ///< where relative paths begin
  std::string out_directory;  ///< absolute, exists, empty, below the home
  Bytes memory = Bytes::MiB(128);
  std::string label;  ///< node name, for messages
};

/// The same rows in other files: an upsert table as one base, sorted by its key; of another table
/// the small files as one, in the place of the first of them. The manifest that comes back has a
/// new id and `manifest` as its parent; its new files are written, not fsynced. Waits for the
/// engine's job; kCancelled after `stop`.
Result<data::Manifest> CompactTable(component::Engine& engine, const data::Manifest& manifest,
                                    const CompactionJob& job, std::stop_token stop,
                                    const CompactionRule& rule = {});

}  // namespace thalweg::runs
