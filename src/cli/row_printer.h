#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/console.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::cli {

/// Prints the rows of a query as they come; holds at most a screenful or a row group of them.
class RowPrinter {
 public:
  virtual ~RowPrinter() = default;
  virtual Status Add(const arrow::RecordBatch& batch) = 0;
  /// More rows would change nothing.
  virtual bool enough() const { return false; }
  virtual Status Finish() = 0;
};

/// Forms of rows; the first is for people.
inline constexpr std::string_view kRowForms[] = {"table",  "csv",     "json",
                                                 "ndjson", "parquet", "arrow"};
/// Those that are no text.
bool IsBinaryForm(std::string_view form);

/// `rows`: how many the table form shows; the others print all.
Result<std::unique_ptr<RowPrinter>> MakeRowPrinter(std::string_view form,
                                                   const data::SchemaRef& schema,
                                                   const data::Columns& columns, std::int64_t rows,
                                                   Console& console);

}  // namespace thalweg::cli
