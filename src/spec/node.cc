#include "spec/node.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spec/canonical.h"
#include "spec/grammar.h"
#include "spec/names.h"
#include "spec/node_kinds.h"

namespace thalweg::spec {

using component::DescriptionOf;
using component::QuoteName;

namespace {

/// Reports the key when the node has it.
void Refuse(const Value& node, std::string_view key, std::string_view why, std::string_view help,
            Diagnostics& diagnostics) {
  for (const Value::Entry& entry : node.entries()) {
    if (entry.key != key) continue;
    diagnostics.Error("key-not-allowed", std::string(why), entry.key_span, "remove it",
                      std::string(help));
  }
}

void CheckFrom(const Node& node, Diagnostics& diagnostics) {
  switch (node.kind) {
    case NodeKind::kSource:
      Refuse(node.value, "from", "a source reads nothing from other nodes", "", diagnostics);
      return;
    case NodeKind::kSql:
      Refuse(node.value, "from", "what a SQL node reads is inferred from its statement",
             "to order side effects there is \"after\"", diagnostics);
      return;
    case NodeKind::kOperator:
    case NodeKind::kGate:
    case NodeKind::kTarget:
      break;
  }
  if (node.value.Find("from") == nullptr) {
    diagnostics.Error("missing-key",
                      fmt::format("node {} does not say what it reads", QuoteName(node.name)),
                      node.name_span, "", "add from: with the name of a node");
  } else if (node.kind != NodeKind::kOperator && node.from.size() > 1) {
    diagnostics.Error("several-inputs",
                      fmt::format("a {} reads exactly one node", ToString(node.kind)),
                      node.from[1].span, "one too many",
                      "write one such node for each, or put them together in a SQL node");
  } else if (node.from.empty()) {
    diagnostics.Error("empty-value", "\"from\" names no node", node.value.Find("from")->span());
  }
}

void CheckTableKeys(const Node& node, Diagnostics& diagnostics) {
  if (node.kind != NodeKind::kGate && node.kind != NodeKind::kTarget) return;
  const std::string why = fmt::format("a {} makes no rows of its own", ToString(node.kind));
  const std::string help =
      node.from.empty() ? "" : fmt::format("it belongs to node {}", QuoteName(node.from[0].name));
  for (const std::string_view key : {"checks", "materialize", "event_time"})
    Refuse(node.value, key, why, help, diagnostics);
}

std::vector<std::string> Names(const std::vector<Reference>& references) {
  std::vector<std::string> names;
  for (const Reference& reference : references) names.push_back(reference.name);
  return names;
}

/// The node without its kind key, filled in.
Value CommonPart(const Value::Entry& entry, const Value::Entry* kind, LoadContext& context) {
  std::vector<Value::Entry> common;
  for (const Value::Entry& each : entry.value.entries()) {
    if (kind == nullptr || each.key != kind->key) common.push_back(each);
  }
  const Value part = Value::Map(std::move(common), entry.value.span());
  return context.substitution.Object(part, {&DescriptionOf<CommonKeys>().info()}).value;
}

void ReadCommon(const Value& part, LoadContext& context, Node* node) {
  CommonKeys keys;
  DescriptionOf<CommonKeys>().Read(part, KindKeys(context.registry), &keys, context.diagnostics);
  if (keys.engine == "spark") {
    component::ReportNotYet("\"engine: spark\"", part.Find("engine")->span(), context.diagnostics);
  }
  for (const Reference& was : keys.was) CheckNodeName(was.name, was.span, context.diagnostics);
  node->from = std::move(keys.from);
  node->after = std::move(keys.after);
  node->was = Names(keys.was);
  node->tags = std::move(keys.tags);
  node->doc = std::move(keys.doc);
  node->manual = keys.start == "manual";
  node->timeout = keys.timeout;
  node->memory = keys.memory;
  node->checks = std::move(keys.checks);
  node->materialize = std::move(keys.materialize);
  node->event_time = std::move(keys.event_time);
  node->on_error = keys.on_error == "drop"         ? OnError::kDrop
                   : keys.on_error == "quarantine" ? OnError::kQuarantine
                                                   : OnError::kFail;
  node->parallel = static_cast<int>(keys.parallel);
  if (keys.parallel < 1 || keys.parallel > 64) {
    context.diagnostics.Error("out-of-range", "parallel must lie between 1 and 64",
                              part.Find("parallel")->span());
  }
  node->engine = std::move(keys.engine);
}

}  // namespace

Node LoadNode(const Value::Entry& entry, LoadContext& context) {
  Node node;
  node.name = entry.key;
  node.name_span = entry.key_span;
  node.value = entry.value;
  CheckNodeName(entry.key, entry.key_span, context.diagnostics);
  if (entry.value.kind() != Value::Kind::kMap) {
    context.diagnostics.Error(
        entry.value.is_null() ? "empty-value" : "wrong-type",
        fmt::format("node {} must be a map, not {}", QuoteName(entry.key), entry.value.KindName()),
        entry.value.span(), "", "for example {sql: \"SELECT 1 AS one\"}");
    return node;
  }
  const Value::Entry* kind = FindKind(entry, context);
  ReadCommon(CommonPart(entry, kind, context), context, &node);
  if (kind == nullptr) return node;
  nlohmann::json options;
  if (ReadKind(*kind, context, &node, &options))
    node.canonical = CanonicalNode(node, std::move(options));
  CheckFrom(node, context.diagnostics);
  CheckTableKeys(node, context.diagnostics);
  return node;
}

}  // namespace thalweg::spec
