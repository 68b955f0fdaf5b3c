#include <algorithm>
#include <memory>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/ysb.h"
#include "runs/executor.h"
#include "runs/query.h"

namespace thalweg::cli {
namespace {

struct BenchOptions {
  std::string what, keep;
  YsbOptions ysb;
};

/// Wrong windows that are printed.
constexpr std::size_t kShown = 10;

struct Measured {
  double wall = 0, cpu = 0;  // seconds
  std::int64_t rejected = 0;
  std::vector<std::string> wrong;
};

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

Result<std::vector<data::Batch>> ReadResult(runs::Workspace& workspace) {
  Diagnostics diagnostics;
  TW_ASSIGN_OR_RETURN(const auto query,
                      runs::Query(workspace, std::string(Ysb::kResult), "ysb", {}, diagnostics));
  std::vector<data::Batch> batches;
  while (true) {
    TW_ASSIGN_OR_RETURN(data::Batch batch, query.rows->Next());
    if (!batch) return batches;
    batches.push_back(std::move(batch));
  }
}

Result<Measured> Measure(Context& context, Session& session, const Ysb& ysb) {
  Measured measured;
  Progress progress(
      context.console(), context.clock(),
      [](const RunId&) {
        return std::vector<std::string>{"campaigns", "events", "views", "tagged", "counts"};
      },
      context.options().quiet || context.json());
  Diagnostics diagnostics;
  const runs::RunRequest request{.file = ysb.file(), .text = ysb.pipeline()};
  const auto cpu = ProcessCpuTime();
  const auto begin = context.clock().Steady();
  const auto outcome =
      runs::Run(session.workspace(), request, progress, context.StopOnInterrupt(), diagnostics);
  measured.wall = Seconds(context.clock().Steady() - begin);
  measured.cpu = Seconds(ProcessCpuTime() - cpu);
  TW_RETURN_IF_ERROR(diagnostics.ToStatus());
  TW_RETURN_IF_ERROR(outcome.status());
  for (const auto& node : outcome->nodes) {
    if (!node.error.empty()) return Status::Internal(node.node + ": " + node.error);
    measured.rejected += std::max<std::int64_t>(node.rejected, 0);
  }
  if (outcome->run.state != catalog::RunState::kDone)
    return Status::Internal("the run of the benchmark did not end");
  TW_RETURN_IF_ERROR(session.Reopen(context));
  TW_ASSIGN_OR_RETURN(const auto result, ReadResult(session.workspace()));
  measured.wrong = Differences(ysb.counts(), result);
  return measured;
}

Json ToDocument(const BenchOptions& options, const Ysb& ysb, const Measured& measured) {
  const auto events = static_cast<double>(options.ysb.events);
  Json document = NewDocument();
  document["bench"] = "ysb";
  document["events"] = options.ysb.events;
  document["bytes"] = ysb.bytes();
  document["views"] = ysb.views();
  document["late"] = ysb.late();
  document["shuffle"] = options.ysb.shuffle;
  document["parallel"] = options.ysb.parallel;
  document["windows"] = ysb.counts().size();
  document["wrong"] = measured.wrong.size();
  document["rejected"] = measured.rejected;
  document["wall_s"] = measured.wall;
  document["cpu_s"] = measured.cpu;
  document["events_per_s"] = events / measured.wall;
  document["events_per_core_s"] = events / measured.cpu;
  return document;
}

std::string ToText(const BenchOptions& options, const Ysb& ysb, const Measured& measured) {
  const auto rate = [&](double seconds) {
    const auto events = static_cast<double>(options.ysb.events);
    return fmt::format(
        "{} events/s, {}/s", FormatCount(static_cast<std::int64_t>(events / seconds)),
        FormatBytes(Bytes(static_cast<std::int64_t>(static_cast<double>(ysb.bytes()) / seconds))));
  };
  std::string text = fmt::format("ysb      {} events, {}, {} views, {} late\n",
                                 FormatCount(options.ysb.events), FormatBytes(Bytes(ysb.bytes())),
                                 FormatCount(ysb.views()), FormatCount(ysb.late()));
  const std::int64_t windows = std::ssize(ysb.counts());
  if (measured.wrong.empty() && measured.rejected == 0) {
    text +=
        fmt::format("counts   all {} windows right, late events included\n", FormatCount(windows));
  } else {
    text += fmt::format("counts   WRONG: {} differences in {} windows, {} events dropped\n",
                        FormatCount(std::ssize(measured.wrong)), FormatCount(windows),
                        FormatCount(measured.rejected));
    for (std::size_t i = 0; i < std::min(kShown, measured.wrong.size()); ++i)
      text += "         " + measured.wrong[i] + "\n";
  }
  text += fmt::format("wall     {:.2f} s, {}\n", measured.wall, rate(measured.wall));
  text += fmt::format("CPU      {:.2f} s, {} and core\n", measured.cpu, rate(measured.cpu));
  return text;
}

Result<ExitCode> Bench(Context& context, const BenchOptions& options) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kThrowAway));
  const std::string directory = options.keep.empty()
                                    ? JoinPath(session->workspace().home().path(), "bench")
                                    : AbsolutePath(options.keep);
  TW_RETURN_IF_ERROR(MakeDirectories(context.files(), directory));
  TW_ASSIGN_OR_RETURN(const Ysb ysb, Ysb::Make(context.files(), directory, options.ysb));
  TW_ASSIGN_OR_RETURN(const Measured measured, Measure(context, *session, ysb));
  if (context.json()) {
    context.Print(ToDocument(options, ysb, measured));
  } else {
    context.Out(ToText(options, ysb, measured));
  }
  const bool right = measured.wrong.empty() && measured.rejected == 0;
  return right ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace

Command BenchCommand() {
  return {
      .name = "bench",
      .group = kProgramGroup,
      .summary = "Measure this machine, and check the result",
      .usage = "ysb",
      .details =
          "ysb: the Yahoo streaming benchmark. Makes events as lines of JSON, reads them with an "
          "ordinary pipeline in a\n"
          "throw-away home, keeps the views, looks up the campaign of each ad, and counts per "
          "campaign in windows of ten\n"
          "seconds. Each count is compared with what was made; exit code 1 when one is wrong.\n"
          "Times are of the run alone, not of making the events.",
      .example = "thalweg bench ysb\nthalweg bench ysb --events 10000000 --shuffle -o json",
      .forms = {"text", "json"},
      .build = [](CLI::App& parser) -> Action {
        auto options = std::make_shared<BenchOptions>();
        parser.add_option("WHAT", options->what, "ysb")->required()->check(CLI::IsMember({"ysb"}));
        parser.add_option("--events", options->ysb.events, "How many; default 2000000")
            ->type_name("N")
            ->check(WholeNumber(1, 1'000'000'000));
        parser.add_flag("--shuffle", options->ysb.shuffle, "Ads in random order, not in turn");
        parser
            .add_option("--parallel", options->ysb.parallel,
                        "Instances of the lookup and of the count; default 1")
            ->type_name("N")
            ->check(WholeNumber(1, 64));
        parser
            .add_option("--keep", options->keep,
                        "Write the events and the pipeline here, and leave them")
            ->type_name("DIR");
        return [options](Context& context) { return Bench(context, *options); };
      }};
}

}  // namespace thalweg::cli
