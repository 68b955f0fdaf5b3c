#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spec/grammar.h"
#include "spec/names.h"
#include "spec/node.h"
#include "spec/parameter_value.h"
#include "spec/pipeline.h"
#include "spec/references.h"
#include "spec/substitution.h"
#include "spec/tests.h"

namespace thalweg::spec {

using component::DescriptionOf;
using component::QuoteName;

namespace {

constexpr int kGrammar = 1;

/// Reads one document. One instance per load.
class Loader {
 public:
  Loader(const SourceTextRef& source, const component::Registry& registry,
         const LoadOptions& options, Diagnostics& diagnostics)
      : registry_(registry),
        options_(options),
        diagnostics_(diagnostics),
        substitution_(pipeline_.params, unusable_, options, &pipeline_.environment, diagnostics) {
    pipeline_.source = source;
  }

  Pipeline Load(const Value& document) && {
    if (document.is_null()) {
      diagnostics_.Error("empty-file", "the file holds no pipeline", Span{pipeline_.source, 0, 0},
                         "", "begin with \"thalweg: 1\", then \"pipeline:\" and \"nodes:\"");
      return std::move(pipeline_);
    }
    if (!GrammarIsKnown(document)) return std::move(pipeline_);
    DocumentKeys keys;
    DescriptionOf<DocumentKeys>().Read(document, {}, &keys, diagnostics_);
    if (document.kind() != Value::Kind::kMap) return std::move(pipeline_);
    if (const Value* name = document.Find("pipeline"); name != nullptr && !keys.pipeline.empty()) {
      CheckName("pipeline", keys.pipeline, name->span(), diagnostics_);
    }
    pipeline_.name = std::move(keys.pipeline);
    pipeline_.doc = std::move(keys.doc);
    LoadParameters(document, keys);
    LoadNodes(document);
    CheckReferences(pipeline_, registry_, diagnostics_);
    pipeline_.tests = LoadTests(document, keys.tests, pipeline_, diagnostics_);
    return std::move(pipeline_);
  }

 private:
  /// A file of another grammar would only give errors that mean nothing.
  bool GrammarIsKnown(const Value& document) {
    const Value* grammar = document.Find("thalweg");
    if (grammar == nullptr || grammar->kind() != Value::Kind::kNumber ||
        grammar->text() == std::to_string(kGrammar)) {
      return true;
    }
    diagnostics_.Add({base::Severity::kError, "unknown-grammar",
                      fmt::format("this program does not know grammar {}", grammar->text()),
                      grammar->span(), fmt::format("it knows {}", kGrammar),
                      "use the version of thalweg that the file was written for",
                      Code::kUnsupported});
    return false;
  }

  void LoadParameters(const Value& document, const DocumentKeys& keys) {
    const Value* params = document.Find("params");
    std::vector<ParameterSpec> loaded;
    for (std::size_t i = 0; params != nullptr && i < keys.params.size(); ++i) {
      const Value::Entry& entry = params->entries()[i];
      CheckName("parameter", entry.key, entry.key_span, diagnostics_);
      const ParamKeys& read = keys.params[i].second;
      ParameterSpec param{entry.key, read.type.text, std::nullopt, read.doc, entry.key_span};
      if (param.type.empty() || !SetValue(read, entry, &param)) unusable_.insert(param.name);
      loaded.push_back(std::move(param));
    }
    pipeline_.params = std::move(loaded);
    for (const auto& [name, value] : options_.params) CheckGiven(name, params);
  }

  /// False after reporting.
  bool SetValue(const ParamKeys& read, const Value::Entry& entry, ParameterSpec* param) {
    if (const Status type = CheckParameterType(param->type); !type.ok()) {
      const Value* at =
          entry.value.kind() == Value::Kind::kMap ? entry.value.Find("type") : &entry.value;
      diagnostics_.Error("bad-parameter", type.message(), at->span());
      return false;
    }
    const auto given = options_.params.find(param->name);
    if (given != options_.params.end()) {
      param->value = given->second;
      return CheckValue(*param, fmt::format("the value given for parameter \"{}\"", param->name),
                        entry.key_span, fmt::format("declared here as {}", param->type));
    }
    const bool has_default =
        entry.value.kind() == Value::Kind::kMap && entry.value.Find("default") != nullptr;
    if (!has_default) {
      diagnostics_.Error(
          "missing-parameter", fmt::format("the parameter \"{}\" has no value", param->name),
          entry.key_span, "",
          fmt::format("give one with --param {}=..., or a default in the file", param->name));
      return false;
    }
    return SetDefault(read.default_value, param);
  }

