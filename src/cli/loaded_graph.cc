#include "cli/loaded_graph.h"

#include <algorithm>
#include <utility>

#include "cli/pipeline_file.h"

namespace thalweg::cli {

Result<std::optional<ExitCode>> Load(Context& context, const std::vector<std::string>& words,
                                     LoadedGraph* loaded) {
  auto request = ChoosePipeline(context, words);
  if (!request.ok()) return std::optional(context.Fail(request.status(), ExitCode::kInvalidFile));
  loaded->request = *std::move(request);
  TW_ASSIGN_OR_RETURN(loaded->session, Session::Open(context, HomeUse::kExistingOrThrowAway));
  auto graph = runs::LoadGraph(loaded->session->workspace(), loaded->request, std::nullopt,
                               loaded->diagnostics);
  if (loaded->diagnostics.has_errors()) {
    return std::optional(
        context.Fail(loaded->diagnostics,
                     AfterMending(context, context.command().name, words, loaded->diagnostics),
                     ExitCode::kInvalidFile));
  }
  TW_RETURN_IF_ERROR(graph.status());
  loaded->graph = *std::move(graph);
  return std::optional<ExitCode>();
}

ExitCode ExitForMistakes(const Diagnostics& mistakes) {
  const bool only_data = std::ranges::all_of(mistakes.all(), [](const Diagnostic& mistake) {
    return mistake.severity != Severity::kError || mistake.code == Code::kNotFound ||
           mistake.code == Code::kIo || mistake.code == Code::kCorrupt;
  });
  return only_data ? ExitCode::kFailed : ExitCode::kInvalidFile;
}

ExitCode ExitForPlanning(const Context& context, const Status& error) {
  if (error.code() == Code::kCancelled) return context.InterruptedOr(ExitCode::kInterrupted);
  const bool data = error.code() == Code::kNotFound && error.slug() != "unknown-selection" &&
                    error.slug() != "unknown-run";
  return data ? ExitCode::kFailed : ExitFor(error);
}

}  // namespace thalweg::cli
