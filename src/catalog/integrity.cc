#include "catalog/integrity.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace thalweg::catalog {
namespace {

constexpr std::size_t kMostFindings = 5;

/// Each gives a row of text for everything that is wrong.
constexpr auto kRules = std::to_array<std::string_view>({
    "SELECT 'run numbers have gaps: ' || COUNT(*) || ' of ' || MAX(number) FROM runs "
    "HAVING COUNT(*) <> COALESCE(MAX(number), 0)",

    // Those that a stream forgot are counted.
    "SELECT 'version numbers have gaps: node ' || node_id || output || ', ' || COUNT(*) || ' of ' "
    "|| MAX(number) "
    "FROM versions GROUP BY node_id, output HAVING COUNT(*) + COALESCE((SELECT t.count FROM "
    "trimmed t WHERE t.kind = 'versions' AND t.key = node_id || output), 0) <> MAX(number)",

    "SELECT 'attempt numbers have gaps: split ' || split_id FROM attempts GROUP BY split_id "
    "HAVING COUNT(*) <> MAX(number)",

    "SELECT 'receipt numbers have gaps: ' || target FROM receipts GROUP BY target HAVING COUNT(*) "
    "+ COALESCE((SELECT t.count FROM trimmed t WHERE t.kind = 'receipts' AND t.key = target), 0) "
    "<> MAX(number)",

    "SELECT 'state without a snapshot: ' || s.node_id FROM operator_states s LEFT JOIN "
    "operator_snapshots o ON o.node_id = s.node_id AND o.operator_name = s.operator_name WHERE "
    "o.node_id IS NULL",

    "SELECT 'event numbers have gaps: ' || COUNT(*) || ' of ' || MAX(id) FROM events "
    "HAVING COUNT(*) <> COALESCE(MAX(id), 0)",

    "SELECT 'several attempts run at once: split ' || split_id FROM attempts WHERE state = "
    "'running' "
    "GROUP BY split_id HAVING COUNT(*) > 1",

    "SELECT 'version without an epoch: ' || v.id FROM versions v LEFT JOIN epochs e ON e.id = "
    "v.epoch_id "
    "WHERE e.id IS NULL",

    "SELECT 'version has rows and no file: ' || v.id FROM versions v LEFT JOIN version_files f ON "
    "f.version_id = v.id "
    "WHERE v.retired IS NULL AND v.rows > 0 AND f.version_id IS NULL",

    "SELECT 'run ' || r.number || ' is ' || r.state || ', but its last event says: ' || e.what "
    "FROM (SELECT run_number, MAX(id) AS id FROM events WHERE node = '' AND what LIKE 'state: %' "
    "GROUP BY run_number) m "
    "JOIN events e ON e.id = m.id JOIN runs r ON r.number = m.run_number WHERE e.what NOT LIKE '% "
    "-> ' || r.state",

    "SELECT 'node ' || nr.node_name || ' of run ' || r.number || ' is ' || nr.state || ', but its "
    "last event says: ' "
    "|| e.what FROM (SELECT run_number, node, MAX(id) AS id FROM events WHERE node <> '' AND what "
    "LIKE 'state: %' "
    "GROUP BY run_number, node) m JOIN events e ON e.id = m.id JOIN runs r ON r.number = "
    "m.run_number "
    "JOIN node_runs nr ON nr.run_id = r.id AND nr.node_name = m.node WHERE e.what NOT LIKE '% -> ' "
    "|| nr.state",
});

Status AddFindings(Connection& db, std::string_view rule, std::vector<std::string>& findings) {
  Query rows(db, rule);
  while (findings.size() < kMostFindings && rows.Next()) rows.Into(findings.emplace_back());
  return rows.status();
}

Status CheckPages(Connection& db, std::vector<std::string>& findings) {
  TW_RETURN_IF_ERROR(AddFindings(
      db, "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
      findings));
  return AddFindings(
      db,
      "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there' "
      "FROM pragma_foreign_key_check",
      findings);
}

}  // namespace

Status CheckCatalog(Connection& db) {
  std::vector<std::string> findings;
  TW_RETURN_IF_ERROR(CheckPages(db, findings));
  for (const std::string_view rule : kRules) TW_RETURN_IF_ERROR(AddFindings(db, rule, findings));
  if (findings.empty()) return Status::Ok();
  return Status(Code::kCorrupt,
                fmt::format("the catalog contradicts itself: {}", fmt::join(findings, "; ")))
      .WithHint("restore catalog.db from a backup, and report this text");
}

}  // namespace thalweg::catalog
