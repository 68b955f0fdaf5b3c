#include "engines/duckdb/lower_statement.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/file_system.h"
#include "data/quoting.h"

namespace thalweg::engines {
namespace {

using component::Parameter;
using component::Statement;
using data::QuoteIdentifier;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

/// "a, b" of the columns' names.
std::string NameList(const data::Columns& columns) {
  std::string list;
  for (const data::Column& column : columns) {
    list += (list.empty() ? "" : ", ") + QuoteIdentifier(column.name);
  }
  return list;
}

class Lowering {
 public:
  /// Without `scans` all inputs are empty.
  explicit Lowering(ScanLowering* scans) : scans_(scans) {}

  Result<LoweredStatement> Run(const Statement& statement) {
    LoweredStatement lowered;
    TW_RETURN_IF_ERROR(AddParameters(statement.parameters, lowered.parameters));
    const std::vector<ParameterUse> uses = FindParameters(statement.text);
    auto use = uses.begin();
    std::size_t at = 0;
    for (const component::TableSlot& slot : statement.slots) {
      if (slot.begin < at || slot.end > statement.text.size() ||
          slot.input >= statement.inputs.size()) {
        return Status::Internal("a statement's table slots do not fit its text");
      }
      for (; use != uses.end() && use->begin < slot.begin; ++use) {
        at = AddParameter(statement, at, *use, lowered.sql);
      }
      while (use != uses.end() && use->begin < slot.end) ++use;
      lowered.sql.AddCopy(std::string_view(statement.text).substr(at, slot.begin - at), at);
      TW_ASSIGN_OR_RETURN(std::string table, Table(statement.inputs[slot.input], lowered));
      if (!slot.alias.empty()) table += " AS " + QuoteIdentifier(slot.alias);
      lowered.sql.AddInPlaceOf(table, slot.begin, slot.end);
      at = slot.end;
    }
    for (; use != uses.end(); ++use) at = AddParameter(statement, at, *use, lowered.sql);
    lowered.sql.AddCopy(std::string_view(statement.text).substr(at), at);
    return lowered;
  }

 private:
  /// Copies the text up to the parameter and gives it its type, so that nothing has to be bound
  /// twice. Returns where to go on.
  static std::size_t AddParameter(const Statement& statement, std::size_t at,
                                  const ParameterUse& use, SqlText& sql) {
    sql.AddCopy(std::string_view(statement.text).substr(at, use.begin - at), at);
    const auto found = std::find_if(statement.parameters.begin(), statement.parameters.end(),
                                    [&](const Parameter& p) { return p.name == use.name; });
    const std::string text = found == statement.parameters.end()
                                 ? "$" + use.name
                                 : fmt::format("CAST(${} AS {})", use.name, found->type);
    sql.AddInPlaceOf(text, use.begin, use.end);
    return use.end;
  }

  static Status AddParameters(const std::vector<Parameter>& from, std::vector<Parameter>& to) {
    for (const Parameter& parameter : from) {
      const auto same = std::find_if(to.begin(), to.end(),
                                     [&](const Parameter& p) { return p.name == parameter.name; });
      if (same == to.end()) {
        to.push_back(parameter);
      } else if (same->text != parameter.text || same->type != parameter.type) {
        return Status::Internal(
            fmt::format("parameter ${} has two values in statements that are one", parameter.name));
      }
    }
    return {};
  }

  Result<std::string> Table(const component::Input& input, LoweredStatement& lowered) {
    return std::visit(
        Overloaded{
            [&](const component::EmptyInput& empty) -> Result<std::string> {
              return EmptyTable(empty.columns);
            },
            [&](const component::TableInput& table) -> Result<std::string> {
              return scans_ == nullptr ? EmptyTable(table.manifest.columns) : Stored(table);
            },
            [&](const component::InlinedInput& inlined) { return Inlined(inlined, lowered); },
            [&](const component::ScanInput& scan) { return Scanned(scan.scan); }},
        input);
  }

  static Result<std::string> Stored(const component::TableInput& table) {
    if (!table.manifest.deletes.empty()) {
      return Status::Unsupported("tables with files of removed keys cannot be read yet");
    }
    std::vector<std::string> paths;
    for (const data::DataFile& file : table.manifest.files)
      paths.push_back(JoinPath(table.home, file.path));
    if (table.manifest.rows_exact()) return ReadParquet(paths, table.manifest.columns);
    const auto base = paths.begin() + table.manifest.base_files;
    return ReadUpserted({paths.begin(), base}, {base, paths.end()}, table.manifest.columns,
                        table.manifest.merge_key);
  }

  Result<std::string> Inlined(const component::InlinedInput& inlined, LoweredStatement& lowered) {
    if (++depth_ > kMaxDepth) return Status::Invalid("too many statements inside of one another");
    TW_ASSIGN_OR_RETURN(const LoweredStatement inner, Run(*inlined.statement));
    --depth_;
    TW_RETURN_IF_ERROR(AddParameters(inner.parameters, lowered.parameters));
    // A line end, in case the text ends in a comment.
    return "(" + inner.sql.text() + "\n)";
  }

