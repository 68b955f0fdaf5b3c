#include "component/testing/csv_cases.h"

#include <nlohmann/json.hpp>

#include "base/file_system.h"

namespace thalweg::component {
namespace {

using nlohmann::json;

constexpr std::string_view kEnding = ".csv";

std::optional<std::string> Text(const json& scan, const char* key, const char* otherwise) {
  return scan.value(key, std::string(otherwise));
}

CsvScan ReadScan(const json& in, std::string path) {
  CsvScan scan;
  scan.paths = {std::move(path)};
  scan.delimiter = Text(in, "delimiter", ",");
  scan.quote = Text(in, "quote", "\"");
  scan.escape = Text(in, "escape", "\"");
  scan.header = in.value("header", true);
  scan.skip = in.value("skip", std::int64_t{0});
  scan.nulls = in.value("nulls", scan.nulls);
  scan.date_format = in.value("date_format", "");
  scan.timestamp_format = in.value("timestamp_format", "");
  scan.only_declared = in.value("only_declared", false);
  scan.rejects.bad_rows = BadRows::kQuarantine;
  for (const json& column : in.at("columns")) {
    TextColumn one{.name = column.at("name"), .type = column.at("type")};
    one.position = column.value("position", 0);
    if (column.contains("default")) one.default_value = column.at("default").get<std::string>();
    scan.columns.push_back(std::move(one));
  }
  return scan;
}

CsvCase ReadCase(const std::string& directory, const std::string& name) {
  const std::string path = AbsolutePath(JoinPath(directory, name + std::string(kEnding)));
  const auto text = ReadFile(LocalFileSystem(), JoinPath(directory, name + ".json"));
  const json in = json::parse(text.value());
  CsvCase one{.name = name, .scan = ReadScan(in.at("scan"), path)};
  for (const json& row : in.at("rows")) one.rows.push_back(row.get<std::string>());
  for (const json& bad : in.at("bad")) one.bad.push_back({bad.at("line"), bad.value("column", "")});
  return one;
}

}  // namespace

std::vector<CsvCase> LoadCsvCases(const std::string& directory) {
  std::vector<CsvCase> cases;
  const auto names = LocalFileSystem().List(directory);
  for (const std::string& name : names.value()) {
    if (name.ends_with(kEnding))
      cases.push_back(ReadCase(directory, name.substr(0, name.size() - kEnding.size())));
  }
  TW_CHECK(!cases.empty());
  return cases;
}

}  // namespace thalweg::component
