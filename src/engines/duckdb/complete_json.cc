#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/type_tree.h"
#include "data/types.h"
#include "engines/duckdb/complete_scan.h"
#include "engines/duckdb/text_scan.h"
#include "formats/byte_stream.h"
#include "formats/json_splitter.h"
#include "formats/json_text.h"

namespace thalweg::engines {
namespace {

using component::JsonScan;
using component::TextColumn;
using Json = nlohmann::ordered_json;

constexpr std::size_t kJsonSample = 2 << 20;

/// The first values of a file, one a line.
struct Sample {
  std::string lines;
  bool any = false;
};

void AddValue(std::string_view value, formats::JsonChecker& checker, Sample& sample) {
  // Broken values are for the scan's policy to deal with.
  if (value.find_first_not_of(" \t\r\n") == std::string_view::npos || !checker.IsJson(value))
    return;
  std::string line(value);
  std::ranges::replace(line, '\n', ' ');
  sample.lines += line + "\n";
  sample.any = true;
}

void AddLines(std::string_view text, bool whole, Sample& sample) {
  formats::JsonChecker checker;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && !whole) return;
    AddValue(text.substr(0, end), checker, sample);
    text.remove_prefix(std::min(end == std::string_view::npos ? end : end + 1, text.size()));
  }
}

void AddValues(std::string_view text, bool whole, Sample& sample) {
  formats::JsonChecker checker;
  formats::JsonSplitter splitter(false);
  while (splitter.Find(text, whole) == formats::JsonSplitter::Found::kValue) {
    AddValue(text.substr(splitter.begin(), splitter.size() - splitter.begin()), checker, sample);
    text.remove_prefix(splitter.size());
    splitter.Next();
  }
}

Result<Sample> ReadSample(FileSystem& files, const JsonScan& scan) {
  Sample sample;
  for (std::size_t i = 0; i < scan.paths.size() && !sample.any; ++i) {
    TW_ASSIGN_OR_RETURN(const formats::Compression compression,
                        formats::CompressionOf(scan.compression, scan.paths[i]));
    TW_ASSIGN_OR_RETURN(const auto stream, formats::OpenText(files, scan.paths[i], compression,
                                                             formats::TextEncoding::kUtf8));
    std::string text;
    bool whole = false;
    while (!whole && text.size() < kJsonSample) {
      TW_ASSIGN_OR_RETURN(const bool more, stream->Read(kJsonSample - text.size(), &text));
      whole = !more;
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    scan.lines ? AddLines(text, whole, sample) : AddValues(text, whole, sample);
  }
  return sample;
}

/// A type for what json_structure says; nothing where values have none in common.
std::string TypeOf(const Json& structure) {
  if (structure.is_array() && structure.size() == 1) return TypeOf(structure[0]) + "[]";
  if (structure.is_object() && !structure.empty()) {
    data::TypeTree tree;
    tree.kind = data::TypeKind::kStruct;
    for (const auto& [name, member] : structure.items()) {
      auto type = data::ParseType(TypeOf(member));
      if (!type.ok()) return "json";
      tree.names.push_back(name);
      tree.children.push_back(*std::move(type));
    }
    return data::ToString(tree);
  }
  if (!structure.is_string()) return "json";
  const auto name = structure.get<std::string>();
  if (name == "BOOLEAN") return "boolean";
  if (name == "BIGINT" || name == "UBIGINT" || name == "HUGEINT") return "bigint";
  if (name == "DOUBLE") return "double";
  if (name == "VARCHAR" || name == "NULL") return "varchar";
  return "json";
}

/// Keys of the sample with a type each.
Result<std::vector<TextColumn>> KeysOf(duckdb::Database& database, const Sample& sample) {
  std::string array = "[" + sample.lines;
  std::ranges::replace(array, '\n', ',');
  array.back() = ']';
  TW_ASSIGN_OR_RETURN(const auto connection, database.Connect());
  const std::vector<std::string> parameters = {array};
  TW_ASSIGN_OR_RETURN(
      const auto rows,
      connection->Fetch("SELECT CAST(json_structure(CAST($1 AS JSON)) AS varchar)", parameters));
  const Json structure = Json::parse(rows.at(0).at(0).value_or("null"), nullptr, false);
  std::vector<TextColumn> columns;
  if (!structure.is_array() || structure.size() != 1 || !structure[0].is_object()) return columns;
  for (const auto& [key, type] : structure[0].items())
    columns.push_back({.name = key, .type = TypeOf(type)});
  return columns;
}

/// Columns whose guessed type does not fit every value of the sample become varchar, which takes
/// any.
Status CheckGuesses(JsonScan& scan, const Sample& sample, const std::vector<std::string>& guessed) {
  component::Scan trial(std::in_place_type<JsonScan>, scan);
  JsonScan& lines = std::get<JsonScan>(trial);
  lines.lines = true;
  while (true) {
    TW_ASSIGN_OR_RETURN(const auto decoder, MakeTextDecoder(trial, {}, std::nullopt));
    decoder->Push(sample.lines, true);
    bool changed = false;
    for (auto next = formats::Decoded::Next::kMore; next == formats::Decoded::Next::kMore;) {
      TW_ASSIGN_OR_RETURN(const formats::Decoded decoded, decoder->Decode(Bytes::MiB(1)));
      next = decoded.next;
      for (const formats::BadRow& row : decoded.bad) {
        const auto column = std::ranges::find(lines.columns, row.column, &TextColumn::name);
        if (column == lines.columns.end() || column->type == "varchar") continue;
        if (std::ranges::find(guessed, column->name) == guessed.end()) continue;
        column->type = "varchar";
        changed = true;
      }
    }
    if (!changed) break;
  }
  scan.columns = std::move(lines.columns);
  return {};
}

}  // namespace

Status CompleteJson(FileSystem& files, duckdb::Database& database, JsonScan& scan) {
  TW_ASSIGN_OR_RETURN(const Sample sample, ReadSample(files, scan));
  std::vector<TextColumn> keys;
  if (sample.any) {
    TW_ASSIGN_OR_RETURN(keys, KeysOf(database, sample));
  }
  std::vector<std::string> guessed;
  for (TextColumn& column : scan.columns) {
    if (!column.type.empty()) continue;
    const auto key = std::ranges::find(keys, column.name, &TextColumn::name);
    column.type = key == keys.end() ? "varchar" : key->type;
    guessed.push_back(column.name);
  }
  for (const TextColumn& key : keys) {
    if (scan.only_declared ||
        std::ranges::find(scan.columns, key.name, &TextColumn::name) != scan.columns.end())
      continue;
    scan.columns.push_back(key);
    guessed.push_back(key.name);
  }
  if (scan.columns.empty()) {
    return Status::Invalid(fmt::format("{}: no JSON object was found, and no columns are declared",
                                       scan.paths.empty() ? "no files" : scan.paths.front()))
        .WithSlug("no-columns")
        .WithHint("declare columns, or see that the file holds one JSON object a line");
  }
  TW_RETURN_IF_ERROR(CheckScanTypes(scan.columns));
  return CheckGuesses(scan, sample, guessed);
}

Status CompleteScan(FileSystem& files, duckdb::Database& database, component::Scan& scan) {
  if (auto* csv = std::get_if<component::CsvScan>(&scan)) return CompleteCsv(files, *csv);
  if (auto* json = std::get_if<component::JsonScan>(&scan))
    return CompleteJson(files, database, *json);
  return {};
}

}  // namespace thalweg::engines
