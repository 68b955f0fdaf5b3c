#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/diagnostic.h"
#include "component/fields.h"
#include "component/registry.h"
#include "component/value.h"

namespace thalweg::spec {

using component::SqlText;
using component::Value;

enum class NodeKind { kSource, kSql, kGate, kTarget, kOperator };
std::string_view ToString(NodeKind kind);

/// A name of another node as written, with its place.
struct Reference {
  std::string name;
  Span span;
  static component::FieldInfo Info();
};

/// A typed parameter of the pipeline and the value it has in this load.
struct ParameterSpec {
  std::string name;
  std::string type;                  ///< canonical type name
  std::optional<std::string> value;  ///< given, else the default; none: NULL was written
  std::string doc;
  Span span;
};

enum class Severity { kWarn, kFail, kQuarantine };

/// checks: [{not_null: [a, b]}, {rows: {min: $n}}, {sql: "...", severity: warn}] — one kind key
/// each, plus `severity` and `name`.
struct CheckSpec {
  struct NotNull {
    std::vector<std::string> columns;
  };
  struct Unique {
    std::vector<std::string> columns;
  };
  struct Accepted {
    std::string column;
    std::vector<component::Scalar> values;
  };
  struct Range {
    std::string column;
    std::optional<SqlText> min, max;
  };  ///< SQL scalars, inclusive
  struct Rows {
    std::optional<SqlText> min, max;
  };  ///< SQL scalars, may use $parameters
  struct ForeignKey {
    std::vector<std::string> columns;
    Reference table;
    std::vector<std::string> to;
  };
  struct Sql {
    SqlText condition;
  };  ///< must be true for every row (NULL passes)
  std::variant<NotNull, Unique, Accepted, Range, Rows, ForeignKey, Sql> kind;
  std::string name;  ///< given, else made from the kind and columns: "not_null(carrier, origin)"
  Severity severity = Severity::kFail;
  Span span;
  static component::FieldInfo Info();
};

struct Materialize {
  enum class Mode { kReplace, kAppend, kMerge, kNone };
  Mode mode = Mode::kReplace;
  std::vector<std::string> merge_key;
  bool given = false;
  Span span;
  static component::FieldInfo Info();
};

struct EventTimeSpec {
  std::string column;
  component::Duration lateness{0};
  std::optional<component::Duration> idle;
  static component::OptionsOf<EventTimeSpec> Describe();
};

struct SourceBody {
  std::string connector;
  std::shared_ptr<const component::SourceOptions> options;
  bool journal = false;    ///< what cannot be replayed goes to our own log first
  bool unbounded = false;  ///< rows come over time: what reads them streams
};
struct SqlBody {
  SqlText text;  ///< for the engine that the node runs on
  bool deterministic =
      false;  ///< the user vouches: reuse although the statement looks non-repeatable
  bool dialect_only =
      false;  ///< written as sql: {duckdb: ...}: the portable profile does not apply
};
struct GateBody {
  std::string question;
  std::vector<SqlText> evidence;
  std::optional<component::Duration> timeout;  ///< fails closed when it has passed
};
struct OrderKey {
  std::string column;
  bool descending = false;
  static component::FieldInfo Info();
};
struct TargetBody {
  std::string connector;
  std::shared_ptr<const component::TargetOptions> options;
  component::WriteMode write = component::WriteMode::kReplace;
  std::vector<OrderKey> order_by;
  std::vector<std::string> key;
};
struct OperatorBody {
  std::string name;
  std::shared_ptr<const component::OperatorSpec> spec;
  std::vector<SqlText> expressions = {};  ///< all SQL in its options
};

/// What a row that an operator cannot compute with does.
enum class OnError { kFail, kDrop, kQuarantine };

struct Node {
  std::string name;
  NodeKind kind = NodeKind::kSource;
  std::variant<SourceBody, SqlBody, GateBody, TargetBody, OperatorBody> body;
  Span name_span;
  Value value;  ///< all of the node, for places

