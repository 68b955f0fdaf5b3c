#include "spec/node_kinds.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spec/canonical.h"
#include "spec/document_limits.h"
#include "spec/grammar.h"
#include "spec/sql_texts.h"

namespace thalweg::spec {

using component::DescriptionOf;
using component::ObjectInfo;
using component::QuoteName;
using component::Registry;

namespace {

const KindInfo* FindFixedKind(std::string_view key) {
  for (const KindInfo& kind : Kinds()) {
    if (kind.key == key) return &kind;
  }
  return nullptr;
}

std::string Join(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

std::vector<std::string> FieldNames(const ObjectInfo& info) {
  std::vector<std::string> names;
  for (const auto& field : info.fields) names.push_back(field.name);
  return names;
}

/// What a reader of the shared keys ignores: the connector reports what nobody knows.
std::vector<std::string> Keys(const Value& map) {
  std::vector<std::string> keys;
  for (const Value::Entry& entry : map.entries()) keys.push_back(entry.key);
  return keys;
}

bool Contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The registered connector whose key stands in `body`; null after reporting when there is not
/// exactly one.
const Registry::Entry* FindConnector(const Value::Entry& kind, component::Kind what,
                                     const LoadContext& context) {
  const Value& body = kind.value;
  const std::vector<std::string> names = context.registry.Names(what);
  if (body.kind() != Value::Kind::kMap) {
    context.diagnostics.Error(
        "wrong-type",
        fmt::format("\"{}\" must be a map with a connector's key, not {}", kind.key,
                    body.KindName()),
        body.span(), names.empty() ? "" : fmt::format("for example {{{}: ...}}", names.front()));
    return nullptr;
  }
  const Value::Entry* found = nullptr;
  for (const Value::Entry& entry : body.entries()) {
    if (!Contains(names, entry.key)) continue;
    if (found != nullptr) {
      context.diagnostics.Error("several-kinds",
                                fmt::format("a {} has exactly one connector", kind.key),
                                entry.key_span, fmt::format("it has \"{}\" already", found->key));
      return nullptr;
    }
    found = &entry;
  }
  if (found != nullptr) return context.registry.Find(what, found->key);
  for (const Value::Entry& entry : body.entries()) {
    if (IsPlanned(what, entry.key)) {
      component::ReportNotYet(fmt::format("the connector \"{}\"", entry.key), entry.key_span,
                              context.diagnostics);
      return nullptr;
    }
  }
  for (const Value::Entry& entry : body.entries()) {
    const std::string near = Nearest(entry.key, names);
    if (near.empty()) continue;
    context.diagnostics.Error("missing-kind",
                              fmt::format("no connector is called {}", QuoteName(entry.key)),
                              entry.key_span, fmt::format("did you mean \"{}\"?", near));
    return nullptr;
  }
  context.diagnostics.Error("missing-kind", fmt::format("the {} names no connector", kind.key),
                            kind.key_span, "",
                            fmt::format("write one of these keys inside: {}", Join(names)));
  return nullptr;
}

bool ReadSource(const Value::Entry& kind, LoadContext& context, Node* node,
                nlohmann::json* options) {
  node->kind = NodeKind::kSource;
  const Registry::Entry* entry = FindConnector(kind, component::Kind::kSource, context);
  if (entry == nullptr) return false;
  const ObjectInfo& shared = DescriptionOf<SourceKeys>().info();
  const ObjectInfo& own = entry->descriptor.options;
  const std::size_t errors = context.diagnostics.errors();
  const Filled filled = context.substitution.Object(kind.value, {&own, &shared});
  if (filled.uses_run) {
    context.diagnostics.Error("run-in-source", "a source is looked at before the run has a number",
                              kind.value.span(), "",
                              "use a parameter: declare it below params, and give it with --param");
    return false;
  }
  if (filled.failed) return false;
  SourceKeys keys;
  const bool good = DescriptionOf<SourceKeys>().Read(filled.value, Keys(filled.value), &keys,
                                                     context.diagnostics);
  SourceBody body{entry->descriptor.name,
                  entry->source(filled.value, FieldNames(shared), context.diagnostics),
                  keys.journal, entry->descriptor.unbounded};
  node->component_version = entry->descriptor.version;
  const bool made = body.options != nullptr;
  node->body = std::move(body);
  if (!good || !made || context.diagnostics.errors() != errors) return false;
  *options = CanonicalObject(filled.recorded, own);
  return true;
}

bool ReadTarget(const Value::Entry& kind, LoadContext& context, Node* node,
                nlohmann::json* options) {
  node->kind = NodeKind::kTarget;
  const Registry::Entry* entry = FindConnector(kind, component::Kind::kTarget, context);
  if (entry == nullptr) return false;
  const ObjectInfo& shared = DescriptionOf<TargetKeys>().info();
  const ObjectInfo& own = entry->descriptor.options;
  const std::size_t errors = context.diagnostics.errors();
  const Filled filled = context.substitution.Object(kind.value, {&own, &shared});
  node->uses_run = filled.uses_run;
  if (filled.failed) return false;
  TargetKeys keys;
  DescriptionOf<TargetKeys>().Read(filled.value, Keys(filled.value), &keys, context.diagnostics);
  if (keys.write == "merge") {
    component::ReportNotYet("\"write: merge\"", filled.value.Find("write")->span(),
                            context.diagnostics);
  }
  TargetBody body;
  body.connector = entry->descriptor.name;
  body.options = entry->target(filled.value, FieldNames(shared), context.diagnostics);
  body.write =
      keys.write == "append" ? component::WriteMode::kAppend : component::WriteMode::kReplace;
  body.order_by = std::move(keys.order_by);
  node->component_version = entry->descriptor.version;
  const bool made = body.options != nullptr;
  node->body = std::move(body);
  if (!made || context.diagnostics.errors() != errors) return false;
  *options = CanonicalObject(filled.recorded, own);
  return true;
}

/// Where `text` stands among the options.
Span SpanOfText(const Value& options, const std::string& text) {
  if (options.kind() == Value::Kind::kMap) {
    for (const Value::Entry& entry : options.entries()) {
      if (entry.value.is_scalar() && entry.value.text() == text) return entry.value.span();
    }
  }
  return options.span();
}

bool ReadOperator(const Value::Entry& kind, LoadContext& context, Node* node,
                  nlohmann::json* options) {
  node->kind = NodeKind::kOperator;
  const Registry::Entry* entry = context.registry.Find(component::Kind::kOperator, kind.key);
  if (entry == nullptr) {
    component::ReportNotYet(fmt::format("the operator \"{}\"", kind.key), kind.key_span,
                            context.diagnostics);
    return false;
  }
  const std::size_t errors = context.diagnostics.errors();
  const Filled filled = context.substitution.Object(kind.value, {&entry->descriptor.options});
  node->uses_run = filled.uses_run;
  if (filled.failed) return false;
  OperatorBody body{entry->descriptor.name, entry->op(filled.value, context.diagnostics),
                    SqlTextsIn(filled.value, entry->descriptor.options)};
  node->component_version = entry->descriptor.version;
  const bool made = body.spec != nullptr;
  if (made) {
    for (std::string& table : body.spec->tables()) {
      node->looks_into.push_back({table, SpanOfText(kind.value, table)});
    }
  }
  node->body = std::move(body);
  if (!made || context.diagnostics.errors() != errors) return false;
  *options = CanonicalObject(filled.recorded, entry->descriptor.options);
  return true;
}

/// The text of `sql: {file: x.sql}`, as a text of its own with its own places.
std::optional<SqlText> ReadSqlFile(const Value& file, LoadContext& context) {
  if (!context.options.read_file) {
    context.diagnostics.Error("no-files", "SQL from a file cannot be read here", file.span(), "",
                              "write the statement itself");
    return std::nullopt;
  }
  Result<std::string> text = context.options.read_file(file.text());
  if (!text.ok()) {
    const Status status = text.status();
    context.diagnostics.Add({base::Severity::kError, status.slug(),
                             fmt::format("cannot read the SQL: {}", status.message()), file.span(),
                             "", status.hint(), status.code()});
    return std::nullopt;
  }
  const auto source = std::make_shared<const SourceText>(file.text(), std::move(*text));
  if (!CheckDocumentText(source, context.diagnostics)) return std::nullopt;
  const Value value = Value::String(source->text(), Span{source, 0, source->text().size()});
  if (!context.substitution.CheckSql(value)) return std::nullopt;
  component::FieldInfo info;
  info.name = file.text();
  SqlText sql;
  if (!component::ReadValue(value, info, &sql, context.diagnostics)) return std::nullopt;
  return sql;
}

std::optional<SqlText> ReadStatement(const std::optional<SqlText>& text, const Value* file,
                                     const Value& at, LoadContext& context) {
  if (text.has_value() == (file != nullptr)) {
    context.diagnostics.Error(text ? "several-kinds" : "missing-key",
                              text ? "the statement is given twice, as \"text\" and as \"file\""
                                   : "a statement is missing",
                              at.span(), "", "write one of \"text\" and \"file\"");
    return std::nullopt;
  }
  return text ? text : ReadSqlFile(*file, context);
}

std::optional<SqlText> ReadDialect(const DialectKeys& keys, const Value& at, LoadContext& context) {
  const Value* file = at.kind() == Value::Kind::kMap ? at.Find("file") : nullptr;
  return ReadStatement(keys.text, file, at, context);
}

bool ReadSql(const Value::Entry& kind, LoadContext& context, Node* node) {
  node->kind = NodeKind::kSql;
  const Filled filled = context.substitution.Object(kind.value, {&DescriptionOf<SqlKeys>().info()});
  node->uses_run = filled.uses_run;
  if (filled.failed) return false;
  const Value& value = filled.value;
  SqlKeys keys;
  SqlBody body;
  if (!DescriptionOf<SqlKeys>().Read(value, {}, &keys, context.diagnostics)) return false;
  body.deterministic = keys.deterministic;
  body.dialect_only = keys.duckdb.has_value() || keys.spark.has_value();
  std::optional<SqlText> text;
  if (body.dialect_only) {
    const Value* portable = value.Find(keys.text ? "text" : "file");
    if (portable != nullptr) {
      context.diagnostics.Error("several-kinds", "the statement is given twice", portable->span(),
                                "",
                                "write either one statement for every engine, or one per engine");
      return false;
    }
    if (keys.spark) ReadDialect(*keys.spark, *value.Find("spark"), context);
    if (!keys.duckdb) {
      context.diagnostics.Error("missing-key",
                                "there is no statement for the engine that runs the node",
                                kind.key_span, "", "add duckdb: with a statement");
      return false;
    }
    text = ReadDialect(*keys.duckdb, *value.Find("duckdb"), context);
  } else {
    text =
        ReadStatement(keys.text, value.kind() == Value::Kind::kMap ? value.Find("file") : nullptr,
                      value, context);
  }
  if (!text) return false;
  body.text = std::move(*text);
  node->body = std::move(body);
  return true;
}

bool ReadGate(const Value::Entry& kind, LoadContext& context, Node* node) {
  node->kind = NodeKind::kGate;
  const Filled filled =
      context.substitution.Object(kind.value, {&DescriptionOf<GateKeys>().info()});
  node->uses_run = filled.uses_run;
  if (filled.failed) return false;
  GateKeys keys;
  if (!DescriptionOf<GateKeys>().Read(filled.value, {}, &keys, context.diagnostics)) return false;
  node->body = GateBody{std::move(keys.question), std::move(keys.evidence), keys.timeout};
  return true;
}

}  // namespace

std::vector<std::string> KindKeys(const Registry& registry) {
  std::vector<std::string> keys;
  for (const KindInfo& kind : Kinds()) keys.emplace_back(kind.key);
  for (std::string& name : registry.Names(component::Kind::kOperator))
    keys.push_back(std::move(name));
  return keys;
}

const Value::Entry* FindKind(const Value::Entry& node, const LoadContext& context) {
  const std::vector<std::string> keys = KindKeys(context.registry);
  const Value::Entry* found = nullptr;
  for (const Value::Entry& entry : node.value.entries()) {
    if (!Contains(keys, entry.key) && !IsPlanned(component::Kind::kOperator, entry.key)) continue;
    if (found != nullptr) {
      context.diagnostics.Error("several-kinds",
                                fmt::format("node {} has more than one kind", QuoteName(node.key)),
                                entry.key_span, fmt::format("it is \"{}\" already", found->key),
                                "make two nodes of it, one reading the other");
      return nullptr;
    }
    found = &entry;
  }
  if (found != nullptr) return found;
  for (const Value::Entry& entry : node.value.entries()) {
    const bool common = DescriptionOf<CommonKeys>().info().Find(entry.key) != nullptr;
    if (!common && !Nearest(entry.key, keys).empty())
      return nullptr;  // reported as an unknown key, with the near one
  }
  context.diagnostics.Error("missing-kind",
                            fmt::format("node {} does not say what it is", QuoteName(node.key)),
                            node.key_span, "", fmt::format("add one of: {}", Join(keys)));
  return nullptr;
}

bool ReadKind(const Value::Entry& kind, LoadContext& context, Node* node, nlohmann::json* options) {
  *options = nlohmann::json::object();
  const KindInfo* fixed = FindFixedKind(kind.key);
  switch (fixed == nullptr ? NodeKind::kOperator : fixed->kind) {
    case NodeKind::kSource:
      return ReadSource(kind, context, node, options);
    case NodeKind::kTarget:
      return ReadTarget(kind, context, node, options);
    case NodeKind::kSql:
      return ReadSql(kind, context, node);
    case NodeKind::kGate:
      return ReadGate(kind, context, node);
    case NodeKind::kOperator:
      return ReadOperator(kind, context, node, options);
  }
  return false;
}

}  // namespace thalweg::spec
