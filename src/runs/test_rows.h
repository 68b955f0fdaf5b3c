#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "component/value.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::runs {

/// Rows of a test as JSON, an object a line: numbers keep their digits.
std::string JsonRow(const component::Value& row);

/// The columns that rows name, with types guessed from all their values: boolean, bigint, double,
/// timestamptz (ISO 8601 with a zone), else varchar.
data::Columns GuessColumns(const std::vector<component::Value>& rows);

/// Rows as batches with these columns, read as JSON of a source is read; what a row leaves out is
/// NULL. Unknown columns and values that do not fit are reported at the row's place. `what` for
/// messages: "node \"events\"". Nothing when something was reported.
Result<std::vector<data::Batch>> DecodeTestRows(const std::vector<component::Value>& rows,
                                                const data::Columns& columns,
                                                const std::string& what, Diagnostics& diagnostics);
/// The schema that they have.
Result<data::SchemaRef> TestRowSchema(const data::Columns& columns);

/// Rows as texts: JSON with the batch's columns in their order.
Result<std::vector<std::string>> RowTexts(const std::vector<data::Batch>& batches);

/// What must change in the expected rows to get the actual ones.
struct RowDifference {
  std::int64_t missing = 0, unexpected = 0;
  std::vector<std::string> lines;  ///< "- row" missing, "+ row" unexpected; in order "  row", too
  bool none() const { return missing == 0 && unexpected == 0; }
};
RowDifference CompareRows(std::vector<std::string> expected, std::vector<std::string> actual,
                          bool ordered, std::optional<double> tolerance);

}  // namespace thalweg::runs
