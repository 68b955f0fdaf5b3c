#include "runs/target_paths.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace thalweg::runs {

namespace {

bool IsAtOrBelow(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

class TargetPathCheck {
 public:
  TargetPathCheck(Workspace& workspace, const Plan& plan, Diagnostics& diagnostics)
      : workspace_(workspace), graph_(plan.graph), diagnostics_(diagnostics) {}

  void Check(const GraphNode& node) {
    constexpr std::string_view kFile = "file:";
    const auto& body = std::get<spec::TargetBody>(node.spec->body);
    const auto target = body.options->Make(workspace_.MakeTargetContext(graph_.directory));
    const std::string identity = target->identity();
    if (!identity.starts_with(kFile)) return;
    const std::string path = AbsolutePath(identity.substr(kFile.size()));
    const std::string home = AbsolutePath(workspace_.home().path());
    // While planning the home may be another one than the run's: its usual name counts too.
    if (IsAtOrBelow(path, home) || IsAtOrBelow(home, path) ||
        (path + "/").find("/.thalweg/") != std::string::npos)
      return Report(node, "target-in-home", fmt::format("{} belongs to the home", path));
    if (!inputs_) FindInputs();
    for (const std::string& text : texts_) {
      if (IsAtOrBelow(text, path))
        return Report(node, "target-is-pipeline", fmt::format("{} is the pipeline's text", text));
    }
    for (const auto& [source, read] : *inputs_) {
      if (!IsAtOrBelow(read, path)) continue;
      return Report(
          node, "target-read-by-source",
          fmt::format("source \"{}\" reads {}: what is written would come back", source, read));
    }
  }

 private:
  /// The pipeline's texts, and the files of all its sources, also of those that do not run now.
  void FindInputs() {
    inputs_.emplace();
    const SourceTextRef& pipeline = graph_.pipeline->source;
    texts_.push_back(AbsolutePath(pipeline->name()));
    for (const GraphNode& node : graph_.nodes) {
      if (node.sql) {
        const SourceTextRef text = node.sql->text.value.span().source;
        if (text != nullptr && text != pipeline)  // named as the pipeline names it
          texts_.push_back(AbsolutePath(JoinPath(graph_.directory, text->name())));
      }
      if (node.spec->kind != spec::NodeKind::kSource || node.streams) continue;
      const auto& body = std::get<spec::SourceBody>(node.spec->body);
      const auto source =
          body.options->Make(workspace_.MakeSourceContext(graph_.directory, nullptr));
      const auto splits = source->Discover({});
      if (!splits.ok()) continue;  // said where the source is bound
      for (const component::Split& split : *splits)
        if (split.name.starts_with('/')) inputs_->emplace_back(node.name(), split.name);
    }
  }

  void Report(const GraphNode& node, const std::string& slug, const std::string& why) {
    diagnostics_.Error(slug, fmt::format("node \"{}\" must not write there: {}", node.name(), why),
                       node.spec->name_span, "", "give the target another place");
  }

  Workspace& workspace_;
  const Graph& graph_;
  Diagnostics& diagnostics_;
  std::vector<std::string> texts_;
  std::optional<std::vector<std::pair<std::string, std::string>>> inputs_;  // node, path
};

}  // namespace

void CheckTargetPaths(Workspace& workspace, const Plan& plan, Diagnostics& diagnostics) {
  TargetPathCheck check(workspace, plan, diagnostics);
  for (std::size_t i = 0; i < plan.graph.nodes.size(); ++i) {
    const GraphNode& node = plan.graph.nodes[i];
    const Action action = plan.nodes[i].action;
    if (node.spec->kind == spec::NodeKind::kTarget && action != Action::kSkip &&
        action != Action::kReuse)
      check.Check(node);
  }
}

}  // namespace thalweg::runs
