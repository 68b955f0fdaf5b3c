#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "component/fields.h"
#include "spec/grammar.h"

namespace thalweg::spec {

using component::FieldInfo;
using component::OptionsOf;
using component::Shape;

namespace {

using Columns = std::vector<std::string>;

struct AcceptedKeys {
  std::string column;
  std::vector<component::Scalar> values;
  static OptionsOf<AcceptedKeys> Describe() {
    return OptionsOf<AcceptedKeys>("accepted", "Every value that is not NULL is one of these.")
        .Field("column", &AcceptedKeys::column,
               {.doc = "The column.", .example = "origin", .required = true})
        .Field("values", &AcceptedKeys::values,
               {.doc = "The values.", .example = "[EWR, JFK, LGA]", .required = true});
  }
};

struct RangeKeys {
  std::string column;
  std::optional<SqlText> min, max;
  static OptionsOf<RangeKeys> Describe() {
    return OptionsOf<RangeKeys>("range",
                                "Every value that is not NULL lies between, both ends included.")
        .Field("column", &RangeKeys::column,
               {.doc = "The column.", .example = "visib", .required = true})
        .Field("min", &RangeKeys::min,
               {.doc = "The smallest value: SQL, may use $parameters.", .example = "0"})
        .Field("max", &RangeKeys::max,
               {.doc = "The largest value: SQL, may use $parameters.", .example = "$top"});
  }
};

struct RowsKeys {
  std::optional<SqlText> min, max;
  static OptionsOf<RowsKeys> Describe() {
    return OptionsOf<RowsKeys>("rows", "The number of rows lies between, both ends included.")
        .Field("min", &RowsKeys::min,
               {.doc = "The smallest number: SQL, may use $parameters.", .example = "$min_rows"})
        .Field("max", &RowsKeys::max,
               {.doc = "The largest number: SQL, may use $parameters.", .example = "1000000"});
  }
};

struct ForeignKeyKeys {
  Columns columns, to;
  Reference table;
  static OptionsOf<ForeignKeyKeys> Describe() {
    return OptionsOf<ForeignKeyKeys>(
               "foreign_key", "Every combination without NULL exists in another node's table.")
        .Field("columns", &ForeignKeyKeys::columns,
               {.doc = "Columns of this node.",
                .example = "[carrier]",
                .required = true,
                .scalar_or_list = true})
        .Field("table", &ForeignKeyKeys::table,
               {.doc = "The other node.", .example = "airlines", .required = true})
        .Field("to", &ForeignKeyKeys::to,
               {.doc = "Its columns, in the same order; without it those of the same names.",
                .example = "[carrier]",
                .scalar_or_list = true});
  }
};

struct CheckKeys {
  Columns not_null, unique;
  std::optional<AcceptedKeys> accepted;
  std::optional<RangeKeys> range;
  std::optional<RowsKeys> rows;
  std::optional<ForeignKeyKeys> foreign_key;
  std::optional<SqlText> sql;
  std::string severity, name;
  static OptionsOf<CheckKeys> Describe() {
    return OptionsOf<CheckKeys>("a check",
                                "What must hold for a node's rows. Exactly one kind each.")
        .Field("not_null", &CheckKeys::not_null,
               {.doc = "No row has NULL in one of these columns.",
                .example = "[carrier, origin]",
                .scalar_or_list = true})
        .Field("unique", &CheckKeys::unique,
               {.doc = "No two rows agree in all of these columns.",
                .example = "[id]",
                .scalar_or_list = true})
        .Field("accepted", &CheckKeys::accepted,
               {.doc = "A column holds only these values.",
                .example = "{column: origin, values: [EWR, JFK]}"})
        .Field("range", &CheckKeys::range,
               {.doc = "A column's values lie in a range.",
                .example = "{column: visib, min: 0, max: 10}"})
        .Field("rows", &CheckKeys::rows,
               {.doc = "The number of rows lies in a range.", .example = "{min: $min_rows}"})
        .Field("foreign_key", &CheckKeys::foreign_key,
               {.doc = "Values exist in another node's table.",
                .example = "{columns: [carrier], table: airlines}"})
        .Field("sql", &CheckKeys::sql,
               {.doc = "A condition that is false in no row; NULL passes.",
                .example = "arr_time >= dep_time"})
        .Field("severity", &CheckKeys::severity,
               {.doc = "fail: the version is not good, and nothing reads it. warn: recorded. "
                       "quarantine: the rows go to "
                       "<node>_rejects; not with unique, rows, foreign_key.",
                .default_text = "fail",
                .choices = {"warn", "fail", "quarantine"}})
        .Field("name", &CheckKeys::name,
               {.doc = "What the check is called in results.", .example = "plausible delays"});
  }
};

constexpr std::string_view kKinds[] = {"not_null", "unique",      "accepted", "range",
                                       "rows",     "foreign_key", "sql"};
constexpr std::string_view kKindList = "not_null, unique, accepted, range, rows, foreign_key, sql";

std::string Join(const Columns& columns) {
  std::string joined;
  for (const std::string& column : columns) joined += (joined.empty() ? "" : ", ") + column;
  return joined;
}

/// One line, short enough for a list of results.
std::string Shorten(const std::string& sql) {
  constexpr std::size_t kLongest = 60;
  std::string line;
  for (const char c : sql) {
    const bool white = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!white) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  if (line.size() <= kLongest) return line;
  std::size_t cut = kLongest;
  while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xC0) == 0x80) --cut;
  return line.substr(0, cut) + "...";
}

