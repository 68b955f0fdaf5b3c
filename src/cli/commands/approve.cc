#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/commands/list.h"
#include "cli/run_report.h"
#include "cli/session.h"
#include "runs/gate.h"

namespace thalweg::cli {
namespace {

struct ApproveOptions {
  std::string gate, comment;
  bool resume = false;
};

Result<ExitCode> Approve(Context& context, const ApproveOptions& options) {
  if (options.resume) (void)context.StopOnInterrupt();
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  runs::Workspace& workspace = session->workspace();
  TW_ASSIGN_OR_RETURN(const auto evidence, runs::WaitingEvidence(workspace, options.gate));
  TW_ASSIGN_OR_RETURN(
      const auto signature,
      runs::Sign(workspace, evidence, catalog::Decision::kApproved, options.comment));
  context.Say(fmt::format("signed version {} of {} at gate {}, {} rows, as {}\n",
                          evidence.input_number, evidence.input_table, evidence.gate,
                          FormatCount(evidence.rows), signature.actor));
  const std::int64_t number = evidence.run_number;
  if (options.resume) return ResumeAndReport(context, workspace, number);
  if (context.json()) {
    Json document = NewDocument();
    document["gate"] = evidence.gate;
    document["decision"] = "approved";
    document["signature"] = signature.id.str();
    document["run"] = number;
    context.Print(document);
  }
  context.SayNext(fmt::format("thalweg resume {}", number));
  return ExitCode::kOk;
}

}  // namespace

Command ApproveCommand() {
  return {.name = "approve",
          .group = kRunGroup,
          .summary = "Sign the data at a gate that a run waits at",
          .usage = "GATE",
          .details =
              "The signature covers the rows that were shown: other data needs another one. GATE "
              "may be written pipeline.gate.",
          .example =
              "thalweg approve approved --resume\nthalweg approve approved --comment \"totals "
              "match the ledger\"",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto options = std::make_shared<ApproveOptions>();
            parser.add_option("GATE", options->gate, "Name of the gate")->required();
            parser.add_option("--comment", options->comment, "Why; kept with the signature")
                ->type_name("TEXT");
            parser.add_flag("--resume", options->resume, "Go on with the run at once");
            return [options](Context& context) { return Approve(context, *options); };
          }};
}

}  // namespace thalweg::cli
