#include "spec/references.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "component/fields.h"
#include "spec/graph.h"
#include "spec/names.h"

namespace thalweg::spec {

using component::QuoteName;

namespace {

class ReferenceChecker {
 public:
  ReferenceChecker(const Pipeline& pipeline, const component::Registry& registry,
                   Diagnostics& diagnostics)
      : pipeline_(pipeline),
        registry_(registry),
        diagnostics_(diagnostics),
        edges_(pipeline.nodes.size()) {}

  void Check() {
    CollectNames();
    for (std::size_t i = 0; i < pipeline_.nodes.size(); ++i) CheckNode(i);
    CheckFormerNames();
    ReportCycle();
    CheckMerge();
  }

 private:
  void CollectNames() {
    for (std::size_t i = 0; i < pipeline_.nodes.size(); ++i) {
      const Node& node = pipeline_.nodes[i];
      const auto [first, fresh] = index_.emplace(ToLower(node.name), i);
      if (fresh) {
        names_.push_back(node.name);
        continue;
      }
      const Node& other = pipeline_.nodes[first->second];
      diagnostics_.Error("duplicate-name",
                         fmt::format("the nodes {} and {} differ in nothing but case",
                                     QuoteName(other.name), QuoteName(node.name)),
                         node.name_span,
                         fmt::format("the other is at line {}", other.name_span.ToPlace().line),
                         "SQL compares names without case: rename one of them");
    }
  }

  void CheckNode(std::size_t i) {
    const Node& node = pipeline_.nodes[i];
    for (const Reference& from : node.from) CheckReference(i, from, "from", true);
    for (const Reference& table : node.looks_into) CheckReference(i, table, "in", true);
    for (const Reference& after : node.after) CheckReference(i, after, "after", false);
    for (const CheckSpec& check : node.checks) {
      if (const auto* key = std::get_if<CheckSpec::ForeignKey>(&check.kind))
        CheckReference(i, key->table, "table", true);
    }
  }

  void CheckReference(std::size_t i, const Reference& reference, std::string_view key,
                      bool reads_table) {
    const Node& node = pipeline_.nodes[i];
    auto found = index_.find(reference.name);
    if (found == index_.end() && reads_table)
      found = index_.find(std::string(OwnerOfSideTable(reference.name)));
    if (found == index_.end()) {
      UnknownNode(reference);
      return;
    }
    const Node& other = pipeline_.nodes[found->second];
    if (found->second == i) {
      diagnostics_.Error("cycle", fmt::format("node {} names itself", QuoteName(node.name)),
                         reference.span, "", key == "from" ? "\"from\" names another node" : "");
      return;
    }
    if (reads_table && other.kind == NodeKind::kTarget) {
      const std::string reads =
          other.from.empty() ? ""
                             : fmt::format("read what it reads: {}", QuoteName(other.from[0].name));
      diagnostics_.Error("no-table",
                         fmt::format("the target {} has no table to read", QuoteName(other.name)),
                         reference.span, reads, "");
      return;
    }
    edges_[i].push_back(static_cast<int>(found->second));
    spans_.emplace(std::pair(static_cast<int>(i), static_cast<int>(found->second)), reference.span);
  }

  void UnknownNode(const Reference& reference) {
    if (reference.name.find('.') != std::string::npos &&
        IsName(reference.name.substr(0, reference.name.find('.')))) {
      diagnostics_.Error(
          "unknown-node",
          fmt::format("{} is not a node of this pipeline", QuoteName(reference.name)),
          reference.span, "",
          "a table of another pipeline is read in a SQL node: SELECT * FROM pipeline.table");
      return;
    }
    const std::string near = Nearest(reference.name, names_);
    diagnostics_.Error(
        "unknown-node", fmt::format("there is no node {}", QuoteName(reference.name)),
        reference.span, near.empty() ? "" : fmt::format("did you mean {}?", QuoteName(near)));
  }

  void CheckFormerNames() {
    std::map<std::string, const Node*> claimed;
    for (const Node& node : pipeline_.nodes) {
      const Value* was = node.value.Find("was");
      for (const std::string& name : node.was) {
        const auto existing = index_.find(name);
        const auto [first, fresh] = claimed.emplace(name, &node);
        if (existing != index_.end()) {
          diagnostics_.Error(
              "bad-former-name", fmt::format("\"was\" names {}, which is a node", QuoteName(name)),
              was->span(), "", "a former name belongs to nobody else: remove it here or there");
        } else if (!fresh && first->second != &node) {
          diagnostics_.Error("bad-former-name",
                             fmt::format("{} was the name of {} already", QuoteName(name),
                                         QuoteName(first->second->name)),
                             was->span(), "", "history carries over to one node");
        }
      }
    }
  }

  void ReportCycle() {
    const std::vector<int> cycle = FindCycle(edges_);
    if (cycle.empty()) return;
    std::string path;
    for (const int node : cycle)
      path += pipeline_.nodes[static_cast<std::size_t>(node)].name + " <- ";
    path += pipeline_.nodes[static_cast<std::size_t>(cycle[0])].name;
    const auto span = spans_.find(std::pair(cycle[0], cycle.size() > 1 ? cycle[1] : cycle[0]));
    diagnostics_.Error("cycle", fmt::format("these nodes wait for each other: {}", path),
                       span == spans_.end() ? Span{} : span->second, "",
                       "take one of these references away");
  }

  /// Rows replace others by key only where they keep coming.
  void CheckMerge() {
    for (std::size_t i = 0; i < pipeline_.nodes.size(); ++i) {
      const Node& node = pipeline_.nodes[i];
      if (node.materialize.mode != Materialize::Mode::kMerge || IsBelowUnbounded(i)) continue;
      component::ReportNotYet("\"merge\" below a source that ends", node.materialize.span,
                              diagnostics_);
    }
  }

  bool IsBelowUnbounded(std::size_t start) const {
    std::vector<std::size_t> open = {start};
    std::set<std::size_t> seen;
    while (!open.empty()) {
      const std::size_t i = open.back();
      open.pop_back();
      if (!seen.insert(i).second) continue;
      const Node& node = pipeline_.nodes[i];
      if (const auto* source = std::get_if<SourceBody>(&node.body);
          source != nullptr && node.kind == NodeKind::kSource) {
        const auto* entry = registry_.Find(component::Kind::kSource, source->connector);
        if (entry != nullptr && entry->descriptor.unbounded) return true;
      }
      for (const Reference& from : node.from) {
        if (const auto found = index_.find(from.name); found != index_.end())
          open.push_back(found->second);
      }
    }
    return false;
  }

  const Pipeline& pipeline_;
  const component::Registry& registry_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> names_;
  std::vector<std::vector<int>> edges_;
  std::map<std::pair<int, int>, Span> spans_;
};

}  // namespace

void CheckReferences(const Pipeline& pipeline, const component::Registry& registry,
                     Diagnostics& diagnostics) {
  ReferenceChecker(pipeline, registry, diagnostics).Check();
}

}  // namespace thalweg::spec
