#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/list.h"
#include "cli/pipeline_file.h"
#include "cli/session.h"
#include "runs/test_run.h"

namespace thalweg::cli {
namespace {

/// More lines of a difference tell a reader nothing.
constexpr std::size_t kMostDifferences = 40;

std::string Rows(std::int64_t count, std::string_view what) {
  return fmt::format("{} {} {}", count, count == 1 ? "row" : "rows", what);
}

void PrintText(const Context& context, const std::string& name, const runs::TestOutcome& outcome) {
  const bool color = context.console().out().color;
  context.Out(fmt::format(
      "{}  {}\n",
      outcome.passed() ? Paint(Tone::kGood, "ok    ", color) : Paint(Tone::kBad, "FAILED", color),
      name));
  if (!outcome.error.empty()) context.Out(fmt::format("  {}\n", outcome.error));
  for (const auto& table : outcome.tables) {
    const auto& difference = table.difference;
    std::string counts;
    if (difference.missing > 0) counts = Rows(difference.missing, "missing (-)");
    if (difference.unexpected > 0) {
      counts += (counts.empty() ? "" : ", ") + Rows(difference.unexpected, "unexpected (+)");
    }
    context.Out(fmt::format("  {}: {}\n", table.name, counts));
    for (std::size_t i = 0; i < std::min(difference.lines.size(), kMostDifferences); ++i) {
      const std::string& line = difference.lines[i];
      const Tone tone = line.front() == '-'   ? Tone::kBad
                        : line.front() == '+' ? Tone::kGood
                                              : Tone::kDim;
      context.Out(fmt::format("    {}\n", Paint(tone, line, color)));
    }
    if (difference.lines.size() > kMostDifferences) {
      context.Out(fmt::format("    … and {} more; all of them: -o json\n",
                              difference.lines.size() - kMostDifferences));
    }
  }
}

Json ToJson(const std::string& name, const runs::TestOutcome& outcome) {
  Json test;
  test["name"] = name;
  test["passed"] = outcome.passed();
  if (!outcome.error.empty()) test["error"] = outcome.error;
  test["tables"] = Json::array();
  for (const auto& table : outcome.tables) {
    Json entry;
    entry["table"] = table.name;
    entry["missing"] = table.difference.missing;
    entry["unexpected"] = table.difference.unexpected;
    entry["difference"] = table.difference.lines;
    test["tables"].push_back(std::move(entry));
  }
  return test;
}

/// Those of the file, or of them the ones that were named.
Result<std::vector<std::string>> ChooseTests(Context& context, const runs::RunRequest& request) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kThrowAway));
  std::vector<std::string> all;
  for (const auto& test : runs::TestsOf(session->workspace(), request)) all.push_back(test.name);
  if (request.selection.empty()) return all;
  for (const auto& name : request.selection) {
    if (std::find(all.begin(), all.end(), name) != all.end()) continue;
    const std::string near = Nearest(name, all);
    return Status::NotFound(fmt::format("{} has no test \"{}\"", request.file, name))
        .WithSlug("unknown-test")
        .WithHint(near.empty() ? fmt::format("its tests: {}", fmt::join(all, ", "))
                               : fmt::format("did you mean \"{}\"?", near));
  }
  return request.selection;
}

/// A file without tests may still be wrong.
Result<ExitCode> NoTests(Context& context, const runs::RunRequest& request,
                         const std::vector<std::string>& words) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kThrowAway));
  Diagnostics diagnostics;
  const auto graph = runs::LoadGraph(session->workspace(), request, std::nullopt, diagnostics);
  if (diagnostics.has_errors()) {
    return context.Fail(diagnostics, AfterMending(context, "test", words, diagnostics),
                        ExitCode::kInvalidFile);
  }
  TW_RETURN_IF_ERROR(graph.status());
  return Status::NotFound(fmt::format("{} holds no tests", request.file))
      .WithSlug("no-tests")
      .WithHint("add the key tests: thalweg describe tests");
}

Result<ExitCode> Test(Context& context, const std::vector<std::string>& words) {
  auto request = ChoosePipeline(context, words);
  if (!request.ok()) return context.Fail(request.status(), ExitCode::kInvalidFile);
  const std::stop_token stop = context.StopOnInterrupt();
  TW_ASSIGN_OR_RETURN(const auto names, ChooseTests(context, *request));
  if (names.empty()) return NoTests(context, *request, words);

  Json document = NewDocument();
  document["file"] = request->file;
  document["tests"] = Json::array();
  std::size_t failed = 0;
  for (const auto& name : names) {
    TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kThrowAway));
    Diagnostics diagnostics;
    const auto outcome =
        runs::RunPipelineTest(session->workspace(), *request, name, stop, diagnostics);
    if (diagnostics.has_errors()) {
      return context.Fail(diagnostics, AfterMending(context, "test", words, diagnostics),
                          ExitCode::kInvalidFile);
    }
    TW_RETURN_IF_ERROR(outcome.status());
    failed += outcome->passed() ? 0 : 1;
    if (context.json()) {
      document["tests"].push_back(ToJson(name, *outcome));
    } else {
      PrintText(context, name, *outcome);
    }
  }
  document["failed"] = failed;
  if (context.json()) context.Print(document);
  context.Say(fmt::format("{} {}, {}\n", names.size(), names.size() == 1 ? "test" : "tests",
                          failed == 0 ? "all passed" : fmt::format("{} failed", failed)));
  return failed == 0 ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

Command TestCommand() {
  return {.name = "test",
          .group = kWriteGroup,
          .summary = "Run the tests of a pipeline file",
          .usage = "[FILE] [NAME...]",
          .details =
              "A test gives rows for some nodes and names the rows that others must make of them; "
              "see \"tests\" in\n"
              "docs/specs/pipeline.md. Streams run on a clock that only the test moves. Nothing of "
              "the home is used, no source is\n"
              "read for its rows and no target written. Ends with 1 when a test fails.",
          .example = "thalweg test shop.yaml\nthalweg test shop.yaml late_rows_are_dropped",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto words = std::make_shared<std::vector<std::string>>();
            parser.add_option("FILE", *words, "The pipeline file, then names of its tests")
                ->expected(0, -1);
            return [words](Context& context) { return Test(context, *words); };
          }};
}

}  // namespace thalweg::cli
