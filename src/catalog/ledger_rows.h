#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

// How far a node has come: source positions, operator states, and what its targets have taken.

Status WritePositions(Connection& db, const NodeId& node, const CommitEpoch& epoch);
Result<std::vector<std::pair<std::string, std::string>>> ListPositions(Connection& db,
                                                                       const NodeId& node);

Status WriteStates(Connection& db, Instant now, const NodeId& node, const CommitEpoch& epoch);
Result<std::vector<StateRecord>> ListStates(Connection& db, const NodeId& node);
Result<std::uint64_t> FindLastSequence(Connection& db, std::span<const NodeId> nodes);
Status DropProgressRows(Connection& db, Instant now, const NodeId& node, Catalog::Progress what,
                        const Actor& actor);

Status InsertReceipts(Connection& db, Instant now, const NodeId& node, const CommitEpoch& epoch);
/// In the order in which each target must commit them.
Result<std::vector<ReceiptRecord>> ListPreparedReceipts(Connection& db);
Status MarkReceiptsApplied(Connection& db, Instant now, std::span<const ReceiptRecord> receipts);
Result<std::optional<ReceiptRecord>> FindLastReceipt(Connection& db, const std::string& target);

}  // namespace thalweg::catalog