  Result<std::string> Scanned(const component::Scan& scan) {
    if (scans_ == nullptr) {
      TW_ASSIGN_OR_RETURN(const data::Columns columns, ScanColumns(scan));
      return EmptyTable(columns);
    }
    TW_ASSIGN_OR_RETURN(const std::string sql, scans_->Lower(scan));
    return "(" + sql + ")";
  }

  static constexpr int kMaxDepth = 100;
  ScanLowering* const scans_;
  int depth_ = 0;
};

template <typename TextScan>
Result<data::Columns> TextScanColumns(const TextScan& scan) {
  data::Columns columns;
  for (const component::TextColumn& column : scan.columns) {
    if (column.type.empty()) {
      return Status::Internal(fmt::format("a scan is not complete column={}", column.name));
    }
    columns.push_back({.field_id = 0, .name = column.name, .type = column.type});
  }
  if (!scan.file_name_column.empty()) {
    columns.push_back({.field_id = 0, .name = scan.file_name_column, .type = "varchar"});
  }
  return columns;
}

}  // namespace

Result<LoweredStatement> LowerForBinding(const Statement& statement) {
  return Lowering(nullptr).Run(statement);
}

Result<LoweredStatement> LowerForRun(const Statement& statement, ScanLowering& scans) {
  return Lowering(&scans).Run(statement);
}

Result<data::Columns> ScanColumns(const component::Scan& scan) {
  if (const auto* parquet = std::get_if<component::ParquetScan>(&scan)) return parquet->columns;
  if (const auto* csv = std::get_if<component::CsvScan>(&scan)) return TextScanColumns(*csv);
  return TextScanColumns(std::get<component::JsonScan>(scan));
}

std::string EmptyTable(const data::Columns& columns) {
  std::string list;
  for (const data::Column& column : columns) {
    list += fmt::format("{}CAST(NULL AS {}) AS {}", list.empty() ? "" : ", ", column.type,
                        QuoteIdentifier(column.name));
  }
  return "(SELECT " + list + " WHERE false)";
}

std::string PathLiteral(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      pattern += fmt::format("[{}]", c);
    } else {
      pattern += c;
    }
  }
  return data::QuoteLiteral(pattern);
}

Result<std::string> ReadParquet(const std::vector<std::string>& paths,
                                const data::Columns& columns) {
  if (columns.empty()) return Status::Internal("a table without columns");
  if (paths.empty()) return EmptyTable(columns);
  std::string list;
  for (const std::string& path : paths) list += (list.empty() ? "" : ", ") + PathLiteral(path);
  // A '=' in a directory's name is no column.
  const std::string_view by_name = paths.size() > 1 ? ", union_by_name = true" : "";
  return fmt::format("(SELECT {} FROM read_parquet([{}], hive_partitioning = false{}))",
                     NameList(columns), list, by_name);
}

namespace {

/// DuckDB's own columns say where a row lies; a table's column of the same name would hide them.
Status RefuseHiddenPlaces(const data::Columns& columns) {
  for (const data::Column& column : columns) {
    const std::string name = ToLower(column.name);
    if (name != "file_index" && name != "file_row_number") continue;
    return Status::Unsupported(
               fmt::format("a table with a merge key cannot have a column \"{}\"", column.name))
        .WithHint("give the column another name");
  }
  return {};
}

}  // namespace

Result<std::string> ReadUpserted(const std::vector<std::string>& base,
                                 const std::vector<std::string>& changes,
                                 const data::Columns& columns,
                                 const std::vector<std::string>& merge_key) {
  TW_RETURN_IF_ERROR(RefuseHiddenPlaces(columns));
  std::string key, same;
  for (const std::string& name : merge_key) {
    const std::string quoted = QuoteIdentifier(name);
    key += (key.empty() ? "" : ", ") + quoted;
    same += fmt::format("{}thalweg_change.{} IS NOT DISTINCT FROM thalweg_base.{}",
                        same.empty() ? "" : " AND ", quoted, quoted);
  }
  std::string files;
  for (const std::string& path : changes) files += (files.empty() ? "" : ", ") + PathLiteral(path);
  const std::string read =
      fmt::format("read_parquet([{}], hive_partitioning = false, union_by_name = true)", files);
  // file_index and file_row_number are columns that DuckDB makes.
  const std::string newest = fmt::format(
      "(SELECT {0} FROM {1} QUALIFY row_number() OVER (PARTITION BY {2} ORDER BY file_index DESC, "
      "file_row_number DESC) = 1)",
      NameList(columns), read, key);
  if (base.empty()) return newest;
  TW_ASSIGN_OR_RETURN(const std::string rows, ReadParquet(base, columns));
  // The base goes by row by row; only the keys of the changes are held.
  return fmt::format(
      "(SELECT thalweg_base.* FROM {} AS thalweg_base ANTI JOIN (SELECT DISTINCT {} FROM {}) AS "
      "thalweg_change ON {} UNION ALL SELECT * FROM {})",
      rows, key, read, same, newest);
}

}  // namespace thalweg::engines
