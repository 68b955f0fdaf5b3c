#include "spec/grammar.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"

namespace thalweg::spec {

using component::FieldInfo;
using component::OptionsOf;
using component::Shape;

OptionsOf<ParamKeys> ParamKeys::Describe() {
  return OptionsOf<ParamKeys>("a parameter", "A typed value that a run may be given.")
      .Field("type", &ParamKeys::type,
             {.doc = "A type that holds one value.", .example = "bigint", .required = true})
      .Field("default", &ParamKeys::default_value,
             {.doc = "Taken when no value is given; null stands for NULL. Without it a value must "
                     "be given. "
                     "May use ${env.X}.",
              .example = "300000"})
      .Field("doc", &ParamKeys::doc, {.doc = "What it is for.", .changes_rows = false})
      .Shorthand("type");
}

OptionsOf<TestInputKeys> TestInputKeys::Describe() {
  return OptionsOf<TestInputKeys>("inputs", "Rows that stand in for those of a node.")
      .Field("rows", &TestInputKeys::rows,
             {.doc = "Maps of column to value; a column that is left out is NULL. {advance: 30s} "
                     "between them moves the clock of a stream; {frame: [...]} are rows of one "
                     "frame.",
              .example = "[{ad_id: 1, ts: \"2024-01-01T00:00:00Z\"}, {advance: 30s}]",
              .required = true})
      .Field("columns", &TestInputKeys::columns,
             {.doc = "Types of the columns, where the node's own are not known.",
              .example = "{ad_id: bigint}"})
      .Shorthand("rows");
}

OptionsOf<TestExpectKeys> TestExpectKeys::Describe() {
  return OptionsOf<TestExpectKeys>("expect", "The rows that a node must make.")
      .Field("rows", &TestExpectKeys::rows,
             {.doc = "Maps of column to value. Only columns that are named are compared.",
              .example = "[{campaign_id: 1, n: 2}]",
              .required = true})
      .Field("ordered", &TestExpectKeys::ordered,
             {.doc = "The order of the rows counts, too.", .default_text = "false"})
      .Field("tolerance", &TestExpectKeys::tolerance,
             {.doc = "How far numbers may be from those expected.",
              .default_text = "0",
              .example = "0.001"})
      .Shorthand("rows");
}

OptionsOf<TestKeys> TestKeys::Describe() {
  return OptionsOf<TestKeys>("a test", "Rows for some nodes, and the rows that others must make.")
      .Field("doc", &TestKeys::doc, {.doc = "What it shows."})
      .Field("params", &TestKeys::params,
             {.doc = "Values of parameters.", .example = "{min_rows: 1}"})
      .Field("inputs", &TestKeys::inputs,
             {.doc = "Rows by the name of the node that they stand in for: a source or any other.",
              .example = "{events: [{ad_id: 1}]}"})
      .Field("expect", &TestKeys::expect,
             {.doc = "Rows by the name of the node, or <node>_rejects, or <node>_late.",
              .example = "{counts: [{n: 1}]}",
              .required = true});
}

OptionsOf<DocumentKeys> DocumentKeys::Describe() {
  return OptionsOf<DocumentKeys>("a pipeline file", "One pipeline: a graph of named nodes.")
      .Field("thalweg", &DocumentKeys::thalweg,
             {.doc = "The version of grammar, types and SQL profile. Only 1 exists.",
              .example = "1",
              .required = true})
      .Field("pipeline", &DocumentKeys::pipeline,
             {.doc = "The pipeline's name.", .example = "flights", .required = true})
      .Field("doc", &DocumentKeys::doc, {.doc = "What the pipeline is for.", .changes_rows = false})
      .Field("params", &DocumentKeys::params,
             {.doc = "Parameters by name: ${name} in text, $name in SQL.",
              .example = "{min_rows: {type: bigint, default: 300000}}"})
      .Field("nodes", &DocumentKeys::nodes, {.doc = "The nodes by name.", .required = true})
      .Field("tests", &DocumentKeys::tests,
             {.doc = "Tests by name, for `thalweg test`: rows in, rows out.",
              .example = "{counts_views: {inputs: {events: [{ad_id: 1}]}, expect: {counts: [{n: "
                         "1}]}}}",
              .changes_rows = false})
      .Field("concurrency", &DocumentKeys::concurrency,
             {.doc = "What a second run does.", .reserved = true})
      .Field("policies", &DocumentKeys::policies,
             {.doc = "Rules that choose input versions.", .reserved = true});
}

OptionsOf<CommonKeys> CommonKeys::Describe() {
  return OptionsOf<CommonKeys>("a node", "What any node may say, beside its one kind key.")
      .Field("from", &CommonKeys::from,
             {.doc = "The node or nodes that a gate, a target or an operator reads; also "
                     "<node>_rejects and <node>_late. "
                     "What a SQL node reads is inferred from its statement.",
              .example = "delays",
              .changes_rows = false,
              .scalar_or_list = true})
      .Field("after", &CommonKeys::after,
             {.doc = "Nodes that must have ended well before this one starts. Orders side effects; "
                     "does not choose data.",
              .example = "[load, notify]",
              .changes_rows = false,
              .scalar_or_list = true})
      .Field("was", &CommonKeys::was,
             {.doc = "Former names of the node: history and state carry over.",
              .example = "[old_name]",
              .changes_rows = false,
              .scalar_or_list = true})
      .Field("tags", &CommonKeys::tags,
             {.doc = "Words for selections such as tag:daily.",
              .example = "[daily]",
              .changes_rows = false,
              .scalar_or_list = true})
      .Field("doc", &CommonKeys::doc, {.doc = "What the node is for.", .changes_rows = false})
      .Field("start", &CommonKeys::start,
             {.doc = "manual: the node runs only when it is named.",
              .default_text = "auto",
              .choices = {"auto", "manual"},
              .changes_rows = false})
      .Field("timeout", &CommonKeys::timeout,
             {.doc = "The longest time that one attempt may take.",
              .example = "10m",
              .changes_rows = false})
      .Field("memory", &CommonKeys::memory,
             {.doc = "What is reserved of the memory budget while the node runs.",
              .example = "512MB",
              .changes_rows = false})
      .Field("checks", &CommonKeys::checks,
             {.doc = "What must hold for the node's rows before its table is used.",
              .example = "[{not_null: [carrier]}, {rows: {min: 1}}]",
              .changes_rows = false})
      .Field("materialize", &CommonKeys::materialize,
             {.doc = "How the node's table is kept: replace, append, none, or {merge: [key]} below "
                     "an unbounded source.",
              .default_text = "replace",
              .example = "append"})
      .Field("event_time", &CommonKeys::event_time,
             {.doc = "Which column says when a row happened.",
              .example = "{column: ts, lateness: 60s}"})
      .Field("engine", &CommonKeys::engine,
             {.doc = "What executes the node.",
              .default_text = "duckdb",
              .choices = {"duckdb", "spark"},
              .changes_rows = false})
      .Field("retry", &CommonKeys::retry,
             {.doc = "How failed attempts are repeated.", .reserved = true})
      .Field("on_error", &CommonKeys::on_error,
             {.doc = "What a row that an operator cannot compute with does: it fails the node, is "
                     "dropped and counted, or goes to <node>_rejects.",
              .default_text = "fail",
              .choices = {"fail", "drop", "quarantine"}})
      .Field("parallel", &CommonKeys::parallel,
             {.doc = "How many instances of an operator share the keys in a stream, 1 to 64.",
              .default_text = "1",
              .example = "2",
              .changes_rows = false});
}

OptionsOf<EventTimeSpec> EventTimeSpec::Describe() {
  return OptionsOf<EventTimeSpec>("event_time",
                                  "When a row happened, as opposed to when it arrived.")
      .Field("column", &EventTimeSpec::column,
             {.doc = "A column of type timestamptz.", .example = "ts", .required = true})
      .Field("lateness", &EventTimeSpec::lateness,
             {.doc = "How far behind the newest row of its split a row may be.",
              .default_text = "0s",
              .example = "60s"})
      .Field("idle", &EventTimeSpec::idle,
             {.doc = "After this long without rows a split no longer holds the others back.",
              .example = "30s"});
}

OptionsOf<SourceKeys> SourceKeys::Describe() {
  return OptionsOf<SourceKeys>("source", "Keys that sources share.")
      .Field("journal", &SourceKeys::journal,
             {.doc = "Of sources that cannot be read again (sockets, standard input): every row "
                     "goes to a log in the home before it is worked on, so that a crash loses "
                     "nothing that was logged.",
              .default_text = "false",
              .example = "true",
              .changes_rows = false})
      .Field("incremental", &SourceKeys::incremental,
             {.doc = "Reads only what is new.", .reserved = true})
      .Field("split", &SourceKeys::split, {.doc = "How the work is divided.", .reserved = true})
      .Field("mode", &SourceKeys::mode,
             {.doc = "Snapshot or change data capture.", .reserved = true});
}

OptionsOf<TargetKeys> TargetKeys::Describe() {
  return OptionsOf<TargetKeys>("target", "Keys that targets share.")
      .Field("order_by", &TargetKeys::order_by,
             {.doc = "The order of the rows; a column's name may be followed by asc or desc. NULL "
                     "comes first when "
                     "ascending.",
              .example = "[carrier, delay desc]",
              .scalar_or_list = true})
      .Field("write", &TargetKeys::write,
             {.doc = "What happens to rows that are there already.",
              .default_text = "replace",
              .choices = {"replace", "append", "merge"}})
      .Field("key", &TargetKeys::key,
             {.doc = "Columns by which rows are merged.", .reserved = true})
      .Field("delete_when", &TargetKeys::delete_when,
             {.doc = "Which rows delete.", .reserved = true});
}

OptionsOf<DialectKeys> DialectKeys::Describe() {
  return OptionsOf<DialectKeys>("a statement",
                                "A statement for one engine, without the portable profile.")
      .Field("text", &DialectKeys::text, {.doc = "One SELECT.", .example = "SELECT 1 AS one"})
      .Field("file", &DialectKeys::file,
             {.doc = "A file beside the pipeline file that holds the statement.",
              .example = "heavy.sql"})
      .Shorthand("text");
}

OptionsOf<SqlKeys> SqlKeys::Describe() {
  return OptionsOf<SqlKeys>(
             "sql",
             "A table made by one SELECT. What it reads is inferred from the statement; "
             "parameters are written $name.")
      .Field("text", &SqlKeys::text,
             {.doc = "One SELECT, in the portable profile.",
              .example = "SELECT carrier, count(*) AS n FROM flights GROUP BY 1"})
      .Field("file", &SqlKeys::file,
             {.doc = "A file beside the pipeline file that holds the statement.",
              .example = "delays.sql"})
      .Field("duckdb", &SqlKeys::duckdb,
             {.doc = "The statement for DuckDB, where the portable profile is too narrow. Instead "
                     "of text and file.",
              .example = "{file: heavy.sql}"})
      .Field(
          "spark", &SqlKeys::spark,
          {.doc = "The statement for Spark, beside duckdb.", .example = "{file: heavy_spark.sql}"})
      .Field("deterministic", &SqlKeys::deterministic,
             {.doc = "true vouches that equal inputs give equal rows, although the statement looks "
                     "as if they did not.",
              .default_text = "false",
              .changes_rows = false})
      .Shorthand("text");
}

OptionsOf<GateKeys> GateKeys::Describe() {
  return OptionsOf<GateKeys>("gate",
                             "Stops the run until a person has signed the rows that the node "
                             "reads. Its table is that "
                             "input, at the version that was signed. Fails closed.")
      .Field("question", &GateKeys::question,
             {.doc = "What the person is asked.",
              .example = "Publish these delays?",
              .required = true,
              .changes_rows = false})
      .Field("evidence", &GateKeys::evidence,
             {.doc = "Statements whose results are shown with the question and kept.",
              .example = "[\"SELECT origin, count(*) FROM delays GROUP BY 1\"]",
              .changes_rows = false,
              .scalar_or_list = true})
      .Field("timeout", &GateKeys::timeout,
             {.doc = "Without a signature for so long, the gate has failed.",
              .example = "2d",
              .changes_rows = false})
      .Shorthand("question");
}

const std::vector<KindInfo>& Kinds() {
  static const std::vector<KindInfo> kinds = {
      {"source", NodeKind::kSource, "Rows from outside. Holds exactly one connector key."},
      {"sql", NodeKind::kSql, "A table made by one SELECT."},
      {"gate", NodeKind::kGate, "Stops until a person has signed what it reads."},
      {"target", NodeKind::kTarget, "Rows to outside. Holds exactly one connector key."},
  };
  return kinds;
}

bool IsPlanned(component::Kind kind, std::string_view name) {
  constexpr std::array<std::string_view, 13> kConnectors = {
      "topic", "kafka", "tcp",   "http", "grpc",  "s3",      "sftp",
      "excel", "mysql", "mongo", "nats", "redis", "postgres"};
  constexpr std::array<std::string_view, 10> kOperators = {
      "filter", "map",      "aggregate", "lookup", "join",
      "window", "distinct", "tag",       "python", "wasm"};
  const auto holds = [name](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return kind == component::Kind::kOperator ? holds(kOperators) : holds(kConnectors);
}

namespace {

template <typename T>
FieldInfo ObjectOf() {
  FieldInfo info;
  info.shape = Shape::kObject;
  info.object = std::make_shared<component::ObjectInfo>(component::DescriptionOf<T>().info());
  return info;
}

struct MaterializeKeys {
  std::string mode;
  std::vector<std::string> merge;
  Value replace;
  static OptionsOf<MaterializeKeys> Describe() {
    return OptionsOf<MaterializeKeys>("materialize", "How the node's table is kept.")
        .Field("mode", &MaterializeKeys::mode,
               {.doc = "replace: each version holds the new rows alone. append: the rows of the "
                       "version before, too. none: "
                       "not stored where one reader can read through.",
                .choices = {"replace", "append", "none"}})
        .Field("merge", &MaterializeKeys::merge,
               {.doc = "Rows replace those with the same key. Below an unbounded source.",
                .example = "[id]",
                .scalar_or_list = true})
        .Field("replace", &MaterializeKeys::replace,
               {.doc = "Replaces partitions.", .reserved = true})
        .Shorthand("mode");
  }
};

struct OrderKeyKeys {
  std::string column;
  bool descending = false;
  static OptionsOf<OrderKeyKeys> Describe() {
    return OptionsOf<OrderKeyKeys>("order_by", "A column to order by.")
        .Field("column", &OrderKeyKeys::column, {.doc = "Its name.", .required = true})
        .Field("descending", &OrderKeyKeys::descending,
               {.doc = "The largest first.", .default_text = "false"})
        .Shorthand("column");
  }
};

}  // namespace

FieldInfo Reference::Info() {
  FieldInfo info;
  info.shape = Shape::kString;
  return info;
}

bool ReadValue(const Value& value, const FieldInfo& info, Reference* out,
               Diagnostics& diagnostics) {
  out->span = value.span();
  return component::ReadValue(value, info, &out->name, diagnostics);
}

FieldInfo Materialize::Info() {
  return ObjectOf<MaterializeKeys>();
}

bool ReadValue(const Value& value, const FieldInfo& /*info*/, Materialize* out,
               Diagnostics& diagnostics) {
  MaterializeKeys keys;
  if (!component::DescriptionOf<MaterializeKeys>().Read(value, {}, &keys, diagnostics))
    return false;
  out->given = true;
  out->span = value.span();
  if (keys.mode.empty() == keys.merge.empty()) {
    diagnostics.Error("bad-value",
                      "\"materialize\" says one of: replace, append, none, {merge: [key]}",
                      value.span());
    return false;
  }
  out->merge_key = std::move(keys.merge);
  out->mode = !out->merge_key.empty() ? Materialize::Mode::kMerge
              : keys.mode == "append" ? Materialize::Mode::kAppend
              : keys.mode == "none"   ? Materialize::Mode::kNone
                                      : Materialize::Mode::kReplace;
  return true;
}

FieldInfo OrderKey::Info() {
  return ObjectOf<OrderKeyKeys>();
}

bool ReadValue(const Value& value, const FieldInfo& /*info*/, OrderKey* out,
               Diagnostics& diagnostics) {
  OrderKeyKeys keys;
  if (!component::DescriptionOf<OrderKeyKeys>().Read(value, {}, &keys, diagnostics)) return false;
  out->column = std::move(keys.column);
  out->descending = keys.descending;
  if (value.kind() == Value::Kind::kMap) return true;
  const std::size_t blank = out->column.find_last_of(" \t");
  if (blank == std::string::npos) return true;
  const std::string direction = ToLower(out->column.substr(blank + 1));
  const std::size_t last = out->column.find_last_not_of(" \t", blank);
  if ((direction == "desc" || direction == "asc") && last != std::string::npos) {
    out->descending = direction == "desc";
    out->column.resize(last + 1);
    return true;
  }
  diagnostics.Error(
      "bad-value", "\"order_by\" takes the names of columns, each with asc or desc behind it",
      value.span(), "for example delay desc", "a name with blanks is written {column: \"a name\"}");
  return false;
}

}  // namespace thalweg::spec
