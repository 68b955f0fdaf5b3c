#pragma once

#include <cstdint>

#include "base/file_system.h"

namespace thalweg::catalog {

/// The SQLite VFS for the catalog: null (SQLite's own) in the product. In builds with
/// THALWEG_TEST_HOOKS a shim over it that takes part in the fault layer of base/: each write, sync,
/// truncation, creation and removal of the catalog's files counts as one operation, can fail, and
/// is undone by a simulated power cut until its file is synced. Memory shared through -shm is not a
/// file to it: it is rebuilt after a crash.
const char* CatalogVfs();

#ifdef THALWEG_TEST_HOOKS
/// How many fsyncs SQLite has asked for in this process, those of directories included.
std::int64_t CatalogSyncs();
/// Takes the place of ActiveFaultLayer() for the catalog's files; null gives it back.
void SetCatalogFaultLayer(FaultLayer* layer);
#endif

}  // namespace thalweg::catalog
