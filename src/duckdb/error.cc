#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <duckdb.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/diagnostic.h"
#include "duckdb/database.h"

namespace thalweg::duckdb {
namespace {

/// One entry per error type that a statement of a user can meet; the rest is ours.
struct Kind {
  duckdb_error_type type;
  std::string_view name;  ///< as DuckDB writes it: "<name> Error: ..." and in "exception_type"
  Code code;
  Fault fault;
  std::string_view slug;
};

constexpr std::array kKinds = {
    Kind{DUCKDB_ERROR_PARSER, "Parser", Code::kInvalid, Fault::kUser, "syntax-error"},
    Kind{DUCKDB_ERROR_SYNTAX, "Syntax", Code::kInvalid, Fault::kUser, "syntax-error"},
    Kind{DUCKDB_ERROR_BINDER, "Binder", Code::kInvalid, Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_CATALOG, "Catalog", Code::kInvalid, Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_PLANNER, "Planner", Code::kInvalid, Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_EXPRESSION, "Expression", Code::kInvalid, Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_INVALID_INPUT, "Invalid Input", Code::kInvalid, Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_CONSTRAINT, "Constraint", Code::kInvalid, Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_CONVERSION, "Conversion", Code::kInvalid, Fault::kUser, "conversion-failed"},
    Kind{DUCKDB_ERROR_INVALID_TYPE, "Invalid type", Code::kInvalid, Fault::kUser, "type-mismatch"},
    Kind{DUCKDB_ERROR_MISMATCH_TYPE, "Mismatch Type", Code::kInvalid, Fault::kUser,
         "type-mismatch"},
    Kind{DUCKDB_ERROR_OUT_OF_RANGE, "Out of Range", Code::kInvalid, Fault::kUser, "out-of-range"},
    Kind{DUCKDB_ERROR_DECIMAL, "Decimal", Code::kInvalid, Fault::kUser, "out-of-range"},
    Kind{DUCKDB_ERROR_DIVIDE_BY_ZERO, "Divide by Zero", Code::kInvalid, Fault::kUser,
         "division-by-zero"},
    Kind{DUCKDB_ERROR_OBJECT_SIZE, "Object Size", Code::kInvalid, Fault::kUser, "out-of-range"},
    Kind{DUCKDB_ERROR_PARAMETER_NOT_RESOLVED, "Parameter Not Resolved", Code::kInvalid,
         Fault::kUser, "sql-error"},
    Kind{DUCKDB_ERROR_PARAMETER_NOT_ALLOWED, "Parameter Not Allowed", Code::kInvalid, Fault::kUser,
         "sql-error"},
    Kind{DUCKDB_ERROR_NOT_IMPLEMENTED, "Not implemented", Code::kUnsupported, Fault::kUser,
         "unsupported"},
    Kind{DUCKDB_ERROR_MISSING_EXTENSION, "Missing Extension", Code::kUnsupported, Fault::kUser,
         "unsupported"},
    Kind{DUCKDB_ERROR_AUTOLOAD, "Extension Autoloading", Code::kUnsupported, Fault::kUser,
         "unsupported"},
    Kind{DUCKDB_ERROR_PERMISSION, "Permission", Code::kRefused, Fault::kUser, "refused"},
    Kind{DUCKDB_ERROR_IO, "IO", Code::kIo, Fault::kExternal, "io"},
    Kind{DUCKDB_ERROR_SERIALIZATION, "Serialization", Code::kCorrupt, Fault::kExternal, "corrupt"},
    Kind{DUCKDB_ERROR_OUT_OF_MEMORY, "Out of Memory", Code::kOutOfMemory, Fault::kResource,
         "out-of-memory"},
    Kind{DUCKDB_ERROR_INTERRUPT, "INTERRUPT", Code::kCancelled, Fault::kUser, "cancelled"},
};
constexpr Kind kOurs{DUCKDB_ERROR_INTERNAL, "INTERNAL", Code::kInternal, Fault::kBug, "internal"};

/// What can be read out of a message: with errors_as_json one JSON object, for some errors behind a
/// "... Error: ".
struct Report {
  std::string type, text, subtype, name, object;
  std::vector<std::string> candidates;
  std::optional<int> position;
};

std::string Field(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> Split(std::string_view list, std::string_view separator) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    if (end > 0) parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + separator.size(), list.size()));
  }
  return parts;
}

Report ReadReport(std::string_view message) {
  Report report;
  const std::size_t brace = message.find("{\"exception_type\"");
  if (brace != std::string_view::npos) {
    const auto json = nlohmann::json::parse(message.substr(brace), nullptr, false);
    if (json.is_object()) {
      report.type = Field(json, "exception_type");
      report.text = Field(json, "exception_message");
      report.subtype = Field(json, "error_subtype");
      report.name = Field(json, "name");
      report.object = Field(json, "type");
      report.candidates = Split(Field(json, "candidates"), ",");
      if (const std::string at = Field(json, "position"); !at.empty())
        report.position = std::stoi(at);
      return report;
    }
  }
  report.text = std::string(message);
  if (const std::size_t colon = message.find(" Error: ");
      colon != std::string_view::npos && colon < 24) {
    report.type = std::string(message.substr(0, colon));
    report.text = std::string(message.substr(colon + 8));
  }
  return report;
}

