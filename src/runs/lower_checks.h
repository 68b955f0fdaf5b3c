#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "component/engine.h"
#include "data/types.h"
#include "spec/pipeline.h"

namespace thalweg::runs {

/// What a check's SQL calls the table that is checked, and the one that a foreign_key looks into.
inline constexpr std::string_view kCheckedTable = "thalweg_staged";
inline constexpr std::string_view kOtherTable = "thalweg_other";

/// A check as SQL over the checked table (input 0) and, for a foreign_key, the other (input 1).
struct CheckStatement {
  const spec::CheckSpec* check = nullptr;
  /// Boolean per row, true or NULL for a good one; empty for checks of the whole table.
  std::string row_condition;
  /// Gives one row: (violations bigint, sample varchar). The sample of `rows` is a clause: "3 rows,
  /// fewer than 5".
  std::string sql;
  std::vector<component::TableSlot> slots;
};

/// Lowers a check of a node, or all of them; columns that `columns` lacks and values that a
/// column's type cannot hold are reported. What the user's SQL says is not looked at. Without
/// columns nothing is reported, and the SQL is good for an identity only.
CheckStatement LowerCheck(const spec::Node& node, const spec::CheckSpec& check,
                          const data::Columns& columns, Diagnostics& diagnostics);
std::vector<CheckStatement> LowerChecks(const spec::Node& node, const data::Columns& columns,
                                        Diagnostics& diagnostics);

/// Reports a name that is not one of `columns`; false then.
bool RequireColumn(const std::string& column, const data::Columns& columns,
                   const spec::CheckSpec& check, const std::string& node, const std::string& owner,
                   Diagnostics& diagnostics);

/// A user's expression that keeps to itself: in parentheses, blanks for its comments. Its text
/// begins one byte behind the parenthesis, byte for byte as long.
std::string Enclosed(const std::string& expression);

component::Statement StatementOf(const CheckStatement& check, std::vector<component::Input> inputs,
                                 std::span<const component::Parameter> parameters);

/// Those of `all` that `sql` names as $name: an engine refuses parameters that a statement does not
/// use.
std::vector<component::Parameter> UsedParameters(const std::string& sql,
                                                 std::span<const component::Parameter> all);

}  // namespace thalweg::runs
