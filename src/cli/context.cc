#include "cli/context.h"

#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"

namespace thalweg::cli {
namespace {

/// Every error ends with what to do: for those that do not say it themselves.
std::string HintFor(const Status& error, const Command& command) {
  if (error.fault() == Fault::kBug || error.code() == Code::kInternal) {
    return "this is a bug in thalweg; report it with what you typed and the output of: thalweg "
           "doctor";
  }
  switch (error.code()) {
    case Code::kInvalid:
      return fmt::format("thalweg help {}", command.name);
    case Code::kNotFound:
      return "thalweg ls shows the tables, thalweg runs the runs";
    case Code::kConflict:
      return "look at what is going on with: thalweg runs";
    case Code::kDiskFull:
      return "make space, for example with `thalweg gc`, then: thalweg resume";
    case Code::kOutOfMemory:
      return fmt::format("allow more memory: thalweg {} --memory 2GB", command.name);
    case Code::kCancelled:
      return fmt::format("start it again: thalweg {}", command.name);
    default:
      return "check the home with: thalweg doctor";
  }
}

}  // namespace

Context::Context(const Program& program, const Command& command, GlobalOptions options,
                 Console& console)
    : program_(program), command_(command), options_(std::move(options)), console_(console) {}

const component::Registry& Context::registry() {
  if (!registry_) registry_ = std::make_unique<component::Registry>(program_.make_registry());
  return *registry_;
}

void Context::Print(const Json& document) const {
  console_.Out(Dump(document));
}

void Context::Say(std::string_view text) const {
  if (!options_.quiet && !json()) console_.Err(text);
}

void Context::SayNext(std::string_view command) const {
  constexpr std::string_view kProgram = "thalweg ";
  std::string line(command);
  const char* const usual = std::getenv("THALWEG_HOME");
  const bool chosen = !options_.home.empty() && (usual == nullptr || options_.home != usual);
  if (chosen && line.starts_with(kProgram))
    line.insert(kProgram.size(), "--home " + ShellWord(options_.home) + " ");
  Say(Paint(Tone::kDim, "next: ", console_.err().color) + line + "\n");
}

ExitCode Context::Fail(const Status& error, ExitCode code) const {
  const Status shown = error.hint().empty() ? error.WithHint(HintFor(error, command_)) : error;
  if (json()) {
    Json document = NewDocument();
    document["errors"] = Json::array({ToJson(shown)});
    document["exit"] = static_cast<int>(code);
    console_.Err(Dump(document));
  } else {
    console_.Err(Render(shown, console_.err().color));
  }
  return code;
}

ExitCode Context::Fail(const Status& error) const {
  return Fail(error, error.code() == Code::kCancelled ? InterruptedOr(ExitCode::kInterrupted)
                                                      : ExitFor(error));
}

ExitCode Context::Fail(const Diagnostics& diagnostics, const std::string& next,
                       ExitCode code) const {
  if (json()) {
    Json document = NewDocument();
    document["errors"] = Json::array();
    for (const auto& diagnostic : diagnostics.all()) {
      document["errors"].push_back(ToJson(diagnostic));
    }
    document["next"] = next;
    document["exit"] = static_cast<int>(code);
    console_.Err(Dump(document));
    return code;
  }
  for (const auto& diagnostic : diagnostics.all()) {
    console_.Err(Render(diagnostic, console_.err().color));
  }
  console_.Err(fmt::format("{} {}: mend {}, then type: {}\n", diagnostics.errors(),
                           diagnostics.errors() == 1 ? "error" : "errors",
                           diagnostics.errors() == 1 ? "it" : "them", next));
  return code;
}

void Context::Warn(const Diagnostics& diagnostics) const {
  if (json() || options_.quiet) return;
  for (const auto& diagnostic : diagnostics.all()) {
    console_.Err(Render(diagnostic, console_.err().color));
  }
}

std::stop_token Context::StopOnInterrupt() {
  if (!interrupts_) interrupts_ = std::make_unique<Interrupts>();
  return interrupts_->token();
}

ExitCode Context::InterruptedOr(ExitCode code) const {
  if (!interrupts_ || interrupts_->signal() == 0) return code;
  return interrupts_->signal() == SIGTERM ? ExitCode::kTerminated : ExitCode::kInterrupted;
}

}  // namespace thalweg::cli
