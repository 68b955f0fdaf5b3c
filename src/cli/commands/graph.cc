#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "cli/commands/list.h"
#include "cli/graph_picture.h"
#include "cli/loaded_graph.h"
#include "cli/names.h"

namespace thalweg::cli {
namespace {

/// Where a file or a pipe is written, a drawing may be as wide as this.
constexpr int kWidthOfFiles = 160;

Status AddLastRun(catalog::Catalog& catalog, const std::string& pipeline, GraphPicture* picture) {
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(pipeline, 1));
  if (runs.empty()) {
    picture->title += ", not run yet";
    return {};
  }
  const auto& run = runs.front();
  picture->title += fmt::format(": run {}, {}, {}", run.number, catalog::ToString(run.state),
                                ShortInstant(run.started));
  std::map<std::string, catalog::NodeRunRecord> states;
  TW_ASSIGN_OR_RETURN(auto nodes, catalog.NodeRuns(run.id));
  for (auto& node : nodes) states.emplace(node.node_name, std::move(node));
  for (auto& node : picture->nodes) {
    const auto it = states.find(node.name);
    if (it == states.end()) continue;
    node.state = it->second.state;
    if (it->second.version.empty()) continue;
    TW_ASSIGN_OR_RETURN(const auto version, catalog.FindVersion(it->second.version));
    if (!version) continue;
    node.rows = version->manifest.rows;
    node.rows_exact = version->manifest.rows_exact();
  }
  return {};
}

GraphPicture PictureOf(const runs::Graph& graph) {
  GraphPicture picture;
  picture.title = graph.pipeline->name;
  std::map<int, int> number;  // nodes are drawn in topological order
  for (const int i : graph.order) {
    number[i] = static_cast<int>(picture.nodes.size());
    const auto& node = graph.nodes[static_cast<std::size_t>(i)];
    picture.nodes.push_back(
        {node.name(), std::string(spec::ToString(node.spec->kind)), std::nullopt});
  }
  for (const int i : graph.order) {
    const auto& node = graph.nodes[static_cast<std::size_t>(i)];
    for (const int from : node.upstream) picture.edges.push_back({number[from], number[i], true});
    for (const int from : node.after) {
      const bool reads =
          std::find(node.upstream.begin(), node.upstream.end(), from) != node.upstream.end();
      if (!reads) picture.edges.push_back({number[from], number[i], false});
    }
  }
  return picture;
}

Json Document(const GraphPicture& picture, const std::string& pipeline) {
  Json document = NewDocument();
  document["pipeline"] = pipeline;
  document["nodes"] = Json::array();
  for (const auto& node : picture.nodes) {
    Json entry{{"node", node.name}, {"kind", node.kind}};
    if (node.state) entry["state"] = catalog::ToString(*node.state);
    if (node.rows >= 0) entry["rows"] = node.rows;
    if (!node.rows_exact) entry["rows_at_most"] = true;
    document["nodes"].push_back(std::move(entry));
  }
  document["edges"] = Json::array();
  for (const auto& edge : picture.edges) {
    document["edges"].push_back({{"from", picture.nodes[static_cast<std::size_t>(edge.from)].name},
                                 {"to", picture.nodes[static_cast<std::size_t>(edge.to)].name},
                                 {"data", edge.data}});
  }
  return document;
}

Result<ExitCode> Graph(Context& context, const std::vector<std::string>& words) {
  LoadedGraph loaded;
  TW_ASSIGN_OR_RETURN(const auto failed, Load(context, words, &loaded));
  if (failed) return *failed;
  GraphPicture picture = PictureOf(*loaded.graph);
  TW_RETURN_IF_ERROR(
      AddLastRun(loaded.session->workspace().catalog(), loaded.graph->pipeline->name, &picture));
  const std::string& form = context.options().form;
  if (form == "json") {
    context.Print(Document(picture, loaded.graph->pipeline->name));
  } else if (form == "dot") {
    context.Out(DrawDot(picture));
  } else if (form == "svg") {
    context.Out(DrawSvg(picture));
  } else {
    const StreamFacts& facts = context.console().out();
    context.Out(Paint(Tone::kBold, picture.title, facts.color) + "\n\n");
    context.Out(DrawText(picture, facts.width > 0 ? facts.width : kWidthOfFiles, facts.color));
  }
  return ExitCode::kOk;
}

}  // namespace

Command GraphCommand() {
  return {.name = "graph",
          .group = kWriteGroup,
          .summary = "Draw a pipeline with the states and row counts of its last run",
          .usage = "[FILE]",
          .details =
              "-o ascii draws in the terminal (a list where the picture would be too wide), -o svg "
              "makes a picture for a page,\n"
              "-o dot a text for Graphviz.",
          .example = "thalweg graph\nthalweg graph -o svg > shop.svg",
          .forms = {"ascii", "dot", "svg", "json"},
          .build = [](CLI::App& parser) -> Action {
            auto words = std::make_shared<std::vector<std::string>>();
            parser.add_option("FILE", *words, "The pipeline file")
                ->expected(0, 1)
                ->check(CheckPipelineFile);
            return [words](Context& context) { return Graph(context, *words); };
          }};
}

}  // namespace thalweg::cli