  // Common keys.
  /// As written; gates and targets have exactly one, SQL nodes and sources none. May name
  /// <node>_rejects and <node>_late.
  std::vector<Reference> from;
  std::vector<Reference> looks_into;  ///< of operators: OperatorSpec::tables, with their places
  std::vector<Reference> after;
  std::vector<std::string> was, tags;
  std::string doc;
  bool manual = false;  ///< start: manual
  std::optional<component::Duration> timeout;
  std::optional<Bytes> memory;
  std::vector<CheckSpec> checks;
  Materialize materialize;
  std::optional<EventTimeSpec> event_time;
  OnError on_error = OnError::kFail;
  int parallel = 1;    ///< instances of an operator in a stream
  std::string engine;  ///< empty: the default

  /// Everything of the node that changes its rows, in canonical form: for the recipe key (without
  /// SQL text, whose fingerprint comes from sql/). Equal for equal meaning: key order, quoting and
  /// comments do not count.
  std::string canonical;
  int component_version = 1;
  bool uses_run = false;  ///< contains ${run.number} or ${run.started}: never reused
};

/// A test that the file holds: rows for some nodes, and the rows that others must make of them.
struct TestSpec {
  /// Rows that came at one time, or a frame of them, or the manual clock going on.
  struct Step {
    std::vector<Value> rows;  ///< maps
    component::Duration advance{0};
    Span span;
    std::int64_t frame = 0;  ///< the first of the input has 1; 0: its rows are in none
  };
  struct Input {
    Reference node;
    component::NamedList<component::TypeName> columns;  ///< empty: not declared
    std::vector<Step> steps;
  };
  struct Expect {
    Reference table;          ///< a node, <node>_rejects or <node>_late
    std::vector<Value> rows;  ///< maps
    bool ordered = false;
    std::optional<double> tolerance;
  };
  std::string name;
  std::string doc;
  Span span;
  std::map<std::string, std::string> params;
  std::vector<Input> inputs;
  std::vector<Expect> expect;
};

/// One pipeline file, read and checked as far as that is possible without I/O and without parsing
/// SQL.
struct Pipeline {
  std::string name;
  std::string doc;
  SourceTextRef source;
  int grammar = 1;
  std::vector<ParameterSpec> params;
  std::vector<Node> nodes;  ///< in the order of the file
  std::vector<TestSpec> tests;
  std::map<std::string, std::string>
      environment;  ///< ${env.X} that were used: recorded with the run
  const Node* Find(std::string_view name) const;
};

/// What ${...} can stand for.
struct LoadOptions {
  std::map<std::string, std::string> params;  ///< given with --param
  std::function<std::optional<std::string>(const std::string& name)>
      environment;  ///< ${env.X}; null: none
  std::function<std::optional<std::string>(const std::string& name)>
      secret;  ///< ${secret.X}; null: none
  /// sql: {file: x.sql}: the text of a file relative to the pipeline file. Null: refused.
  std::function<Result<std::string>(const std::string& path)> read_file;
  struct RunValues {
    std::int64_t number = 0;
    Instant started;
  };
  std::optional<RunValues> run;  ///< none: ${run.x} stays as it is and Node::uses_run says so
};

/// Builds the model from a document. All errors of the file are reported in one pass; the result is
/// usable (best effort) only when `diagnostics.has_errors()` is false. Checks: grammar, names
/// (form, reserved, duplicates, case), component options, parameters and their types, references of
/// from/after/was, kinds of inputs. Not: SQL, files, cycles through SQL.
Pipeline Load(const Value& document, const SourceTextRef& source,
              const component::Registry& registry, const LoadOptions& options,
              Diagnostics& diagnostics);

/// Front ends: text -> document. Both keep places, refuse duplicate keys, and bound depth, aliases
/// and size.
Value ParseYaml(const SourceTextRef& source, Diagnostics& diagnostics);
Value ParseJson(const SourceTextRef& source, Diagnostics& diagnostics);
/// By the ending of the name: .json, else YAML.
Pipeline LoadText(const SourceTextRef& source, const component::Registry& registry,
                  const LoadOptions& options, Diagnostics& diagnostics);

/// The JSON Schema (2020-12) of pipeline files with these components.
std::string JsonSchema(const component::Registry& registry);
/// Markdown reference: the common keys and node kinds, then every component. File name -> text.
std::map<std::string, std::string> ReferencePages(const component::Registry& registry);
/// `describe`: one component or grammar key as text for a terminal; kNotFound with a near name.
Result<std::string> DescribeText(const component::Registry& registry, std::string_view name);

}  // namespace thalweg::spec
