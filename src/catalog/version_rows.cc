#include "catalog/version_rows.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace thalweg::catalog {
namespace {

// Invalidation is a state of the run or of the node run; nothing is stored for it at the version.
#define TW_INVALIDATED "(r.state = 'invalidated' OR nr.state = 'invalidated')"
#define TW_USABLE "v.good = 1 AND v.retired IS NULL AND NOT " TW_INVALIDATED
#define TW_VERSION_FROM                                                                  \
  "FROM nodes n JOIN versions v ON v.node_id = n.id JOIN epochs e ON e.id = v.epoch_id " \
  "JOIN node_runs nr ON nr.id = e.node_run_id JOIN runs r ON r.id = nr.run_id "
#define TW_VERSION                                                                               \
  "SELECT v.id, v.parent_id, v.node_id, v.columns, v.merge_key, v.base_files, v.rows, v.bytes, " \
  "v.number, n.name || "                                                                         \
  "v.output, n.pipeline, "                                                                       \
  "r.id, r.number, v.recipe_key, v.good, " TW_INVALIDATED ", v.digest, v.created " TW_VERSION_FROM
#define TW_TABLE "n.pipeline = ? AND n.name = ? AND v.output = ? "

std::string EncodeColumns(const data::Columns& columns) {
  nlohmann::json document = nlohmann::json::array();
  for (const auto& column : columns)
    document.push_back({column.field_id, column.name, column.type});
  // A name that is not UTF-8 is kept readable instead of thrown at us.
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status DecodeColumns(std::string_view text, data::Columns& columns) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  bool well_formed = document.is_array();
  for (const auto& entry : document) {
    well_formed = well_formed && entry.is_array() && entry.size() == 3 &&
                  entry[0].is_number_integer() && entry[1].is_string() && entry[2].is_string();
    if (!well_formed) break;
    columns.push_back(
        {entry[0].get<int>(), entry[1].get<std::string>(), entry[2].get<std::string>()});
  }
  if (well_formed) return Status::Ok();
  return Status(Code::kCorrupt,
                fmt::format("the columns of a version cannot be read text={}", text))
      .WithHint("run `thalweg doctor`");
}

/// Empty for no key, as most tables have none.
std::string EncodeKey(const std::vector<std::string>& key) {
  if (key.empty()) return "";
  return nlohmann::json(key).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status DecodeKey(std::string_view text, std::vector<std::string>& key) {
  if (text.empty()) return Status::Ok();
  const auto document = nlohmann::json::parse(text, nullptr, false);
  bool well_formed = document.is_array();
  for (const auto& name : document) {
    well_formed = well_formed && name.is_string();
    if (!well_formed) break;
    key.push_back(name.get<std::string>());
  }
  if (well_formed) return Status::Ok();
  return Status(Code::kCorrupt,
                fmt::format("the merge key of a version cannot be read text={}", text))
      .WithHint("run `thalweg doctor`");
}

Status ReadFiles(Connection& db, data::Manifest& manifest) {
  Query rows(db,
             "SELECT deletes, path, rows, bytes, identity FROM version_files WHERE version_id = ? "
             "ORDER BY position",
             manifest.id);
  while (rows.Next()) {
    data::DataFile file;
    bool deletes = false;
    rows.Into(deletes, file.path, file.rows, file.size, file.identity);
    (deletes ? manifest.deletes : manifest.files).push_back(std::move(file));
  }
  return rows.status();
}

Result<std::vector<VersionRecord>> ReadVersions(Connection& db, Query& rows) {
  std::vector<VersionRecord> versions;
  while (rows.Next()) {
    VersionRecord& version = versions.emplace_back();
    data::Manifest& manifest = version.manifest;
    std::string columns, merge_key;
    rows.Into(manifest.id, manifest.parent, manifest.node, columns, merge_key, manifest.base_files,
              manifest.rows, manifest.bytes, version.number, version.table, version.pipeline,
              version.run, version.run_number, version.recipe_key, version.good,
              version.invalidated, version.digest, version.created);
    TW_RETURN_IF_ERROR(DecodeColumns(columns, manifest.columns));
    TW_RETURN_IF_ERROR(DecodeKey(merge_key, manifest.merge_key));
    TW_RETURN_IF_ERROR(ReadFiles(db, manifest));
  }
  TW_RETURN_IF_ERROR(rows.status());
  return versions;
}

template <typename... A>
Result<std::optional<VersionRecord>> FindOne(Connection& db, std::string_view sql,
                                             const A&... arguments) {
  Query rows(db, sql, arguments...);
  TW_ASSIGN_OR_RETURN(auto versions, ReadVersions(db, rows));
  return versions.empty() ? std::optional<VersionRecord>()
                          : std::optional(std::move(versions.front()));
}

Result<std::int64_t> NextNumber(Connection& db, const NodeId& node, const std::string& output) {
  Query rows(db,
             "SELECT COALESCE(MAX(number), 0) + 1 FROM versions WHERE node_id = ? AND output = ?",
             node, output);
  std::int64_t number = 0;
  if (rows.Next()) rows.Into(number);
  TW_RETURN_IF_ERROR(rows.status());
  return number;
}

Status InsertFiles(Connection& db, const VersionId& version,
                   const std::vector<data::DataFile>& files, bool deletes, std::int64_t& position) {
  for (const auto& file : files) {
    TW_RETURN_IF_ERROR(db.Run(
        "INSERT INTO version_files (version_id, position, deletes, path, rows, bytes, identity) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        version, position++, deletes, file.path, file.rows, file.size, file.identity));
  }
  return Status::Ok();
}

/// The version that a run gave its node or reused for it, whatever its state.
Result<std::optional<VersionRecord>> FindGiven(Connection& db, const std::string& pipeline,
                                               const std::string& node, std::int64_t run_number) {
  VersionId given;
  {
    Query rows(db,
               "SELECT nr.version_id FROM runs r JOIN node_runs nr ON nr.run_id = r.id JOIN nodes "
               "n ON n.id = nr.node_id "
               "WHERE r.number = ? AND n.pipeline = ? AND n.name = ?",
               run_number, pipeline, node);
    if (rows.Next()) rows.Into(given);
    TW_RETURN_IF_ERROR(rows.status());
  }
  if (given.empty()) return std::optional<VersionRecord>();
  return FindVersionRow(db, given);
}

}  // namespace

TableName SplitTableName(std::string_view table) {
  for (const std::string_view output : {"_rejects", "_late"}) {
    if (table.size() > output.size() && table.ends_with(output)) {
      return {std::string(table.substr(0, table.size() - output.size())), std::string(output)};
    }
  }
  return {std::string(table), ""};
}

Status InsertVersion(Connection& db, const EpochId& epoch, const std::string& node_name,
                     VersionRecord& version) {
  const TableName name = SplitTableName(version.table);
  if (name.node != node_name) {
    return Status::Internal(fmt::format("a commit writes another node's table node={} table={}",
                                        node_name, version.table));
  }
  const data::Manifest& manifest = version.manifest;
  TW_ASSIGN_OR_RETURN(version.number, NextNumber(db, manifest.node, name.output));
  TW_RETURN_IF_ERROR(db.Run(
      "INSERT INTO versions (id, node_id, output, number, epoch_id, parent_id, recipe_key, "
      "columns, rows, bytes, "
      "good, digest, created, merge_key, base_files) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?, ?, ?)",
      manifest.id, manifest.node, name.output, version.number, epoch, manifest.parent,
      version.recipe_key, EncodeColumns(manifest.columns), manifest.rows, manifest.bytes,
      version.good, version.digest, version.created, EncodeKey(manifest.merge_key),
      manifest.base_files));
  std::int64_t position = 0;
  TW_RETURN_IF_ERROR(InsertFiles(db, manifest.id, manifest.files, false, position));
  return InsertFiles(db, manifest.id, manifest.deletes, true, position);
}

Status CheckNotRetired(Connection& db, const VersionId& version) {
  Query rows(db, "SELECT 1 FROM versions WHERE id = ? AND retired IS NULL", version);
  const bool found = rows.Next();
  TW_RETURN_IF_ERROR(rows.status());
  if (found) return Status::Ok();
  return Status(Code::kConflict,
                fmt::format("the version is gone, retention took it version={}", version.str()))
      .WithSlug("version-retired")
      .WithHint("run again: the plan will choose another version, or make a new one")
      .Retryable();
}

Result<std::optional<VersionRecord>> FindVersionRow(Connection& db, const VersionId& id) {
  return FindOne(db, TW_VERSION "WHERE v.id = ? AND v.retired IS NULL", id);
}

Result<std::optional<VersionRecord>> FindReusableRow(Connection& db, const NodeId& node,
                                                     const std::string& recipe_key) {
  TW_ASSIGN_OR_RETURN(auto newest,
                      FindOne(db,
                              TW_VERSION "WHERE v.node_id = ? AND v.output = '' AND " TW_USABLE
                                         " ORDER BY v.number DESC LIMIT 1",
                              node));
  if (newest && newest->recipe_key != recipe_key) newest.reset();
  return newest;
}

Result<std::optional<VersionRecord>> FindLatestGood(Connection& db, const std::string& pipeline,
                                                    const std::string& table) {
  const TableName name = SplitTableName(table);
  return FindOne(db,
                 TW_VERSION "WHERE " TW_TABLE "AND " TW_USABLE " ORDER BY v.number DESC LIMIT 1",
                 pipeline, name.node, name.output);
}

Result<std::optional<VersionRecord>> FindByNumber(Connection& db, const std::string& pipeline,
                                                  const std::string& table, std::int64_t number) {
  const TableName name = SplitTableName(table);
  return FindOne(db, TW_VERSION "WHERE " TW_TABLE "AND v.number = ? AND v.retired IS NULL",
                 pipeline, name.node, name.output, number);
}

Result<std::optional<VersionRecord>> FindOfRun(Connection& db, const std::string& pipeline,
                                               const std::string& table, std::int64_t run_number) {
  const TableName name = SplitTableName(table);
  TW_ASSIGN_OR_RETURN(auto given, FindGiven(db, pipeline, name.node, run_number));
  if (!given || name.output.empty()) return given;
  // Its rejects are those of the node run that made it, which for a reused version is an earlier
  // one.
  return FindOne(db,
                 TW_VERSION
                 "WHERE v.node_id = ? AND v.output = ? AND v.retired IS NULL AND e.node_run_id = "
                 "(SELECT e2.node_run_id FROM epochs e2 JOIN versions v2 ON v2.epoch_id = e2.id "
                 "WHERE v2.id = ?) ORDER BY v.number DESC LIMIT 1",
                 given->manifest.node, name.output, given->manifest.id);
}

Result<std::optional<VersionRecord>> FindAsOf(Connection& db, const std::string& pipeline,
                                              const std::string& table, Instant at) {
  const TableName name = SplitTableName(table);
  return FindOne(db,
                 TW_VERSION "WHERE " TW_TABLE "AND v.created <= ? AND " TW_USABLE
                            " ORDER BY v.number DESC LIMIT 1",
                 pipeline, name.node, name.output, at);
}

Result<std::vector<VersionRecord>> ListVersions(Connection& db, const std::string& pipeline,
                                                const std::string& table, int limit) {
  const TableName name = SplitTableName(table);
  const std::int64_t most = limit < 1 ? std::numeric_limits<std::int64_t>::max() : limit;
  Query rows(db,
             TW_VERSION "WHERE " TW_TABLE "AND v.retired IS NULL ORDER BY v.number DESC LIMIT ?",
             pipeline, name.node, name.output, most);
  return ReadVersions(db, rows);
}

Result<std::vector<Catalog::TableRecord>> ListTables(Connection& db) {
  // Newest first within a table, usable ones before all others: the first row of each is its
  // latest.
  Query rows(db,
             "SELECT n.pipeline, n.name || v.output, v.id, COUNT(*) OVER (PARTITION BY n.id, "
             "v.output) " TW_VERSION_FROM
             "WHERE v.retired IS NULL ORDER BY n.pipeline, n.name, v.output, (" TW_USABLE
             ") DESC, v.number DESC");
  std::vector<Catalog::TableRecord> tables;
  while (rows.Next()) {
    Catalog::TableRecord table;
    VersionId version;
    rows.Into(table.pipeline, table.table, version, table.versions);
    const bool known = !tables.empty() && tables.back().pipeline == table.pipeline &&
                       tables.back().table == table.table;
    if (known) continue;
    TW_ASSIGN_OR_RETURN(auto latest, FindVersionRow(db, version));
    if (latest) table.latest = *std::move(latest);
    tables.push_back(std::move(table));
  }
  TW_RETURN_IF_ERROR(rows.status());
  return tables;
}

#undef TW_TABLE
#undef TW_VERSION
#undef TW_VERSION_FROM
#undef TW_USABLE
#undef TW_INVALIDATED

}  // namespace thalweg::catalog
