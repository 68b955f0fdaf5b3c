#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runs/graph.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// What is shown at a gate and kept with the run: runs/<n>/evidence/<gate>.json, and each query's
/// rows as Parquet beside it.
struct Evidence {
  std::string gate, question, pipeline;
  std::int64_t run_number = 0;
  VersionId input;  ///< the version to be signed
  std::int64_t input_number = 0;
  std::string input_table;
  std::string digest;  ///< of its rows
  std::int64_t rows = 0;
  struct Approved {
    std::string table;
    std::int64_t version = 0, rows = 0;
    std::string by;
  };
  std::optional<Approved> approved;         ///< what was signed here last
  std::vector<std::string> schema_changes;  ///< against the last approved version
  std::vector<std::string> failed_checks;   ///< warnings of upstream checks
  struct Query {
    std::string sql;
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;  ///< at most 1,000 as text
    std::string file;  ///< home-relative Parquet with all rows
    std::string error;
  };
  std::vector<Query> queries;
  std::vector<VersionId> versions;             ///< that the evidence read, the input first
  std::optional<component::Duration> timeout;  ///< of the gate
  std::optional<Instant> until;  ///< when that has passed; known of a gate that waits, not stored
};

std::string Encode(const Evidence& evidence);
Result<Evidence> DecodeEvidence(const std::string& json);

/// Is there a signature for this data? Looks at signatures newest first: one for this very version
/// decides; else an approval of another version counts only if the digest of the rows and the
/// columns are the same; that is looked at only with `compare_rows`, for it reads the table.
struct GateDecision {
  enum class State { kNone, kApproved, kRejected } state = State::kNone;
  std::optional<catalog::SignatureRecord> signature;
  bool same_rows_as_approved = false;  ///< approved by digest, under another version
};
Result<GateDecision> FindDecision(Workspace& workspace, const NodeId& gate,
                                  const catalog::VersionRecord& input, bool compare_rows);

/// Order-insensitive digest of a version's rows; remembered by version.
Result<std::string> DigestOf(Workspace& workspace, const catalog::VersionRecord& version,
                             std::stop_token stop);

/// Collects evidence for `gate` over these versions and stores it beside the run. `tables[i]`
/// belongs to node.evidence[i].tables.
Result<Evidence> CollectEvidence(Workspace& workspace, const Graph& graph, const GraphNode& gate,
                                 const NodeId& gate_id, const catalog::VersionRecord& input,
                                 const std::vector<std::vector<catalog::VersionRecord>>& tables,
                                 std::int64_t run_number, std::stop_token stop);

/// What was stored for a gate of a run; kNotFound when nothing was.
Result<Evidence> StoredEvidence(const Workspace& workspace, std::int64_t run,
                                const std::string& gate);

/// The newest evidence of a gate that waits; `gate` may be "pipeline.gate". kNotFound when no run
/// waits there, kTimeout when the newest run that did waited for too long; kInvalid when gates of
/// several pipelines wait under the name.
Result<Evidence> WaitingEvidence(Workspace& workspace, const std::string& gate);

/// approve and reject. Refused when the gate's timeout has passed (kTimeout; the run has failed
/// then) or the input's data changed since the evidence was collected (kConflict). A rejection ends
/// the waiting run as failed.
Result<catalog::SignatureRecord> Sign(Workspace& workspace, const Evidence& evidence,
                                      catalog::Decision decision, const std::string& comment);

}  // namespace thalweg::runs
