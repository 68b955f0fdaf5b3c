#include "catalog/ledger_rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "catalog/event_rows.h"
#include "catalog/trim.h"

namespace thalweg::catalog {
namespace {

#define TW_RECEIPT_COLUMNS                                                                  \
  "SELECT target, node_id, epoch_id, version_id, recipe_key, receipt, state, changed FROM " \
  "receipts "

Result<std::vector<ReceiptRecord>> ReadReceipts(Query& rows) {
  std::vector<ReceiptRecord> receipts;
  while (rows.Next()) {
    ReceiptRecord& receipt = receipts.emplace_back();
    rows.Into(receipt.target, receipt.node, receipt.epoch, receipt.version, receipt.recipe_key,
              receipt.receipt, receipt.state, receipt.at);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return receipts;
}

}  // namespace

Status WritePositions(Connection& db, const NodeId& node, const CommitEpoch& epoch) {
  for (const NewPosition& position : epoch.positions) {
    if (position.dropped) {
      TW_RETURN_IF_ERROR(
          db.Run("DELETE FROM positions WHERE node_id = ? AND split = ?", node, position.split));
      continue;
    }
    TW_RETURN_IF_ERROR(
        db.Run("INSERT INTO positions (node_id, split, position, epoch_id) VALUES (?, ?, ?, ?) "
               "ON CONFLICT (node_id, split) DO UPDATE SET position = excluded.position, epoch_id "
               "= excluded.epoch_id",
               node, position.split, position.position, epoch.id));
  }
  return Status::Ok();
}

Result<std::vector<std::pair<std::string, std::string>>> ListPositions(Connection& db,
                                                                       const NodeId& node) {
  Query rows(db, "SELECT split, position FROM positions WHERE node_id = ? ORDER BY split", node);
  std::vector<std::pair<std::string, std::string>> positions;
  while (rows.Next()) {
    auto& [split, position] = positions.emplace_back();
    rows.Into(split, position);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return positions;
}

namespace {

Result<std::vector<data::DataFile>> ReadStateFiles(Connection& db, const NodeId& node,
                                                   const std::string& name) {
  Query rows(db,
             "SELECT path, rows, bytes, identity FROM operator_states WHERE node_id = ? AND "
             "operator_name = ? ORDER BY position",
             node, name);
  std::vector<data::DataFile> files;
  while (rows.Next()) {
    data::DataFile& file = files.emplace_back();
    rows.Into(file.path, file.rows, file.size, file.identity);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return files;
}

/// Most epochs add a delta behind the files that are there: only what differs is written.
Status WriteStateFileRows(Connection& db, Instant now, const NodeId& node, const EpochId& epoch,
                          const NewState& state) {
  TW_ASSIGN_OR_RETURN(const auto before, ReadStateFiles(db, node, state.operator_name));
  const auto same =
      static_cast<std::size_t>(std::ranges::mismatch(before, state.files).in1 - before.begin());
  if (same < before.size()) {
    TW_RETURN_IF_ERROR(db.Run(
        "DELETE FROM operator_states WHERE node_id = ? AND operator_name = ? AND position >= ?",
        node, state.operator_name, same));
  }
  for (std::size_t i = same; i < before.size(); ++i) {
    const bool stays = std::ranges::any_of(
        state.files, [&](const data::DataFile& file) { return file.path == before[i].path; });
    if (!stays) TW_RETURN_IF_ERROR(InsertLooseFile(db, now, before[i].path));
  }
  for (std::size_t i = same; i < state.files.size(); ++i) {
    const data::DataFile& file = state.files[i];
    TW_RETURN_IF_ERROR(db.Run(
        "INSERT INTO operator_states (node_id, operator_name, position, path, rows, "
        "bytes, identity, epoch_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        node, state.operator_name, i, file.path, file.rows, file.size, file.identity, epoch));
  }
  return Status::Ok();
}

}  // namespace

Status WriteStates(Connection& db, Instant now, const NodeId& node, const CommitEpoch& epoch) {
  for (const NewState& state : epoch.states) {
    TW_RETURN_IF_ERROR(WriteStateFileRows(db, now, node, epoch.id, state));
    if (state.files.empty()) {
      TW_RETURN_IF_ERROR(
          db.Run("DELETE FROM operator_snapshots WHERE node_id = ? AND operator_name = ?", node,
                 state.operator_name));
      continue;
    }
    TW_RETURN_IF_ERROR(db.Run(
        "INSERT INTO operator_snapshots (node_id, operator_name, definition, state_version, "
        "epoch_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT (node_id, operator_name) DO UPDATE SET "
        "definition = excluded.definition, state_version = excluded.state_version, epoch_id = "
        "excluded.epoch_id",
        node, state.operator_name, state.definition, state.state_version, epoch.id));
  }
  return Status::Ok();
}

Result<std::vector<StateRecord>> ListStates(Connection& db, const NodeId& node) {
  std::vector<StateRecord> states;
  {
    Query rows(db,
               "SELECT s.operator_name, s.definition, s.state_version, s.epoch_id, e.sequence, "
               "e.committed FROM operator_snapshots s JOIN epochs e ON e.id = s.epoch_id "
               "WHERE s.node_id = ? ORDER BY s.operator_name",
               node);
    while (rows.Next()) {
      StateRecord& state = states.emplace_back();
      rows.Into(state.operator_name, state.definition, state.state_version, state.epoch,
                state.sequence, state.committed);
    }
    TW_RETURN_IF_ERROR(rows.status());
  }
  for (StateRecord& state : states) {
    TW_ASSIGN_OR_RETURN(state.files, ReadStateFiles(db, node, state.operator_name));
  }
  return states;
}

Result<std::uint64_t> FindLastSequence(Connection& db, std::span<const NodeId> nodes) {
  std::uint64_t last = 0;
  for (const NodeId& node : nodes) {
    std::uint64_t of_node = 0;
    Query rows(db,
               "SELECT COALESCE(MAX(e.sequence), 0) FROM node_runs nr JOIN epochs e ON "
               "e.node_run_id = nr.id WHERE nr.node_id = ?",
               node);
    if (rows.Next()) rows.Into(of_node);
    TW_RETURN_IF_ERROR(rows.status());
    last = std::max(last, of_node);
  }
  return last;
}

namespace {

/// A node that runs has its progress in memory too, and would write it again.
Status CheckDoesNotRun(Connection& db, const NodeId& node, const std::string& name) {
  std::int64_t run = 0;
  Query rows(db,
             "SELECT r.number FROM node_runs nr JOIN runs r ON r.id = nr.run_id WHERE nr.node_id = "
             "? AND nr.state = ? AND r.state NOT IN (?, ?) ORDER BY r.number DESC LIMIT 1",
             node, NodeState::kRunning, RunState::kCancelled, RunState::kInvalidated);
  if (rows.Next()) rows.Into(run);
  TW_RETURN_IF_ERROR(rows.status());
  if (run == 0) return Status::Ok();
  return Status(Code::kConflict, Fault::kUser,
                fmt::format("node \"{}\" is being executed by run {}", name, run))
      .WithSlug("node-running")
      .WithHint(fmt::format("stop the run first; when its process is gone, `thalweg resume {}` "
                            "takes over",
                            run));
}

}  // namespace

Status DropProgressRows(Connection& db, Instant now, const NodeId& node, Catalog::Progress what,
                        const Actor& actor) {
  EventRecord event;
  event.at = now;
  event.actor = actor.name;
  event.reason = actor.reason;
  {
    Query rows(db, "SELECT name FROM nodes WHERE id = ?", node);
    if (rows.Next()) rows.Into(event.node);
    TW_RETURN_IF_ERROR(rows.status());
  }
  if (event.node.empty()) return Status::NotFound(fmt::format("no such node id={}", node.str()));
  TW_RETURN_IF_ERROR(CheckDoesNotRun(db, node, event.node));
  if (what != Catalog::Progress::kPositions) {
    TW_ASSIGN_OR_RETURN(const auto states, ListStates(db, node));
    for (const StateRecord& state : states) {
      for (const data::DataFile& file : state.files)
        TW_RETURN_IF_ERROR(InsertLooseFile(db, now, file.path));
    }
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM operator_states WHERE node_id = ?", node));
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM operator_snapshots WHERE node_id = ?", node));
  }
  if (what != Catalog::Progress::kStates)
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM positions WHERE node_id = ?", node));
  event.what = what == Catalog::Progress::kStates      ? "state dropped"
               : what == Catalog::Progress::kPositions ? "positions dropped"
                                                       : "state and positions dropped";
  return InsertEvent(db, event);
}

Status InsertReceipts(Connection& db, Instant now, const NodeId& node, const CommitEpoch& epoch) {
  for (const component::Receipt& receipt : epoch.receipts) {
    TW_RETURN_IF_ERROR(
        db.Run("INSERT INTO receipts (target, number, node_id, epoch_id, version_id, recipe_key, "
               "receipt, state, changed) "
               "VALUES (?1, (SELECT COALESCE(MAX(number), 0) + 1 FROM receipts WHERE target = ?1), "
               "?2, ?3, ?4, ?5, ?6, ?7, ?8)",
               receipt.target, node, epoch.id, epoch.receipt_version, epoch.recipe_key,
               receipt.text, ReceiptState::kPrepared, now));
  }
  return Status::Ok();
}

Result<std::vector<ReceiptRecord>> ListPreparedReceipts(Connection& db) {
  Query rows(db, TW_RECEIPT_COLUMNS "WHERE state = 'prepared' ORDER BY target, number");
  return ReadReceipts(rows);
}

Status MarkReceiptsApplied(Connection& db, Instant now, std::span<const ReceiptRecord> receipts) {
  for (const ReceiptRecord& receipt : receipts) {
    TW_RETURN_IF_ERROR(
        db.Run("UPDATE receipts SET state = ?, changed = ? WHERE target = ? AND epoch_id = ?",
               ReceiptState::kApplied, now, receipt.target, receipt.epoch));
    if (db.changed() == 0) {
      return Status::NotFound(fmt::format("the ledger has no such receipt target={} epoch={}",
                                          receipt.target, receipt.epoch.str()))
          .WithFault(Fault::kBug);
    }
  }
  return Status::Ok();
}

Result<std::optional<ReceiptRecord>> FindLastReceipt(Connection& db, const std::string& target) {
  Query rows(db, TW_RECEIPT_COLUMNS "WHERE target = ? ORDER BY number DESC LIMIT 1", target);
  TW_ASSIGN_OR_RETURN(auto receipts, ReadReceipts(rows));
  return receipts.empty() ? std::optional<ReceiptRecord>()
                          : std::optional(std::move(receipts.front()));
}

#undef TW_RECEIPT_COLUMNS

}  // namespace thalweg::catalog
