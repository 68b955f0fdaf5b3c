#include "catalog/retention.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <unordered_set>

#include "catalog/cache_rows.h"

namespace thalweg::catalog {
namespace {

constexpr std::chrono::hours kCacheLife{24 * 90};

/// Before the first active run nothing was being read that is not the newest good version now.
Result<Instant> OldestActiveStart(Connection& db) {
  std::optional<Instant> oldest;
  Query rows(db,
             "SELECT MIN(started) FROM runs WHERE state IN ('queued', 'running') "
             "AND stream = 0");
  if (rows.Next()) rows.Into(oldest);
  TW_RETURN_IF_ERROR(rows.status());
  return oldest.value_or(Instant::max());
}

Result<std::vector<VersionId>> FindRetirable(Connection& db, int keep) {
  TW_ASSIGN_OR_RETURN(const Instant oldest_start, OldestActiveStart(db));
  Query rows(
      db,
      "SELECT v.id FROM versions v WHERE v.retired IS NULL "
      // Not among the newest.
      "AND v.number < (SELECT w.number FROM versions w WHERE w.node_id = v.node_id AND w.output = "
      "v.output "
      "  AND w.retired IS NULL ORDER BY w.number DESC LIMIT 1 OFFSET ?) "
      // A newer good one was there before any active run looked.
      "AND EXISTS (SELECT 1 FROM versions w JOIN epochs e ON e.id = w.epoch_id "
      "  JOIN node_runs nr ON nr.id = e.node_run_id JOIN runs r ON r.id = nr.run_id "
      "  WHERE w.node_id = v.node_id AND w.output = v.output AND w.number > v.number AND w.good = "
      "1 "
      "  AND w.retired IS NULL AND w.created < ? AND nr.state <> 'invalidated' AND r.state <> "
      "'invalidated') "
      // Nobody names it.
      "AND v.id NOT IN (SELECT version_id FROM signature_versions) "
      "AND v.id NOT IN (SELECT position FROM positions) "
      "AND v.id NOT IN (SELECT split FROM positions) "
      "AND v.id NOT IN (SELECT rc.version_id FROM receipts rc WHERE rc.version_id IS NOT NULL "
      "  AND (rc.state = 'prepared' OR rc.number = "
      "    (SELECT MAX(last.number) FROM receipts last WHERE last.target = rc.target))) "
      "AND v.id NOT IN (SELECT nr.version_id FROM node_runs nr JOIN runs r ON r.id = nr.run_id "
      "  WHERE nr.version_id IS NOT NULL AND r.state IN ('queued', 'running', 'waiting')) "
      "ORDER BY v.id",
      keep - 1, oldest_start);
  std::vector<VersionId> versions;
  while (rows.Next()) rows.Into(versions.emplace_back());
  TW_RETURN_IF_ERROR(rows.status());
  return versions;
}

Status AddFilesOf(Connection& db, const VersionId& version, std::set<std::string>& paths) {
  Query rows(db, "SELECT path FROM version_files WHERE version_id = ? AND path NOT LIKE '/%'",
             version);
  while (rows.Next()) {
    std::string path;
    rows.Into(path);
    paths.insert(std::move(path));
  }
  return rows.status();
}

}  // namespace

Result<Catalog::Retired> RetireVersionRows(Connection& db, Instant now, int keep) {
  Catalog::Retired retired;
  TW_ASSIGN_OR_RETURN(retired.versions, FindRetirable(db, keep));
  std::set<std::string> paths;
  for (const VersionId& version : retired.versions) {
    TW_RETURN_IF_ERROR(AddFilesOf(db, version, paths));
    TW_RETURN_IF_ERROR(db.Run("DELETE FROM version_files WHERE version_id = ?", version));
    TW_RETURN_IF_ERROR(db.Run("UPDATE versions SET retired = ? WHERE id = ?", now, version));
  }
  if (!paths.empty()) {
    TW_ASSIGN_OR_RETURN(const auto named, ListReferencedFiles(db));
    std::ranges::set_difference(paths, named, std::back_inserter(retired.files));
  }
  TW_RETURN_IF_ERROR(ForgetCache(db, now - kCacheLife));
  return retired;
}

Result<std::vector<std::string>> ListReferencedFiles(Connection& db) {
  Query rows(db,
             "SELECT path FROM version_files WHERE path NOT LIKE '/%' "
             "UNION SELECT path FROM operator_states WHERE path NOT LIKE '/%' ORDER BY path");
  std::vector<std::string> paths;
  while (rows.Next()) rows.Into(paths.emplace_back());
  TW_RETURN_IF_ERROR(rows.status());
  return paths;
}

}  // namespace thalweg::catalog
