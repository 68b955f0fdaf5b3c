#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/records.h"
#include "runs/graph.h"
#include "runs/workspace.h"

namespace thalweg::runs {

/// Everything that decides the rows of a node, part by part, so that a difference can be named.
/// The key is XXH3-128 over the parts; docs/specs/pipeline.md lists them.
class Recipe {
 public:
  static constexpr int kKeyFormat = 1;

  void Add(std::string name, std::string value) {
    parts_.emplace_back(std::move(name), std::move(value));
  }
  std::string Key() const;

  /// Says in one clause what changed since `before`: "statement changed", "reads another version of
  /// delays".
  std::string Difference(const Recipe& before) const;

  bool empty() const { return parts_.empty(); }
  std::string Encode() const;
  static Recipe Decode(
      std::string_view json);  ///< empty when it cannot be read: it comes from a cache

 private:
  std::vector<std::pair<std::string, std::string>> parts_;
};

/// The parts that do not depend on what is read: kind, options, statement, parameters, engine,
/// versions of our own parts.
Recipe DefinitionOf(const Workspace& workspace, const Graph& graph, const GraphNode& node);

/// Adds what a node reads: a version, or the recipe of a node that is not stored.
void AddInput(Recipe& recipe, const InputTable& table, const std::string& version_or_recipe);

/// Keeps recipes beside their keys, to tell later why a node runs again.
Status RememberRecipes(Workspace& workspace, const std::vector<Recipe>& recipes);
/// One clause, from what is remembered of the last version: "first run", "statement changed" ...
Result<std::string> WhyRun(Workspace& workspace, const std::string& pipeline,
                           const std::string& table, const Recipe& now);

}  // namespace thalweg::runs
