#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/status.h"
#include "component/scan.h"
#include "data/element.h"

namespace thalweg::component {

class Engine;

/// Why nothing came now; `wake` (given with the call) is called once when trying again makes sense.
/// From any thread.
using Wake = std::function<void()>;

/// A place in a split, opaque to everybody but its source; durable in the catalog. Empty: the
/// beginning.
struct Position {
  std::string text;
};

/// The unit of reading: a file, a partition, a key range. `name` is stable, so that positions find
/// it again.
struct Split {
  std::string name;
  std::string detail;
};

/// Positions of all splits as of the last committed epoch, by split name.
struct SourceState {
  std::map<std::string, Position> positions;
};

/// Identity of what a source would read now. Equal text = equal rows.
struct Fingerprint {
  std::string text;
};

/// A row that could not be read: data, not an error.
struct Reject {
  std::string source;
  std::int64_t line = 0;  ///< from 1; 0: unknown
  std::string column;     ///< empty: the whole row
  std::string reason;
  std::string raw;
};

struct Polled {
  enum class State { kRows, kBlocked, kEnd };
  State state = State::kEnd;
  data::Batch rows;             ///< kRows; may be empty when only rejects were found
  std::vector<Reject> rejects;  ///< found on the way, in order
};

/// Reads one split of a source as batches.
/// Lifecycle: Source::Open -> (Poll | At | Ack)* -> destroyed. Retries and back-off belong to the
/// caller, not here. Threads: one task drives an instance; only `wake` may be called from
/// elsewhere.
class Reader {
 public:
  virtual ~Reader() = default;
  /// A batch of about `budget` bytes at most, kBlocked (then calls `wake` once), or kEnd. Never
  /// waits for the outside. An unreachable system is a retryable external error; a bad row is data,
  /// in `rejects`.
  virtual Result<Polled> Poll(Bytes budget, const Wake& wake) = 0;
  /// Position after the last row returned. Opening the split there again continues without gap or
  /// repeat.
  virtual Position At() const = 0;
  /// Everything up to `durable` is committed downstream. In order; may skip positions.
  virtual Status Ack(const Position& durable) = 0;
};

enum class Replay {
  kExact,  ///< any committed position can be read again, with the same rows
  kNever,  ///< what was read is gone (TCP, stdin): at most once across a crash unless journaled
};

/// What a source gets to work with. Everything outlives the source.
struct SourceContext {
  FileSystem* files = nullptr;
  const Clock* clock = nullptr;
  Engine* engine = nullptr;  ///< completes scans (dialects, types); not for reading
  std::string directory;     ///< of the pipeline file: relative paths start here
  /// Requested when the run ends: threads that a source has of its own end then.
  std::stop_token stop;
  /// Content hash of a file, remembered by (path, size, mtime); see FileIdentity.
  std::function<Result<data::FileIdentity>(const std::string& path)> identify;
};

/// Where rows come from. Built from options; Bind and Identity may do I/O, the constructor does
/// not. A source whose rows come over time (Descriptor::unbounded) binds to an edge that is not
/// bounded; kEnd from all of its readers ends the stream all the same. What such a source can only
/// wait for is waited for on a thread of its own, and Poll returns kBlocked.
class Source {
 public:
  virtual ~Source() = default;
  /// Columns and nature of what will come. Missing data is a user's kNotFound that names path or
  /// table.
  virtual Result<data::EdgeType> Bind() = 0;
  /// None: never reused.
  virtual Result<std::optional<Fingerprint>> Identity() = 0;
  virtual Replay replay() const = 0;
  virtual Result<std::vector<Split>> Discover(const SourceState& state) = 0;
  virtual Result<std::unique_ptr<Reader>> Open(const Split& split, const Position& from) = 0;
  /// How an engine can read all of it by itself; none: through Open. After Bind.
  virtual Result<std::optional<Scan>> Lower() { return std::optional<Scan>(); }
  /// What is done with rejects that Reader::Poll returns.
  virtual RejectPolicy reject_policy() const { return {}; }
  /// Columns with field names as in Bind(), as SQL types.
  virtual Result<data::Columns> TableColumns() = 0;
};

}  // namespace thalweg::component
