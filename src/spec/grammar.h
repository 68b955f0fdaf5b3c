#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/fields.h"
#include "component/registry.h"
#include "spec/pipeline.h"

namespace thalweg::spec {

// The grammar of the pipeline file, each key described once: parsing, JSON Schema, reference pages
// and `describe` all come from here. These structs hold what was written; pipeline.h holds what it
// means.

struct ParamKeys {
  component::TypeName type;
  Value default_value;
  std::string doc;
  static component::OptionsOf<ParamKeys> Describe();
};

struct TestInputKeys {
  std::vector<Value> rows;
  component::NamedList<component::TypeName> columns;
  static component::OptionsOf<TestInputKeys> Describe();
};
struct TestExpectKeys {
  std::vector<Value> rows;
  bool ordered = false;
  std::optional<double> tolerance;
  static component::OptionsOf<TestExpectKeys> Describe();
};
struct TestKeys {
  std::string doc;
  component::NamedList<component::Scalar> params;
  component::NamedList<TestInputKeys> inputs;
  component::NamedList<TestExpectKeys> expect;
  static component::OptionsOf<TestKeys> Describe();
};

struct DocumentKeys {
  std::int64_t thalweg = 0;
  std::string pipeline, doc;
  component::NamedList<ParamKeys> params;
  component::NamedList<Value> nodes;
  component::NamedList<TestKeys> tests;
  Value concurrency, policies;
  static component::OptionsOf<DocumentKeys> Describe();
};

struct CommonKeys {
  std::vector<Reference> from, after, was;
  std::vector<std::string> tags;
  std::string doc, start;
  std::optional<component::Duration> timeout;
  std::optional<Bytes> memory;
  std::vector<CheckSpec> checks;
  Materialize materialize;
  std::optional<EventTimeSpec> event_time;
  std::string engine;
  std::string on_error;
  std::int64_t parallel = 1;
  Value retry;
  static component::OptionsOf<CommonKeys> Describe();
};

/// Beside a connector's own keys.
struct SourceKeys {
  bool journal = false;
  Value incremental, split, mode;
  static component::OptionsOf<SourceKeys> Describe();
};
struct TargetKeys {
  std::vector<OrderKey> order_by;
  std::string write;
  Value key, delete_when;
  static component::OptionsOf<TargetKeys> Describe();
};

/// A statement, or the file that holds it.
struct DialectKeys {
  std::optional<SqlText> text;
  std::string file;
  static component::OptionsOf<DialectKeys> Describe();
};
struct SqlKeys {
  std::optional<SqlText> text;
  std::string file;
  std::optional<DialectKeys> duckdb, spark;
  bool deterministic = false;
  static component::OptionsOf<SqlKeys> Describe();
};

struct GateKeys {
  std::string question;
  std::vector<SqlText> evidence;
  std::optional<component::Duration> timeout;
  static component::OptionsOf<GateKeys> Describe();
};

/// The kinds that are no operators, with what they are.
struct KindInfo {
  std::string_view key;
  NodeKind kind;
  std::string_view doc;
};
const std::vector<KindInfo>& Kinds();
/// Connectors and operators that the grammar has words for, but no version has built yet.
bool IsPlanned(component::Kind kind, std::string_view name);

bool ReadValue(const Value& value, const component::FieldInfo& info, Reference* out,
               Diagnostics& diagnostics);
bool ReadValue(const Value& value, const component::FieldInfo& info, CheckSpec* out,
               Diagnostics& diagnostics);
bool ReadValue(const Value& value, const component::FieldInfo& info, Materialize* out,
               Diagnostics& diagnostics);
bool ReadValue(const Value& value, const component::FieldInfo& info, OrderKey* out,
               Diagnostics& diagnostics);

}  // namespace thalweg::spec
