#pragma once

#include "catalog/home.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

/// Brings the catalog behind `db` to this program's schema: makes it, or runs the migrations that
/// it lacks, all in one transaction under the home's layout lock. kUnsupported when a newer program
/// made it.
Status EnsureSchema(const Home& home, Connection& db);

}  // namespace thalweg::catalog
