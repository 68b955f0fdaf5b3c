#pragma once

#include "base/file_system.h"
#include "base/status.h"
#include "component/scan.h"
#include "duckdb/database.h"

namespace thalweg::engines {

/// Engine::Complete: fills in what a scan leaves open, from a sample of its first file that has
/// rows.
///  - CSV: the delimiter (a comma, tab, semicolon or bar), '"' as quote, the quote as escape,
///  whether there is a header;
///    types as TypeGuess has them. All files must have the same header.
///  - JSON: the keys of the sample, in the order they were met; strings stay varchar, what has no
///  common type is json.
/// Declared columns keep their types. A declared column that the file lacks is kInvalid, slug
/// "missing-column". An error about the n-th declared column has the place {file "", line 1, column
/// n}: the caller knows where that column is declared.
Status CompleteScan(FileSystem& files, duckdb::Database& database, component::Scan& scan);

// Its halves.
Status CompleteCsv(FileSystem& files, component::CsvScan& scan);
Status CompleteJson(FileSystem& files, duckdb::Database& database, component::JsonScan& scan);

/// Each column must be of a type that tables store.
Status CheckScanTypes(const std::vector<component::TextColumn>& columns);

}  // namespace thalweg::engines
