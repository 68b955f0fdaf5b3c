#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "catalog/home.h"
#include "cli/commands/list.h"
#include "cli/cut_off.h"
#include "cli/session.h"
#include "runs/outside_files.h"

namespace thalweg::cli {
namespace {

enum class Health { kGood, kWarn, kBad };

struct Finding {
  Health health = Health::kGood;
  std::string what;    ///< "catalog"
  std::string text;    ///< what was found
  std::string advice;  ///< what to type; empty when good
};

std::string_view NameOf(Health health) {
  return health == Health::kGood ? "ok" : health == Health::kWarn ? "warn" : "bad";
}
Tone ToneOf(Health health) {
  return health == Health::kGood ? Tone::kGood : health == Health::kWarn ? Tone::kWarn : Tone::kBad;
}

Finding FromStatus(std::string what, const Status& status, std::string good) {
  if (status.ok()) return {Health::kGood, std::move(what), std::move(good), ""};
  return {Health::kBad, std::move(what), status.message(), status.hint()};
}

Finding CheckMemory(const Context& context) {
  const Bytes all(static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE));
  const Bytes budget = context.options().memory;
  std::string text =
      fmt::format("budget {}, this machine has {}", FormatBytes(budget), FormatBytes(all));
  if (budget.value * 3 / 2 <= all.value) return {Health::kGood, "memory", std::move(text), ""};
  return {Health::kWarn, "memory", std::move(text),
          "a process may take half more than its budget: use a smaller --memory"};
}

Finding CheckDisk(const std::string& home) {
  struct statvfs facts {};
  if (statvfs(home.c_str(), &facts) != 0)
    return {Health::kBad, "disk", "its free space cannot be read", ""};
  const Bytes free(static_cast<std::int64_t>(facts.f_bavail * facts.f_frsize));
  std::string text = fmt::format("{} free", FormatBytes(free));
  if (free > Bytes::GiB(1)) return {Health::kGood, "disk", std::move(text), ""};
  return {Health::kWarn, "disk", std::move(text),
          "thalweg gc --keep 3 --dry-run shows what could be removed"};
}

Finding CheckEngine(const Context& context, runs::Workspace& workspace) {
  const auto engine = workspace.engine();
  return FromStatus(
      "engine", engine.status(),
      fmt::format("{} {} opens", context.program().engine_name, context.program().engine_version));
}

Result<Finding> CheckFiles(runs::Workspace& workspace) {
  TW_ASSIGN_OR_RETURN(const auto paths, workspace.catalog().ReferencedFiles());
  std::string first;
  std::size_t missing = 0;
  for (const auto& path : paths) {
    if (workspace.files().Stat(workspace.home().Absolute(path)).ok()) continue;
    if (missing++ == 0) first = path;
  }
  if (missing == 0)
    return Finding{Health::kGood, "files",
                   FormatCount(std::ssize(paths), "data file") + ", all there", ""};
  return Finding{
      Health::kBad, "files",
      fmt::format("{} of {} {} missing, such as {}", missing,
                  FormatCount(std::ssize(paths), "data file"), missing == 1 ? "is" : "are", first),
      "restore them from a backup, or run the pipeline with the nodes that made them"};
}

/// The files of sources that the newest good version of a table refers to where they lie, each
/// (path, identity) once. Older versions are no trouble: their files may well have been replaced.
Result<std::vector<data::DataFile>> OutsideFiles(catalog::Catalog& catalog) {
  std::vector<data::DataFile> outside;
  std::set<std::string> seen;  // an identity holds the path
  TW_ASSIGN_OR_RETURN(const auto tables, catalog.Tables());
  for (const auto& table : tables) {
    if (!table.latest.good || table.latest.invalidated) continue;
    for (const auto& file : table.latest.manifest.files) {
      if (file.outside() && seen.insert(file.identity).second) outside.push_back(file);
    }
  }
  return outside;
}

/// None: no such version refers to a file outside the home.
Result<std::optional<Finding>> CheckSources(runs::Workspace& workspace) {
  constexpr std::size_t kNamed = 3;
  TW_ASSIGN_OR_RETURN(const auto outside, OutsideFiles(workspace.catalog()));
  if (outside.empty()) return std::optional<Finding>();
  std::size_t missing = 0, changed = 0;
  std::string names;
  for (const auto& file : outside) {
    TW_ASSIGN_OR_RETURN(const auto state, runs::LookAtOutside(workspace.files(), file));
    if (state == runs::OutsideFile::kSame) continue;
    const bool gone = state == runs::OutsideFile::kMissing;
    ++(gone ? missing : changed);
    if (missing + changed <= kNamed) {
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", file.path,
                           gone ? "missing" : "changed");
    }
  }
  const std::string count = FormatCount(std::ssize(outside), "source file");
  if (missing + changed == 0) {
    return std::optional(
        Finding{Health::kGood, "sources",
                count + (outside.size() == 1 ? ", as it was" : ", all as they were"), ""});
  }
  return std::optional(
      Finding{Health::kWarn, "sources",
              fmt::format("of {}, {} changed and {} missing: {}{}", count, changed, missing, names,
                          missing + changed > kNamed ? ", ..." : ""),
              "tables made of them cannot be read any more; thalweg run reads the files anew"});
}

