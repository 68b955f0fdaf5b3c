#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "runs/workspace.h"
#include "spec/pipeline.h"
#include "sql/analysis.h"

namespace thalweg::runs {

/// A table that a node reads: a node of this graph, or a stored table from elsewhere or of an
/// earlier time.
struct InputTable {
  int node = -1;                ///< index in Graph::nodes; -1: a stored table
  std::string pipeline, table;  ///< table may be "<node>_rejects" or "<node>_late"
  std::optional<sql::AtClause> at;
  Span span;  ///< where it is named
};

/// A statement of a node with what it reads.
struct BoundSql {
  component::SqlText text;
  sql::Analysis analysis;
  std::vector<InputTable> tables;  ///< one per analysis.tables
};

struct GraphNode {
  const spec::Node* spec = nullptr;
  std::optional<BoundSql> sql;     ///< SQL nodes
  std::vector<BoundSql> evidence;  ///< gates
  std::optional<InputTable> from;  ///< gates and targets
  /// Operators: one per port, those of `from` first, then those that the operator looks into.
  std::vector<InputTable> inputs;
  /// What its foreign_key checks look into, in the order of the checks.
  std::vector<InputTable> foreign;
  /// That expressions of an operator and checks that move rows use.
  std::vector<std::string> parameters;
  std::vector<int>
      upstream;  ///< nodes whose data this one reads (also for checks and evidence); sorted, unique
  std::vector<int> after;       ///< nodes that only have to end first
  std::vector<int> downstream;  ///< nodes that read this one
  bool repeatable = true;
  std::string not_repeatable_because;  ///< what the text says; may be empty
  /// Reads, directly or through others, a source whose rows come over time: part of the run's one
  /// stream.
  bool streams = false;
  /// Not stored: read through by its one consumer.
  bool inlined = false;
  std::string not_inlined_because;  ///< `materialize: none` was asked for but cannot be honoured
  const std::string& name() const { return spec->name; }
  /// The tables whose rows decide its rows, in the order of the statement or the ports.
  std::span<const InputTable> reads() const {
    if (sql) return sql->tables;
    if (from) return {&*from, 1};
    return inputs;
  }
};

/// A checked pipeline: every statement parsed, every table name resolved, no cycle. Nothing has
/// been executed.
struct Graph {
  std::shared_ptr<const spec::Pipeline> pipeline;
  std::string directory;         ///< of the pipeline file, absolute
  std::vector<GraphNode> nodes;  ///< as in pipeline->nodes
  std::vector<int> order;        ///< topological; by place in the file where order is free
  int Find(std::string_view name) const;
};

/// Text and options -> graph. Reports everything that is wrong in one pass; the graph is usable
/// only without errors. Statements are looked up in the catalog's cache first, so that an unchanged
/// file needs no parser.
class GraphBuilder {
 public:
  /// `workspace` may lack a home's history; `analyze` gives the analysis of each statement.
  using Analyze = std::function<Result<std::vector<sql::Analyzer::Outcome>>(
      const std::vector<std::string>& statements)>;
  explicit GraphBuilder(Analyze analyze) : analyze_(std::move(analyze)) {}
  Result<Graph> Build(std::shared_ptr<const spec::Pipeline> pipeline, const std::string& directory,
                      Diagnostics& diagnostics);

 private:
  Analyze analyze_;
};

/// Analyses through the catalog's cache; only what is new opens the engine.
GraphBuilder::Analyze CachedAnalyze(Workspace& workspace);

/// A finding or failed statement at its place in the pipeline file. `offset` counts bytes of
/// `text`.
Span SpanIn(const component::SqlText& text, std::size_t begin, std::size_t end);
/// Turns an engine's error (place = offset into the statement) into a diagnostic in the pipeline
/// file. `offset`: where the text stands in the statement; an error beside it is one of all of it.
Diagnostic Locate(const Status& error, const component::SqlText& text, std::string_view node,
                  std::size_t offset = 0);

}  // namespace thalweg::runs
