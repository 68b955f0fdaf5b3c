#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// A table's name as the catalog keeps it: the node's name, and which of the node's outputs it is.
struct TableName {
  std::string node;
  std::string output;  ///< "", "_rejects" or "_late"
};
TableName SplitTableName(std::string_view table);

/// Gives `version` its number and writes it with its files. `version.table` must be one of the
/// node's outputs.
Status InsertVersion(Connection& db, const EpochId& epoch, const std::string& node_name,
                     VersionRecord& version);

/// kConflict when the version is not there: retention may have taken its files since somebody chose
/// it.
Status CheckNotRetired(Connection& db, const VersionId& version);

Result<std::optional<VersionRecord>> FindVersionRow(Connection& db, const VersionId& id);
Result<std::optional<VersionRecord>> FindReusableRow(Connection& db, const NodeId& node,
                                                     const std::string& recipe_key);
Result<std::optional<VersionRecord>> FindLatestGood(Connection& db, const std::string& pipeline,
                                                    const std::string& table);
Result<std::optional<VersionRecord>> FindByNumber(Connection& db, const std::string& pipeline,
                                                  const std::string& table, std::int64_t number);
Result<std::optional<VersionRecord>> FindOfRun(Connection& db, const std::string& pipeline,
                                               const std::string& table, std::int64_t run_number);
Result<std::optional<VersionRecord>> FindAsOf(Connection& db, const std::string& pipeline,
                                              const std::string& table, Instant at);
Result<std::vector<VersionRecord>> ListVersions(Connection& db, const std::string& pipeline,
                                                const std::string& table, int limit);
Result<std::vector<Catalog::TableRecord>> ListTables(Connection& db);

}  // namespace thalweg::catalog