const Kind& KindOf(int type, std::string_view name) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) {
    return name.empty() ? kind.type == type : kind.name == name;
  });
  return found == kKinds.end() ? kOurs : *found;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix);
}
bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The slug where the error type alone says too little.
std::string_view SlugOf(const Kind& kind, const Report& report) {
  const std::string_view text = report.text;
  if (kind.type == DUCKDB_ERROR_BINDER) {
    if (report.subtype == "COLUMN_NOT_FOUND" || Contains(text, "does not have a column named") ||
        Contains(text, "list not found in FROM clause") ||
        Contains(text, "does not exist on left side of join") ||
        Contains(text, "does not exist on right side of join")) {
      return "unknown-column";
    }
    if (StartsWith(text, "Referenced table ")) return "unknown-table";
    if (report.subtype == "NO_MATCHING_FUNCTION" || StartsWith(text, "Could not choose a best") ||
        StartsWith(text, "Cannot compare values") || StartsWith(text, "Cannot mix values") ||
        StartsWith(text, "Cannot combine types") || StartsWith(text, "No function matches")) {
      return "type-mismatch";
    }
    if (StartsWith(text, "Ambiguous reference")) return "ambiguous-column";
  }
  if (kind.type == DUCKDB_ERROR_CATALOG && report.subtype == "MISSING_ENTRY") {
    if (report.object == "Table") return "unknown-table";
    if (report.object == "Type") return "unknown-type";
    if (report.object.ends_with("Function")) return "unknown-function";
  }
  if (kind.type == DUCKDB_ERROR_INVALID_INPUT && StartsWith(text, "Could not parse string")) {
    return "conversion-failed";
  }
  return kind.slug;
}

/// "Candidate bindings: "a", "b"" and "Candidate tables: ..." name what there is, also where no
/// list is given apart.
std::vector<std::string> QuotedNames(std::string_view text) {
  std::vector<std::string> names;
  const std::size_t start = text.find("Candidate ");
  if (start == std::string_view::npos) return names;
  const std::vector<std::string> parts = Split(text.substr(text.find(':', start) + 1), "\"");
  for (std::size_t i = 1; i < parts.size(); i += 2) names.push_back(parts[i]);
  return names;
}

std::string FirstQuoted(std::string_view text) {
  const std::size_t begin = text.find('"');
  const std::size_t end = begin == std::string_view::npos ? begin : text.find('"', begin + 1);
  return end == std::string_view::npos ? "" : std::string(text.substr(begin + 1, end - begin - 1));
}

std::string HintOf(std::string_view slug, const Report& report) {
  if (slug == "type-mismatch" && !report.candidates.empty()) {
    std::string hint = "it takes ";
    const std::size_t shown = std::min<std::size_t>(report.candidates.size(), 5);
    for (std::size_t i = 0; i < shown; ++i) {
      hint += (i == 0 ? "" : ", ") + report.candidates[i];
    }
    return hint + (shown < report.candidates.size() ? " ...; add a CAST" : "; add a CAST");
  }
  if (slug == "unknown-column" || slug == "unknown-table" || slug == "unknown-function" ||
      slug == "unknown-type") {
    const std::vector<std::string> candidates =
        report.candidates.empty() ? QuotedNames(report.text) : report.candidates;
    const std::string name = report.name.empty() ? FirstQuoted(report.text) : report.name;
    const std::string nearest = Nearest(name, candidates);
    if (!nearest.empty()) return fmt::format("did you mean \"{}\"?", nearest);
    if (slug == "unknown-column" && !candidates.empty()) {
      return fmt::format("there is {}", fmt::join(candidates, ", "));
    }
  }
  return {};
}

/// One line; without what the hint says or what would send the user to a setting that is not
/// theirs.
std::string MessageOf(const Report& report) {
  std::string_view text = report.text;
  for (const std::string_view tail :
       {"\nCandidate", "\n\nCandidate", "\nDid you mean", "\n\tCandidate", "\n\nUse \"SET ",
        "\nThis limit was set by", "\nPossible solutions", "\nLINE 1:", "\n\nLINE 1:"}) {
    text = text.substr(0, text.find(tail));
  }
  std::string line;
  // What the database calls an alias; its user wrote no VALUES.
  if (constexpr std::string_view list = "Values list "; text.starts_with(list)) {
    text.remove_prefix(list.size());
    line = "table ";
  }
  for (const char c : text) {
    if (c == '\n' || c == '\t' || c == '\r') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += c;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line.empty() ? "the database gave no reason" : line;
}

/// Types of error that hide a more telling one in their text.
Status Refine(const Kind& kind, const Report& report, Status status) {
  const std::string_view text = report.text;
  const bool disk_full = Contains(text, "No space left on device") ||
                         Contains(text, "Disk quota") || Contains(text, "max_temp_directory_size");
  if ((kind.type == DUCKDB_ERROR_IO || kind.type == DUCKDB_ERROR_OUT_OF_MEMORY) && disk_full) {
    return Status(Code::kDiskFull, Fault::kResource, status.message());
  }
  if (kind.type == DUCKDB_ERROR_IO && (Contains(text, "No files found that match") ||
                                       Contains(text, "No such file or directory"))) {
    return Status(Code::kNotFound, Fault::kUser, status.message());
  }
  const bool parquet = Contains(text, "magic bytes") || Contains(text, "too small to be a Parquet");
  if (parquet) return Status(Code::kCorrupt, Fault::kExternal, status.message());
  return status.WithSlug(std::string(SlugOf(kind, report)));
}

}  // namespace

Status FromDuckDbError(int error_type, std::string_view message) {
  const Report report = ReadReport(message);
  const Kind& kind = KindOf(error_type, report.type);
  Status status = Refine(kind, report, Status(kind.code, kind.fault, MessageOf(report)));
  if (const std::string hint = HintOf(status.slug(), report); !hint.empty()) {
    status = status.WithHint(hint);
  }
  if (report.position)
    status = status.WithPlace({.file = "", .line = 1, .column = *report.position + 1});
  return status;
}

}  // namespace thalweg::duckdb
