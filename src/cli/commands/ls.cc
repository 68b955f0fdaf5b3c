#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/commands/list.h"
#include "cli/names.h"
#include "cli/session.h"
#include "cli/table_printer.h"

namespace thalweg::cli {
namespace {

constexpr int kMostVersions = 50;

std::string Remarks(const catalog::VersionRecord& version) {
  if (!version.good) return "a check failed";
  return version.invalidated ? "invalidated" : "";
}

Json ToJson(const catalog::VersionRecord& version) {
  Json entry{{"version", version.number},
             {"run", version.run_number},
             {"rows", version.manifest.rows},
             {"bytes", version.manifest.bytes.value},
             {"created", FormatInstant(version.created)},
             {"good", version.good && !version.invalidated}};
  if (!version.manifest.rows_exact()) entry["rows_at_most"] = true;
  entry["columns"] = Json::array();
  for (const auto& column : version.manifest.columns)
    entry["columns"].push_back({{"name", column.name}, {"type", column.type}});
  return entry;
}

Result<ExitCode> ListTables(const Context& context, catalog::Catalog& catalog) {
  TW_ASSIGN_OR_RETURN(const auto tables, catalog.Tables());
  if (context.json()) {
    Json document = NewDocument();
    document["tables"] = Json::array();
    for (const auto& table : tables) {
      document["tables"].push_back({{"pipeline", table.pipeline},
                                    {"table", table.table},
                                    {"versions", table.versions},
                                    {"latest", ToJson(table.latest)}});
    }
    context.Print(document);
    return ExitCode::kOk;
  }
  if (tables.empty()) {
    context.Say("there are no tables yet\n");
    context.SayNext("thalweg run");
    return ExitCode::kOk;
  }
  TablePrinter printer = ListOn(context.console(), {{"table"},
                                                    {"version", true},
                                                    {"rows", true},
                                                    {"size", true},
                                                    {"run", true},
                                                    {"created"},
                                                    {""}});
  for (const auto& table : tables) {
    const auto& latest = table.latest;
    printer.Add({table.pipeline + "." + table.table, std::to_string(latest.number),
                 RowCount(latest.manifest), FormatBytes(latest.manifest.bytes),
                 std::to_string(latest.run_number), ShortInstant(latest.created), Remarks(latest)});
  }
  printer.Finish();
  context.SayNext(
      fmt::format("thalweg query \"FROM {}.{}\"", tables.back().pipeline, tables.back().table));
  return ExitCode::kOk;
}

Result<ExitCode> ListVersions(const Context& context, catalog::Catalog& catalog,
                              const std::string& name) {
  TW_ASSIGN_OR_RETURN(const auto table, FindTable(catalog, name));
  TW_ASSIGN_OR_RETURN(const auto versions,
                      catalog.Versions(table.pipeline, table.table, kMostVersions));
  if (context.json()) {
    Json document = NewDocument();
    document["pipeline"] = table.pipeline;
    document["table"] = table.table;
    document["versions"] = Json::array();
    for (const auto& version : versions) document["versions"].push_back(ToJson(version));
    context.Print(document);
    return ExitCode::kOk;
  }
  TablePrinter printer = ListOn(context.console(), {{"version", true},
                                                    {"rows", true},
                                                    {"size", true},
                                                    {"files", true},
                                                    {"run", true},
                                                    {"created"},
                                                    {""}});
  for (const auto& version : versions) {
    printer.Add({std::to_string(version.number), RowCount(version.manifest),
                 FormatBytes(version.manifest.bytes), std::to_string(version.manifest.files.size()),
                 std::to_string(version.run_number), ShortInstant(version.created),
                 Remarks(version)});
  }
  printer.Finish(table.versions > kMostVersions
                     ? fmt::format("the newest {} of {}", kMostVersions, table.versions)
                     : "");
  context.SayNext(fmt::format("thalweg query \"FROM {}.{} AT (VERSION => {})\"", table.pipeline,
                              table.table, table.latest.number));
  return ExitCode::kOk;
}

Result<ExitCode> Ls(Context& context, const std::string& name) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  catalog::Catalog& catalog = session->workspace().catalog();
  return name.empty() ? ListTables(context, catalog) : ListVersions(context, catalog, name);
}

}  // namespace

Command LsCommand() {
  return {.name = "ls",
          .group = kLookGroup,
          .summary = "List tables, or the versions of one",
          .usage = "[TABLE]",
          .details = "",
          .example = "thalweg ls\nthalweg ls shop.sales",
          .forms = {"table", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto name = std::make_shared<std::string>();
            parser.add_option("TABLE", *name, "A table: name or pipeline.name");
            return [name](Context& context) { return Ls(context, *name); };
          }};
}

}  // namespace thalweg::cli
