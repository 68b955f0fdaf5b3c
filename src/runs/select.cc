#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "runs/plan.h"

namespace thalweg::runs {

namespace {

using Flags = std::vector<bool>;

/// Marks `from` and all that can be reached along `next`.
template <typename Next>
void Spread(int from, const Next& next, Flags& flags) {
  std::vector<int> open{from};
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    if (flags[static_cast<std::size_t>(at)]) continue;
    flags[static_cast<std::size_t>(at)] = true;
    for (const int other : next(at)) open.push_back(other);
  }
}

/// Adds what one word names. `named` gets the nodes that were named themselves, not reached through
/// '+'.
Status SelectWord(const Graph& graph, const std::string& word, Flags& selected, Flags& named) {
  std::string name = word;
  const bool above = name.starts_with('+');
  if (above) name.erase(0, 1);
  const bool below = name.ends_with('+');
  if (below) name.pop_back();

  std::vector<int> hits;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& tags = graph.nodes[i].spec->tags;
    const bool hit = name.starts_with("tag:")
                         ? std::find(tags.begin(), tags.end(), name.substr(4)) != tags.end()
                         : graph.nodes[i].name() == name;
    if (hit) hits.push_back(static_cast<int>(i));
  }
  if (hits.empty()) {
    std::vector<std::string> names;
    for (const auto& node : graph.nodes) {
      names.push_back(node.name());
      for (const auto& tag : node.spec->tags) names.push_back("tag:" + tag);
    }
    const std::string near = Nearest(name, names);
    return Status::NotFound(fmt::format("nothing in pipeline {} is selected by \"{}\"",
                                        graph.pipeline->name, word))
        .WithSlug("unknown-selection")
        .WithHint(near.empty() ? "thalweg graph lists the nodes"
                               : fmt::format("did you mean \"{}\"?", near));
  }
  auto upstream = [&](int i) { return graph.nodes[static_cast<std::size_t>(i)].upstream; };
  auto downstream = [&](int i) { return graph.nodes[static_cast<std::size_t>(i)].downstream; };
  for (const int hit : hits) {
    Flags reached(graph.nodes.size(), false);
    if (above) Spread(hit, upstream, reached);
    if (below) {
      Flags under(graph.nodes.size(), false);
      Spread(hit, downstream, under);
      for (std::size_t i = 0; i < under.size(); ++i) reached[i] = reached[i] || under[i];
    }
    reached[static_cast<std::size_t>(hit)] = true;
    named[static_cast<std::size_t>(hit)] = true;
    for (std::size_t i = 0; i < reached.size(); ++i) selected[i] = selected[i] || reached[i];
  }
  return {};
}

}  // namespace

Result<std::vector<bool>> Select(const Graph& graph, const std::vector<std::string>& words) {
  Flags selected(graph.nodes.size(), words.empty());
  Flags named(graph.nodes.size(), false);
  for (const auto& word : words) TW_RETURN_IF_ERROR(SelectWord(graph, word, selected, named));

  // What is manual runs only by name; what only manual nodes lead to has nothing new to read.
  for (const int i : graph.order) {
    const auto at = static_cast<std::size_t>(i);
    const GraphNode& node = graph.nodes[at];
    if (!selected[at] || named[at]) continue;
    const bool only_unselected =
        !node.upstream.empty() &&
        std::all_of(node.upstream.begin(), node.upstream.end(), [&](int other) {
          const auto o = static_cast<std::size_t>(other);
          return !selected[o] && (graph.nodes[o].spec->manual || words.empty());
        });
    if (node.spec->manual || only_unselected) selected[at] = false;
  }
  return selected;
}

Result<catalog::VersionRecord> ChooseVersion(catalog::Catalog& catalog, const InputTable& table) {
  const std::string name = table.pipeline + "." + table.table;
  std::optional<catalog::VersionRecord> version;
  std::string wanted = "no good version";
  if (!table.at) {
    TW_ASSIGN_OR_RETURN(version, catalog.LatestGood(table.pipeline, table.table));
  } else if (table.at->unit == sql::AtClause::Unit::kTimestamp) {
    TW_ASSIGN_OR_RETURN(const Instant instant, ParseInstant(table.at->value));
    TW_ASSIGN_OR_RETURN(version, catalog.VersionAsOf(table.pipeline, table.table, instant));
    wanted = "no version as of " + table.at->value;
  } else if (table.at->unit == sql::AtClause::Unit::kTick) {
    return Status::Unsupported(
               fmt::format("table {} has no ticks: only topics and streams have", name))
        .WithSlug("no-ticks");
  } else {
    const std::int64_t number = std::atoll(table.at->value.c_str());
    if (table.at->unit == sql::AtClause::Unit::kRun) {
      TW_ASSIGN_OR_RETURN(version, catalog.VersionOfRun(table.pipeline, table.table, number));
      wanted = fmt::format("no version from run {}", number);
    } else {
      TW_ASSIGN_OR_RETURN(version, catalog.VersionAt(table.pipeline, table.table, number));
      wanted = fmt::format("no version {}", number);
    }
  }
  if (version) return *std::move(version);
  TW_ASSIGN_OR_RETURN(const auto nodes, catalog.Nodes());
  const bool known = std::any_of(nodes.begin(), nodes.end(),
                                 [&](const auto& node) { return node.pipeline == table.pipeline; });
  if (!known && table.node < 0 && !table.at)
    return Status::NotFound(fmt::format("no pipeline \"{}\" has run in this home", table.pipeline))
        .WithSlug("unknown-pipeline")
        .WithHint("thalweg ls lists the tables; they go by their name or as pipeline.name");
  return Status::NotFound(fmt::format("table {} has {}", name, wanted))
      .WithSlug("no-version")
      .WithHint(table.at ? fmt::format("thalweg ls {} lists the versions that are kept", name)
                         : fmt::format("thalweg run +{} makes one", table.table));
}

}  // namespace thalweg::runs