Result<Finding> CheckRuns(runs::Workspace& workspace) {
  constexpr int kRunsBack = 200;
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(std::nullopt, kRunsBack));
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(const bool cut_off, IsCutOff(workspace, run));
    if (cut_off) {
      return Finding{Health::kWarn, "runs",
                     fmt::format("run {} of {} stopped in the middle", run.number, run.pipeline),
                     fmt::format("thalweg resume {}", run.number)};
    }
  }
  return Finding{Health::kGood, "runs", "none was cut off", ""};
}

Result<std::vector<Finding>> Examine(Context& context) {
  std::vector<Finding> findings{CheckMemory(context)};
  auto session = Session::Open(context, HomeUse::kExistingOrThrowAway);
  if (!session.ok()) {
    findings.push_back(FromStatus("home", session.status(), ""));
    return findings;
  }
  runs::Workspace& workspace = (*session)->workspace();
  findings.push_back(CheckEngine(context, workspace));
  if ((*session)->throw_away()) {
    findings.push_back({Health::kWarn, "home", "there is none here",
                        "thalweg init makes one; --home names one elsewhere"});
    return findings;
  }
  findings.push_back({Health::kGood, "home", workspace.home().path(), ""});
  findings.push_back(CheckDisk(workspace.home().path()));
  findings.push_back(FromStatus("catalog", workspace.catalog().CheckIntegrity(), "whole"));
  TW_ASSIGN_OR_RETURN(auto files, CheckFiles(workspace));
  findings.push_back(std::move(files));
  TW_ASSIGN_OR_RETURN(auto sources, CheckSources(workspace));
  if (sources) findings.push_back(*std::move(sources));
  TW_ASSIGN_OR_RETURN(auto runs, CheckRuns(workspace));
  findings.push_back(std::move(runs));
  return findings;
}

Result<ExitCode> Doctor(Context& context) {
  TW_ASSIGN_OR_RETURN(const auto findings, Examine(context));
  const bool bad = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.health == Health::kBad;
  });
  const Program& program = context.program();
  if (context.json()) {
    Json document = NewDocument();
    document["version"] = program.version;
    document["good"] = !bad;
    document["findings"] = Json::array();
    for (const auto& finding : findings) {
      Json entry{
          {"what", finding.what}, {"health", NameOf(finding.health)}, {"text", finding.text}};
      if (!finding.advice.empty()) entry["advice"] = finding.advice;
      document["findings"].push_back(std::move(entry));
    }
    context.Print(document);
    return bad ? ExitCode::kFailed : ExitCode::kOk;
  }
  const bool color = context.console().out().color;
  context.Out(fmt::format("thalweg {}\n", program.version));
  for (const auto& finding : findings) {
    context.Out(fmt::format(
        "{} {:<8} {}\n",
        Paint(ToneOf(finding.health), fmt::format("{:<5}", NameOf(finding.health)), color),
        finding.what, finding.text));
    if (!finding.advice.empty()) context.Out(fmt::format("               {}\n", finding.advice));
  }
  return bad ? ExitCode::kFailed : ExitCode::kOk;
}

}  // namespace

Command DoctorCommand() {
  return {.name = "doctor",
          .group = kHomeGroup,
          .summary = "Check the home and this machine",
          .usage = "",
          .details =
              "Looks at the catalog, the data files, the source files that the newest versions "
              "refer to, cut-off runs, free space,\n"
              "memory and the engine. Changes nothing.",
          .example = "thalweg doctor",
          .forms = {"text", "json"},
          .build = [](CLI::App&) -> Action { return Doctor; }};
}

}  // namespace thalweg::cli
