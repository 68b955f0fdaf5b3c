#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "component/source.h"
#include "data/types.h"

namespace thalweg::connectors {

/// Reads one Parquet file row by row, as `columns`; one that the file lacks is null. A position is
/// a number of rows. kUnsupported: the file holds a column in a layout that only an engine
/// converts.
Result<std::unique_ptr<component::Reader>> OpenParquetRows(FileSystem& files,
                                                           const std::string& path,
                                                           const data::Columns& columns,
                                                           const std::string& file_name_column,
                                                           const component::Position& from);

}  // namespace thalweg::connectors
