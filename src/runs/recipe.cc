#include "runs/recipe.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/hash.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kRecipeCache = "recipe";
constexpr std::string_view kInputPrefix = "input ";
constexpr std::string_view kParameterPrefix = "parameter ";

const std::string* FindPart(const std::vector<std::pair<std::string, std::string>>& parts,
                            const std::string& name) {
  const auto it = std::find_if(parts.begin(), parts.end(),
                               [&](const auto& part) { return part.first == name; });
  return it == parts.end() ? nullptr : &it->second;
}

std::string Explain(const std::string& part) {
  if (part.starts_with(kInputPrefix))
    return "reads another version of " + part.substr(kInputPrefix.size());
  if (part.starts_with(kParameterPrefix))
    return fmt::format("parameter {} changed", part.substr(kParameterPrefix.size()));
  if (part == "run") return "never reused";
  return part + " changed";
}

/// Checks that move rows to the rejects change the table; all others do not.
std::string QuarantineChecks(const spec::Node& node) {
  std::string text;
  for (const auto& check : node.checks) {
    if (check.severity != spec::Severity::kQuarantine || !check.span.source) continue;
    text += check.span.source->text().substr(check.span.begin, check.span.end - check.span.begin) +
            "\n";
  }
  return text;
}

/// Their values; names of no parameter are left out.
void AddParameters(const spec::Pipeline& pipeline, const std::vector<std::string>& names,
                   Recipe& recipe) {
  for (const auto& parameter : pipeline.params) {
    if (std::find(names.begin(), names.end(), parameter.name) == names.end()) continue;
    recipe.Add(std::string(kParameterPrefix) + parameter.name,
               parameter.type + "=" + parameter.value.value_or("NULL"));
  }
}

}  // namespace

std::string Recipe::Key() const {
  FieldHasher hasher;
  hasher.Add(std::int64_t{kKeyFormat});
  for (const auto& [name, value] : parts_) hasher.Add(name).Add(value);
  return hasher.Finish().ToHex();
}

std::string Recipe::Difference(const Recipe& before) const {
  for (const auto& [name, value] : parts_) {
    const std::string* old = FindPart(before.parts_, name);
    if (!old || *old != value) return Explain(name);
  }
  for (const auto& [name, value] : before.parts_) {
    if (!FindPart(parts_, name)) return Explain(name);
  }
  return "no good version is left";
}

std::string Recipe::Encode() const {
  return nlohmann::json(parts_).dump();
}

Recipe Recipe::Decode(std::string_view json) {
  Recipe recipe;
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_array()) return recipe;
  for (const auto& part : document) {
    if (part.is_array() && part.size() == 2 && part[0].is_string() && part[1].is_string()) {
      recipe.Add(part[0].get<std::string>(), part[1].get<std::string>());
    }
  }
  return recipe;
}

Recipe DefinitionOf(const Workspace& workspace, const Graph& graph, const GraphNode& node) {
  Recipe recipe;
  const spec::Node& spec = *node.spec;
  recipe.Add("kind", std::string(spec::ToString(spec.kind)));
  recipe.Add("options", spec.canonical);
  recipe.Add("component", std::to_string(spec.component_version));
  if (node.sql) {
    recipe.Add("statement", node.sql->analysis.fingerprint.ToHex());
    recipe.Add("SQL profile", std::to_string(sql::kProfileVersion));
    AddParameters(*graph.pipeline, node.sql->analysis.parameters, recipe);
  }
  AddParameters(*graph.pipeline, node.parameters, recipe);
  if (node.sql || spec.kind == spec::NodeKind::kSource || spec.kind == spec::NodeKind::kOperator)
    recipe.Add("engine", workspace.EngineGeneration());
  if (const std::string checks = QuarantineChecks(spec); !checks.empty())
    recipe.Add("quarantine checks", checks);
  return recipe;
}

void AddInput(Recipe& recipe, const InputTable& table, const std::string& version_or_recipe) {
  recipe.Add(std::string(kInputPrefix) + table.table, version_or_recipe);
}

Status RememberRecipes(Workspace& workspace, const std::vector<Recipe>& recipes) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& recipe : recipes) entries.emplace_back(recipe.Key(), recipe.Encode());
  return entries.empty() ? Status() : workspace.catalog().CachePut(kRecipeCache, entries);
}

Result<std::string> WhyRun(Workspace& workspace, const std::string& pipeline,
                           const std::string& table, const Recipe& now) {
  TW_ASSIGN_OR_RETURN(const auto latest, workspace.catalog().LatestGood(pipeline, table));
  if (!latest) return std::string("first run");
  TW_ASSIGN_OR_RETURN(const auto encoded,
                      workspace.catalog().CacheGet(kRecipeCache, latest->recipe_key));
  if (!encoded) return std::string("its recipe changed");
  return now.Difference(Recipe::Decode(*encoded));
}

}  // namespace thalweg::runs
