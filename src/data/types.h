#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/status.h"
#include "data/arrow_status.h"

namespace thalweg::data {

/// A column of a table. `type` is a SQL type name in the canonical spelling of docs/specs/types.md:
/// lower case, "decimal(10,2)", "varchar[]", "struct(a integer, b varchar)", "map(varchar,
/// bigint)".
struct Column {
  int field_id = 0;  ///< stable across renames within one table; 0: not given yet
  std::string name;
  std::string type;
  bool operator==(const Column&) const = default;
};
using Columns = std::vector<Column>;

/// The canonical spelling of a SQL type name as a person writes it ("INT" -> "integer", "TEXT" ->
/// "varchar", "NUMERIC(10, 2)" -> "decimal(10,2)"). Unknown names are kInvalid with slug
/// "unknown-type" and a near one in the hint.
Result<std::string> CanonicalType(std::string_view type);

/// The type that a table's column has for a result column of this type: the same one, or one that
/// holds every value of it ("enum" -> "varchar", "integer[3]" -> "integer[]", "timestamp_ms" ->
/// "timestamp"), or hugeint -> bigint, whose cast fails on a value that does not fit. Where the two
/// differ, whoever stores the column casts. Types that cannot be kept are kUnsupported, slug
/// "type-not-storable", with the cast to write in the hint.
Result<std::string> StoredType(const Column& column);
/// StoredType of each; also refuses empty names and names that differ in nothing but case
/// ("duplicate-column").
Result<Columns> StoredColumns(const Columns& columns);

/// OK when a table's column can have this very type: StoredType(column) == column.type.
Status CheckStorable(const Column& column);

/// Canonical type <-> Arrow. uuid and json are extension-free: fixed_size_binary(16) and utf8 whose
/// field metadata says {"thalweg.type": "uuid" | "json"}, at any depth. A field id is field
/// metadata "PARQUET:field_id". Types without an Arrow type of their own (hugeint, timetz, bit,
/// union ...) are kUnsupported, slug "type-not-supported". FromArrow takes more than ToArrow gives:
/// large and view layouts, dictionaries, extensions arrow.uuid and arrow.json.
Result<std::shared_ptr<arrow::Field>> ToArrow(const Column& column);
Result<Column> FromArrow(const arrow::Field& field);
Result<std::shared_ptr<arrow::Schema>> ToArrow(const Columns& columns);
Result<Columns> FromArrow(const arrow::Schema& schema);

/// "name type, name type", for messages and for telling a schema change.
std::string ToString(const Columns& columns);
/// One line per added, removed, renamed (same field id) or retyped column, one for another order;
/// empty when equal.
std::vector<std::string> SchemaChanges(const Columns& before, const Columns& after);

}  // namespace thalweg::data
