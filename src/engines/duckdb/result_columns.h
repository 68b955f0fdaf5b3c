#pragma once

#include <optional>

#include "data/types.h"
#include "engines/duckdb/sql_text.h"

namespace thalweg::engines {

/// The statement as it must run so that its columns, `described`, become `stored`
/// (data::StoredColumns): itself, or a SELECT around it that casts. A value that does not fit is an
/// error that names the column.
SqlText WithStoredColumns(const SqlText& statement, const data::Columns& described,
                          const data::Columns& stored);

/// The statement as it must run so that Arrow can hold its columns: types without an Arrow form
/// become varchar. Nothing when it can run as it is.
std::optional<SqlText> WithArrowColumns(const SqlText& statement, const data::Columns& described);

}  // namespace thalweg::engines
