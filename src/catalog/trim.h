#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// docs/specs/home.md, section 5, "Streams".
Status TrimStreamRows(Connection& db, Instant now, const Catalog::Trim& trim);

/// Remembers a file that the caller's transaction took the last name of, or may have. Files outside
/// of the home are left out.
Status InsertLooseFile(Connection& db, Instant now, const std::string& path);
/// Those that nothing names, sorted.
Result<std::vector<std::string>> ListLooseFiles(Connection& db);
/// The same in a write transaction that changes something, so that its commit is an fsync.
Result<std::vector<std::string>> ConfirmLooseFiles(Connection& db, Instant now);
Status DeleteLooseFiles(Connection& db, std::span<const std::string> paths);

}  // namespace thalweg::catalog