/// The check's kind key as written; none after reporting when there is not exactly one.
std::optional<std::string> KindOf(const Value& value, Diagnostics& diagnostics) {
  std::optional<std::string> kind;
  for (const Value::Entry& entry : value.entries()) {
    if (std::find(std::begin(kKinds), std::end(kKinds), entry.key) == std::end(kKinds)) continue;
    if (kind) {
      diagnostics.Error("several-kinds", fmt::format("a check is one of: {}", kKindList),
                        entry.key_span, fmt::format("it is \"{}\" already", *kind),
                        "write one list item per check");
      return std::nullopt;
    }
    kind = entry.key;
  }
  if (!kind) {
    diagnostics.Error("missing-kind", fmt::format("a check needs one of: {}", kKindList),
                      value.span());
  }
  return kind;
}

bool NoColumns(const Columns& columns, const Value& value, Diagnostics& diagnostics) {
  if (!columns.empty()) return false;
  diagnostics.Error("empty-value", "the check names no column", value.span(), "name at least one");
  return true;
}

bool NoBound(bool has_bound, const Value& value, Diagnostics& diagnostics) {
  if (has_bound) return false;
  diagnostics.Error("missing-key", "the check needs \"min\" or \"max\"", value.span());
  return true;
}

/// Fills kind and default name. False after reporting.
bool Convert(const std::string& kind, CheckKeys keys, const Value& at, CheckSpec* out,
             Diagnostics& diagnostics) {
  if (kind == "not_null" || kind == "unique") {
    Columns columns = kind == "unique" ? std::move(keys.unique) : std::move(keys.not_null);
    if (NoColumns(columns, at, diagnostics)) return false;
    out->name = fmt::format("{}({})", kind, Join(columns));
    if (kind == "unique") {
      out->kind = CheckSpec::Unique{std::move(columns)};
    } else {
      out->kind = CheckSpec::NotNull{std::move(columns)};
    }
  } else if (kind == "accepted") {
    if (keys.accepted->values.empty()) {
      diagnostics.Error("empty-value", "\"values\" is empty: no row could pass", at.span());
      return false;
    }
    out->name = fmt::format("accepted({})", keys.accepted->column);
    out->kind =
        CheckSpec::Accepted{std::move(keys.accepted->column), std::move(keys.accepted->values)};
  } else if (kind == "range") {
    if (NoBound(keys.range->min || keys.range->max, at, diagnostics)) return false;
    out->name = fmt::format("range({})", keys.range->column);
    out->kind = CheckSpec::Range{std::move(keys.range->column), std::move(keys.range->min),
                                 std::move(keys.range->max)};
  } else if (kind == "rows") {
    if (NoBound(keys.rows->min || keys.rows->max, at, diagnostics)) return false;
    out->name = "rows";
    out->kind = CheckSpec::Rows{std::move(keys.rows->min), std::move(keys.rows->max)};
  } else if (kind == "foreign_key") {
    ForeignKeyKeys& foreign = *keys.foreign_key;
    if (NoColumns(foreign.columns, at, diagnostics)) return false;
    if (foreign.to.empty()) foreign.to = foreign.columns;
    if (foreign.to.size() != foreign.columns.size()) {
      diagnostics.Error("bad-value", "\"columns\" and \"to\" name different numbers of columns",
                        at.span(),
                        fmt::format("{} and {}", foreign.columns.size(), foreign.to.size()));
      return false;
    }
    out->name = fmt::format("foreign_key({} -> {})", Join(foreign.columns), foreign.table.name);
    out->kind = CheckSpec::ForeignKey{std::move(foreign.columns), std::move(foreign.table),
                                      std::move(foreign.to)};
  } else {
    out->name = Shorten(keys.sql->text);
    out->kind = CheckSpec::Sql{std::move(*keys.sql)};
  }
  return true;
}

}  // namespace

FieldInfo CheckSpec::Info() {
  FieldInfo info;
  info.shape = Shape::kObject;
  info.object =
      std::make_shared<component::ObjectInfo>(component::DescriptionOf<CheckKeys>().info());
  return info;
}

bool ReadValue(const Value& value, const FieldInfo& /*info*/, CheckSpec* out,
               Diagnostics& diagnostics) {
  CheckKeys keys;
  if (!component::DescriptionOf<CheckKeys>().Read(value, {}, &keys, diagnostics)) return false;
  const std::optional<std::string> kind = KindOf(value, diagnostics);
  if (!kind) return false;
  const std::string severity = keys.severity;
  const std::string name = keys.name;
  out->span = value.span();
  out->severity = severity == "warn"         ? Severity::kWarn
                  : severity == "quarantine" ? Severity::kQuarantine
                                             : Severity::kFail;
  if (!Convert(*kind, std::move(keys), *value.Find(*kind), out, diagnostics)) return false;
  if (!name.empty()) out->name = name;
  const bool whole_table = *kind == "unique" || *kind == "rows" || *kind == "foreign_key";
  if (whole_table && out->severity == Severity::kQuarantine) {
    diagnostics.Error(
        "bad-value",
        fmt::format("\"{}\" looks at the table as a whole: it cannot put rows aside", *kind),
        value.Find("severity")->span(), "write warn or fail");
    return false;
  }
  return true;
}

}  // namespace thalweg::spec
