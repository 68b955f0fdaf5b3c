#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands/list.h"
#include "cli/session.h"
#include "runs/gate.h"

namespace thalweg::cli {
namespace {

struct RejectOptions {
  std::string gate, comment;
};

Result<ExitCode> Reject(Context& context, const RejectOptions& options) {
  TW_ASSIGN_OR_RETURN(const auto session, Session::Open(context, HomeUse::kExisting));
  runs::Workspace& workspace = session->workspace();
  TW_ASSIGN_OR_RETURN(const auto evidence, runs::WaitingEvidence(workspace, options.gate));
  TW_ASSIGN_OR_RETURN(
      const auto signature,
      runs::Sign(workspace, evidence, catalog::Decision::kRejected, options.comment));
  if (context.json()) {
    Json document = NewDocument();
    document["gate"] = evidence.gate;
    document["decision"] = "rejected";
    document["signature"] = signature.id.str();
    document["run"] = evidence.run_number;
    context.Print(document);
    return ExitCode::kOk;
  }
  context.Say(
      fmt::format("rejected {}: run {} has failed; nothing below the gate runs on this data\n",
                  evidence.gate, evidence.run_number));
  context.SayNext("change the data or the file, then: thalweg run");
  return ExitCode::kOk;
}

}  // namespace

Command RejectCommand() {
  return {.name = "reject",
          .group = kRunGroup,
          .summary = "Refuse the data at a gate; the run fails",
          .usage = "GATE --comment TEXT",
          .details =
              "What lies below the gate does not run on this data, now or later. GATE may be "
              "written pipeline.gate.",
          .example = "thalweg reject approved --comment \"half of the rows are missing\"",
          .forms = {"text", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto options = std::make_shared<RejectOptions>();
            parser.add_option("GATE", options->gate, "Name of the gate")->required();
            parser.add_option("--comment", options->comment, "Why; kept with the decision")
                ->type_name("TEXT")
                ->required();
            return [options](Context& context) { return Reject(context, *options); };
          }};
}

}  // namespace thalweg::cli