  bool SetDefault(const Value& written, ParameterSpec* param) {
    const Filled filled = substitution_.Field(written, nullptr, Substitution::Scope::kEnvironment);
    if (filled.failed) return false;
    const Value& value = filled.value;
    if (value.is_null()) return true;
    if (!value.is_scalar()) {
      diagnostics_.Error(
          "wrong-type", fmt::format("\"default\" must be a single value, not {}", value.KindName()),
          value.span());
      return false;
    }
    param->value = value.kind() == Value::Kind::kBoolean
                       ? std::string(value.boolean() ? "true" : "false")
                       : value.text();
    return CheckValue(*param, fmt::format("the default of parameter \"{}\"", param->name),
                      value.span(), "");
  }

  bool CheckValue(const ParameterSpec& param, const std::string& what, const Span& span,
                  const std::string& label) {
    const Status status = CheckParameterValue(param.type, *param.value);
    if (status.ok()) return true;
    diagnostics_.Error("bad-parameter", fmt::format("{} {}", what, status.message()), span, label,
                       status.hint());
    return false;
  }

  void CheckGiven(const std::string& name, const Value* params) {
    std::vector<std::string> names;
    for (const ParameterSpec& param : pipeline_.params) {
      if (param.name == name) return;
      names.push_back(param.name);
    }
    const std::string near = Nearest(name, names);
    diagnostics_.Error("unknown-parameter",
                       fmt::format("the pipeline has no parameter {}", QuoteName(name)),
                       params == nullptr ? Span{pipeline_.source, 0, 0} : params->span(), "",
                       near.empty() ? "" : fmt::format("did you mean --param {}?", near));
  }

  void LoadNodes(const Value& document) {
    const Value* nodes = document.Find("nodes");
    if (nodes == nullptr || nodes->kind() != Value::Kind::kMap) return;  // reported
    if (nodes->entries().empty()) {
      diagnostics_.Error("empty-value", "the pipeline has no nodes", nodes->span());
    }
    LoadContext context{registry_, options_, diagnostics_, substitution_};
    pipeline_.nodes.reserve(nodes->entries().size());
    for (const Value::Entry& entry : nodes->entries())
      pipeline_.nodes.push_back(LoadNode(entry, context));
  }

  const component::Registry& registry_;
  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  Pipeline pipeline_;
  std::set<std::string> unusable_;  ///< parameters without a value that could be used
  Substitution substitution_;
};

}  // namespace

std::string_view ToString(NodeKind kind) {
  switch (kind) {
    case NodeKind::kSource:
      return "source";
    case NodeKind::kSql:
      return "sql";
    case NodeKind::kGate:
      return "gate";
    case NodeKind::kTarget:
      return "target";
    case NodeKind::kOperator:
      return "operator";
  }
  return "operator";
}

const Node* Pipeline::Find(std::string_view wanted) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const Node& node) { return node.name == wanted; });
  return found == nodes.end() ? nullptr : &*found;
}

Pipeline Load(const Value& document, const SourceTextRef& source,
              const component::Registry& registry, const LoadOptions& options,
              Diagnostics& diagnostics) {
  return Loader(source, registry, options, diagnostics).Load(document);
}

Pipeline LoadText(const SourceTextRef& source, const component::Registry& registry,
                  const LoadOptions& options, Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.errors();
  const Value document = source->name().ends_with(".json") ? ParseJson(source, diagnostics)
                                                           : ParseYaml(source, diagnostics);
  const bool unreadable = document.is_null() && diagnostics.errors() > errors;
  Pipeline pipeline;
  pipeline.source = source;
  if (!unreadable) pipeline = Load(document, source, registry, options, diagnostics);
  diagnostics.Sort();
  return pipeline;
}

}  // namespace thalweg::spec
