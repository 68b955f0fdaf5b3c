#include "catalog/ledger_rows.h"

#include <fmt/format.h>

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

Status WriteStates(Connection& db, const NodeId& node, const CommitEpoch& epoch) {
  for (const NewState& state : epoch.states) {
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM operator_states WHERE node_id = ? AND operator_name = ?",
                              node, state.operator_name));
    std::int64_t position = 0;
    for (const data::DataFile& file : state.files) {
      TW_RETURN_IF_ERROR(
          db.Run("INSERT INTO operator_states (node_id, operator_name, position, path, rows, "
                 "bytes, identity, epoch_id) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                 node, state.operator_name, position++, file.path, file.rows, file.size,
                 file.identity, epoch.id));
    }
  }
  return Status::Ok();
}

Result<std::vector<NewState>> ListStates(Connection& db, const NodeId& node) {
  Query rows(
      db,
      "SELECT operator_name, path, rows, bytes, identity FROM operator_states WHERE node_id = ? "
      "ORDER BY operator_name, position",
      node);
  std::vector<NewState> states;
  while (rows.Next()) {
    std::string name;
    data::DataFile file;
    rows.Into(name, file.path, file.rows, file.size, file.identity);
    if (states.empty() || states.back().operator_name != name)
      states.push_back({.operator_name = name, .files = {}});
    states.back().files.push_back(std::move(file));
  }
  TW_RETURN_IF_ERROR(rows.status());
  return states;
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
