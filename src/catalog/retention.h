#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// RetireVersions of the catalog; the rules are in docs/specs/home.md, section 5.
Result<Catalog::Retired> RetireVersionRows(Connection& db, Instant now, int keep);

/// Home-relative paths of all data files and operator states that the catalog names, sorted.
Result<std::vector<std::string>> ListReferencedFiles(Connection& db);

}  // namespace thalweg::catalog
