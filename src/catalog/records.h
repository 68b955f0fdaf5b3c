#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "data/manifest.h"

namespace thalweg::catalog {

enum class RunState { kQueued, kRunning, kWaiting, kDone, kFailed, kCancelled, kInvalidated };
enum class NodeState {
  kPending,
  kRunning,
  kWaiting,
  kDone,
  kReused,
  kSkipped,
  kFailed,
  kCancelled,
  kInvalidated
};
enum class AttemptState { kRunning, kDone, kFailed, kCancelled, kLost };
std::string_view ToString(RunState state);
std::string_view ToString(NodeState state);
std::string_view ToString(AttemptState state);
Result<RunState> ParseRunState(std::string_view text);
Result<NodeState> ParseNodeState(std::string_view text);
Result<AttemptState> ParseAttemptState(std::string_view text);

/// Who did something, and why.
struct Actor {
  std::string name;  ///< user@host, or "thalweg" for what it does by itself
  std::string reason;
};

struct NodeRecord {
  NodeId id;
  std::string pipeline, name, kind;
};

struct RunRecord {
  RunId id;
  std::int64_t number = 0;
  std::string pipeline;
  RunState state = RunState::kQueued;
  std::string file_path;   ///< absolute
  std::string file_text;   ///< exactly as it was run
  std::string parameters;  ///< JSON object, without secrets
  std::string selection;   ///< as typed
  Instant started;
  std::optional<Instant> ended;
  std::string actor, reason;  ///< of the last change of state
  bool stream = false;        ///< its nodes commit an epoch each now and then, until it is ended
};

struct NodeRunRecord {
  NodeRunId id;
  RunId run;
  std::int64_t run_number = 0;
  NodeId node;
  std::string node_name, kind;
  NodeState state = NodeState::kPending;
  std::string action;      ///< what the plan said, and why: "run: statement changed"
  std::string recipe_key;  ///< hex; empty until known
  VersionId version;       ///< what it gave or reused; may be empty
  std::optional<Instant> started, ended;
  std::string error;   ///< rendered, for people
  std::string checks;  ///< JSON list of check results
};

/// Measures of one attempt.
struct AttemptRecord {
  AttemptId id;
  NodeRunId node_run;
  int number = 1;
  AttemptState state = AttemptState::kRunning;
  std::string engine, worker;  ///< worker: host:pid
  Instant lease_until;
  std::optional<Instant> started, ended;
  std::int64_t rows_in = -1, rows_out = 0, rows_rejected = 0;
  Bytes bytes, peak_memory, spilled;
  std::int64_t cpu_us = 0;
  std::string error;
};

/// A committed version with what led to it.
struct VersionRecord {
  data::Manifest manifest;
  std::int64_t number = 0;  ///< counts up per table, without gaps: AT (VERSION => n)
  std::string table;        ///< node name, or "<node>_rejects", "<node>_late"
  std::string pipeline;
  RunId run;
  std::int64_t run_number = 0;
  std::string recipe_key;
  bool good = true;  ///< false: a check failed; readable, never chosen
  bool invalidated = false;
  std::string digest;  ///< data::RowDigest, where it was computed (gates); else empty
  Instant created;
};

/// An operator's state as last committed.
struct StateRecord {
  std::string operator_name;
  std::vector<data::DataFile> files;  ///< in the order in which they were given
  std::string definition;
  int state_version = 0;
  EpochId epoch;               ///< that wrote it
  std::uint64_t sequence = 0;  ///< of that epoch, in its node run
  Instant committed;
};

enum class Decision { kApproved, kRejected };
std::string_view ToString(Decision decision);
Result<Decision> ParseDecision(std::string_view text);

struct SignatureRecord {
  SignatureId id;
  NodeId gate;
  Decision decision = Decision::kApproved;
  std::vector<VersionId> versions;  ///< shown: the gate's input first, then what its evidence read
  std::string digest;               ///< of the gate's input
  std::string actor, comment;
  Instant at;
  std::int64_t run_number = 0;
};

enum class ReceiptState { kPrepared, kApplied };
std::string_view ToString(ReceiptState state);
Result<ReceiptState> ParseReceiptState(std::string_view text);

/// The target ledger: one row per target identity and epoch.
struct ReceiptRecord {
  std::string target;  ///< Target::identity()
  NodeId node;
  EpochId epoch;
  VersionId version;  ///< of the input that was written
  std::string recipe_key;
  std::string receipt;  ///< Receipt::text
  ReceiptState state = ReceiptState::kPrepared;
  Instant at;
};

struct EventRecord {
  std::int64_t id = 0;
  Instant at;
  std::int64_t run_number = 0;
  std::string node;  ///< empty: the run itself
  std::string what;  ///< "state: running -> done", "checks", "approved" ...
  std::string actor, reason;
};

}  // namespace thalweg::catalog
