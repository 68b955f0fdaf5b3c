#include "catalog/trim.h"

#include <set>

#include <fmt/format.h>

namespace thalweg::catalog {
namespace {

struct Table {
  NodeId node;
  std::string output;
};

Result<std::vector<std::string>> OutputsOf(Connection& db, const NodeId& node) {
  Query rows(db, "SELECT DISTINCT output FROM versions WHERE node_id = ?", node);
  std::vector<std::string> outputs;
  while (rows.Next()) rows.Into(outputs.emplace_back());
  TW_RETURN_IF_ERROR(rows.status());
  return outputs;
}

/// The number below which versions may go: of the newest `keep`, and of the one that was the newest
/// when `since` was.
Result<std::int64_t> KeepFrom(Connection& db, const Table& table, int keep, Instant since) {
  std::int64_t newest_kept = 0, newest_then = 0;
  {
    Query rows(db,
               "SELECT number FROM versions WHERE node_id = ? AND output = ? AND retired IS NULL "
               "ORDER BY number DESC LIMIT 1 OFFSET ?",
               table.node, table.output, keep - 1);
    if (rows.Next()) rows.Into(newest_kept);
    TW_RETURN_IF_ERROR(rows.status());
  }
  // Also among the usable ones: that is what was read then.
  Query rows(db,
             "SELECT v.number FROM versions v JOIN epochs e ON e.id = v.epoch_id "
             "JOIN node_runs nr ON nr.id = e.node_run_id JOIN runs r ON r.id = nr.run_id "
             "WHERE v.node_id = ? AND v.output = ? AND v.retired IS NULL AND v.good = 1 "
             "AND nr.state <> 'invalidated' AND r.state <> 'invalidated' AND v.created < ? "
             "ORDER BY v.number DESC LIMIT 1",
             table.node, table.output, since);
  if (rows.Next()) rows.Into(newest_then);
  TW_RETURN_IF_ERROR(rows.status());
  return std::min(newest_kept, newest_then);
}

/// When what is read now may have been looked up. Streams look up again for each epoch.
Result<Instant> OldestReader(Connection& db, Instant now, std::chrono::seconds grace) {
  std::optional<Instant> oldest;
  Query rows(db,
             "SELECT MIN(started) FROM runs WHERE state IN ('queued', 'running') AND stream = 0");
  if (rows.Next()) rows.Into(oldest);
  TW_RETURN_IF_ERROR(rows.status());
  return std::min(now - grace, oldest.value_or(now));
}

Result<std::vector<VersionId>> FindTrimmable(Connection& db, const Table& table,
                                             std::int64_t below) {
  Query rows(db,
             "SELECT v.id FROM versions v WHERE v.node_id = ? AND v.output = ? AND v.number < ? "
             "AND v.retired IS NULL "
             "AND NOT EXISTS (SELECT 1 FROM signature_versions s WHERE s.version_id = v.id) "
             "AND v.id NOT IN (SELECT position FROM positions) "
             "AND v.id NOT IN (SELECT split FROM positions) "
             "AND NOT EXISTS (SELECT 1 FROM receipts rc WHERE rc.version_id = v.id AND (rc.state = "
             "'prepared' OR rc.number = (SELECT MAX(last.number) FROM receipts last WHERE "
             "last.target = rc.target))) "
             "AND NOT EXISTS (SELECT 1 FROM node_runs nr JOIN runs r ON r.id = nr.run_id WHERE "
             "nr.version_id = v.id AND r.state IN ('queued', 'running', 'waiting')) "
             "ORDER BY v.number",
             table.node, table.output, below);
  std::vector<VersionId> versions;
  while (rows.Next()) rows.Into(versions.emplace_back());
  TW_RETURN_IF_ERROR(rows.status());
  return versions;
}

Status Count(Connection& db, std::string_view kind, const std::string& key, std::int64_t count) {
  if (count == 0) return Status::Ok();
  return db.Run(
      "INSERT INTO trimmed (kind, key, count) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE "
      "SET count = trimmed.count + excluded.count",
      kind, key, count);
}

/// A version that something in the past still names keeps its row.
Result<bool> IsNamed(Connection& db, const VersionId& version) {
  Query rows(db,
             "SELECT 1 FROM receipts WHERE version_id = ?1 UNION ALL SELECT 1 FROM node_runs WHERE "
             "version_id = ?1 LIMIT 1",
             version);
  const bool named = rows.Next();
  TW_RETURN_IF_ERROR(rows.status());
  return named;
}

/// Files of these versions that the next version of the table does not have.
Status LoosenFiles(Connection& db, Instant now, const Table& table,
                   const std::vector<VersionId>& versions) {
  std::set<std::string> paths;
  for (const VersionId& version : versions) {
    Query rows(db, "SELECT path FROM version_files WHERE version_id = ? AND path NOT LIKE '/%'",
               version);
    while (rows.Next()) {
      std::string path;
      rows.Into(path);
      paths.insert(std::move(path));
    }
    TW_RETURN_IF_ERROR(rows.status());
  }
  Query rows(db,
             "SELECT path FROM version_files WHERE version_id = (SELECT id FROM versions WHERE "
             "node_id = ? AND output = ? ORDER BY number DESC LIMIT 1)",
             table.node, table.output);
  while (rows.Next()) {
    std::string path;
    rows.Into(path);
    paths.erase(path);
  }
  TW_RETURN_IF_ERROR(rows.status());
  for (const std::string& path : paths) TW_RETURN_IF_ERROR(InsertLooseFile(db, now, path));
  return Status::Ok();
}

Status TrimTable(Connection& db, Instant now, const Table& table, int keep, Instant since) {
  TW_ASSIGN_OR_RETURN(const std::int64_t below, KeepFrom(db, table, keep, since));
  TW_ASSIGN_OR_RETURN(const auto versions, FindTrimmable(db, table, below));
  TW_RETURN_IF_ERROR(LoosenFiles(db, now, table, versions));
  std::int64_t forgotten = 0;
  for (const VersionId& version : versions) {
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM version_files WHERE version_id = ?", version));
    TW_ASSIGN_OR_RETURN(const bool named, IsNamed(db, version));
    if (named) {
      TW_RETURN_IF_ERROR(db.Run("UPDATE versions SET retired = ? WHERE id = ?", now, version));
      continue;
    }
    TW_RETURN_IF_ERROR(db.Run("UPDATE versions SET parent_id = NULL WHERE parent_id = ?", version));
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM versions WHERE id = ?", version));
    ++forgotten;
  }
  return Count(db, "versions", table.node.str() + table.output, forgotten);
}

/// Applied receipts that are not among the newest of their target.
Status TrimReceipts(Connection& db, const NodeId& node, int keep) {
  std::vector<std::string> targets;
  {
    Query rows(db,
               "SELECT DISTINCT rc.target FROM node_runs nr JOIN epochs e ON e.node_run_id = nr.id "
               "JOIN receipts rc ON rc.epoch_id = e.id WHERE nr.node_id = ?",
               node);
    while (rows.Next()) rows.Into(targets.emplace_back());
    TW_RETURN_IF_ERROR(rows.status());
  }
  for (const std::string& target : targets) {
    TW_RETURN_IF_ERROR(
        db.Run("DELETE FROM receipts WHERE target = ?1 AND node_id = ?2 AND state = 'applied' AND "
               "number <= (SELECT MAX(number) FROM receipts WHERE target = ?1) - ?3",
               target, node, keep));
    TW_RETURN_IF_ERROR(Count(db, "receipts", target, db.changed()));
  }
  return Status::Ok();
}

/// Epochs that nothing refers to. The newest of a node run says what the next one's number is.
Status TrimEpochs(Connection& db, const NodeId& node) {
  return db.Run(
      "DELETE FROM epochs WHERE id IN (SELECT e.id FROM node_runs nr JOIN epochs e ON "
      "e.node_run_id = nr.id WHERE nr.node_id = ?1 "
      "AND e.sequence < (SELECT MAX(l.sequence) FROM epochs l WHERE l.node_run_id = nr.id) "
      "AND e.id NOT IN (SELECT epoch_id FROM versions WHERE node_id = ?1) "
      "AND NOT EXISTS (SELECT 1 FROM receipts rc WHERE rc.epoch_id = e.id) "
      "AND e.id NOT IN (SELECT epoch_id FROM positions) "
      "AND e.id NOT IN (SELECT epoch_id FROM operator_snapshots) "
      "AND e.id NOT IN (SELECT epoch_id FROM operator_states))",
      node);
}

}  // namespace

Status TrimStreamRows(Connection& db, Instant now, const Catalog::Trim& trim) {
  TW_ASSIGN_OR_RETURN(const Instant since, OldestReader(db, now, trim.grace));
  for (const NodeId& node : trim.nodes) {
    TW_RETURN_IF_ERROR(TrimReceipts(db, node, trim.keep));
    TW_ASSIGN_OR_RETURN(const auto outputs, OutputsOf(db, node));
    for (const std::string& output : outputs) {
      TW_RETURN_IF_ERROR(TrimTable(db, now, {node, output}, trim.keep, since));
    }
    TW_RETURN_IF_ERROR(TrimEpochs(db, node));
  }
  return Status::Ok();
}

Status InsertLooseFile(Connection& db, Instant now, const std::string& path) {
  if (path.starts_with('/')) return Status::Ok();
  return db.Run("INSERT INTO loose_files (path, since) VALUES (?, ?) ON CONFLICT (path) DO NOTHING",
                path, now);
}

Result<std::vector<std::string>> ListLooseFiles(Connection& db) {
  Query rows(db,
             "SELECT path FROM loose_files EXCEPT SELECT path FROM version_files EXCEPT SELECT "
             "path FROM operator_states ORDER BY path");
  std::vector<std::string> paths;
  while (rows.Next()) rows.Into(paths.emplace_back());
  TW_RETURN_IF_ERROR(rows.status());
  return paths;
}

Result<std::vector<std::string>> ConfirmLooseFiles(Connection& db, Instant now) {
  TW_RETURN_IF_ERROR(db.Run("UPDATE loose_files SET since = ?", now));
  return ListLooseFiles(db);
}

Status DeleteLooseFiles(Connection& db, std::span<const std::string> paths) {
  for (const std::string& path : paths)
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM loose_files WHERE path = ?", path));
  return Status::Ok();
}

}  // namespace thalweg::catalog
