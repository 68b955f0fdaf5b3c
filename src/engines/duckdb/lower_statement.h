#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "component/engine.h"
#include "engines/duckdb/sql_text.h"

namespace thalweg::engines {

/// Turns the scans that a job meets into SELECTs, and remembers what they leave behind.
class ScanLowering {
 public:
  virtual ~ScanLowering() = default;
  virtual Result<std::string> Lower(const component::Scan& scan) = 0;
};

/// A statement as DuckDB reads it: table names became the rows behind them, parameters have a type.
struct LoweredStatement {
  SqlText sql;
  std::vector<component::Parameter> parameters;  ///< also of inlined statements
};

/// For the binder alone: every input is empty, no file is looked at.
Result<LoweredStatement> LowerForBinding(const component::Statement& statement);
/// To be run.
Result<LoweredStatement> LowerForRun(const component::Statement& statement, ScanLowering& scans);

/// Columns that a scan gives. kInternal when Engine::Complete has not been asked for them.
Result<data::Columns> ScanColumns(const component::Scan& scan);

/// "(SELECT CAST(NULL AS bigint) AS "a" WHERE false)".
std::string EmptyTable(const data::Columns& columns);
/// The rows of Parquet files. Only these columns, in this order, whatever else lies in the files.
Result<std::string> ReadParquet(const std::vector<std::string>& paths,
                                const data::Columns& columns);
/// The rows of an upsert table: of rows with equal keys (NULL equals NULL) the last one, in the
/// order of the files and of their rows. In `base` no key occurs twice.
Result<std::string> ReadUpserted(const std::vector<std::string>& base,
                                 const std::vector<std::string>& changes,
                                 const data::Columns& columns,
                                 const std::vector<std::string>& merge_key);
/// A quoted path for a table function, which reads * ? [ as a pattern.
std::string PathLiteral(const std::string& path);

}  // namespace thalweg::engines
