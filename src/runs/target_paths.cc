#include "runs/target_paths.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace thalweg::runs {

namespace {

bool IsAtOrBelow(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::vector<std::string> PathsOf(const component::Scan& scan) {
  if (const auto* parquet = std::get_if<component::ParquetScan>(&scan)) {
    std::vector<std::string> paths;
    for (const auto& file : parquet->files) paths.push_back(file.path);
    return paths;
  }
  const auto* csv = std::get_if<component::CsvScan>(&scan);
  return csv != nullptr ? csv->paths : std::get<component::JsonScan>(scan).paths;
}

class TargetPathCheck {
 public:
  TargetPathCheck(Workspace& workspace, const Plan& plan, Diagnostics& diagnostics)
      : workspace_(workspace), plan_(plan), diagnostics_(diagnostics) {
    AddText(plan.graph.pipeline->source);
    for (const GraphNode& node : plan.graph.nodes) {
      if (node.sql) AddText(node.sql->text.value.span().source);
    }
  }

  void Check(const GraphNode& node) {
    constexpr std::string_view kFile = "file:";
    const auto& body = std::get<spec::TargetBody>(node.spec->body);
    const auto target = body.options->Make(workspace_.MakeTargetContext(plan_.graph.directory));
    const std::string identity = target->identity();
    if (!identity.starts_with(kFile)) return;
    const std::string path = AbsolutePath(identity.substr(kFile.size()));
    const std::string home = AbsolutePath(workspace_.home().path());
    // While planning the home may be another one than the run's: its usual name counts too.
    if (IsAtOrBelow(path, home) || IsAtOrBelow(home, path) ||
        (path + "/").find("/.thalweg/") != std::string::npos)
      return Report(node, "target-in-home", fmt::format("{} belongs to the home", path));
    for (const std::string& text : texts_) {
      if (IsAtOrBelow(text, path))
        return Report(node, "target-is-pipeline", fmt::format("{} is the pipeline's text", text));
    }
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
      if (!plan_.nodes[i].scan) continue;
      for (const std::string& read : PathsOf(*plan_.nodes[i].scan)) {
        if (!IsAtOrBelow(AbsolutePath(read), path)) continue;
        return Report(node, "target-read-by-source",
                      fmt::format("source \"{}\" reads {}: what is written would come back",
                                  plan_.graph.nodes[i].name(), read));
      }
    }
  }

 private:
  void AddText(const SourceTextRef& text) {
    if (text != nullptr) texts_.push_back(AbsolutePath(text->name()));
  }

  void Report(const GraphNode& node, const std::string& slug, const std::string& why) {
    diagnostics_.Error(slug, fmt::format("node \"{}\" must not write there: {}", node.name(), why),
                       node.spec->name_span, "", "give the target another place");
  }

  Workspace& workspace_;
  const Plan& plan_;
  Diagnostics& diagnostics_;
  std::vector<std::string> texts_;
};

}  // namespace

void CheckTargetPaths(Workspace& workspace, const Plan& plan, Diagnostics& diagnostics) {
  TargetPathCheck check(workspace, plan, diagnostics);
  for (std::size_t i = 0; i < plan.graph.nodes.size(); ++i) {
    const GraphNode& node = plan.graph.nodes[i];
    if (node.spec->kind == spec::NodeKind::kTarget && plan.nodes[i].action != Action::kSkip)
      check.Check(node);
  }
}

}  // namespace thalweg::runs
