#include "runs/graph.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "runs/replay_source.h"
#include "sql/scanner.h"

namespace thalweg::runs {

namespace {

constexpr std::string_view kAnalysisCache = "analysis";
constexpr std::string_view kRejectsEnding = "_rejects";
constexpr std::string_view kLateEnding = "_late";
constexpr std::string_view kBeforeExpression = "SELECT (\n";

/// The node that a table of a pipeline belongs to: "flights" for "flights_rejects".
std::string OwnerOf(const std::string& table) {
  for (std::string_view ending : {kRejectsEnding, kLateEnding}) {
    if (table.size() > ending.size() && table.ends_with(ending)) {
      return table.substr(0, table.size() - ending.size());
    }
  }
  return table;
}

/// All statements of a pipeline with where they belong.
struct PendingStatement {
  enum class Role { kRows, kEvidence, kExpression, kCheck };
  int node = 0;
  Role role = Role::kRows;
  component::SqlText text;
  bool moves_rows = false;  ///< a check that decides which rows the table holds
};

/// What is analysed for a text.
std::string StatementFor(const PendingStatement& statement) {
  return statement.role == PendingStatement::Role::kCheck
             ? sql::ExpressionStatement(statement.text.text)
             : statement.text.text;
}

/// The user's SQL in a check.
std::vector<component::SqlText> TextsOf(const spec::CheckSpec& check) {
  std::vector<component::SqlText> texts;
  const auto bounds = [&](const auto& kind) {
    if (kind.min) texts.push_back(*kind.min);
    if (kind.max) texts.push_back(*kind.max);
  };
  if (const auto* sql = std::get_if<spec::CheckSpec::Sql>(&check.kind))
    texts.push_back(sql->condition);
  if (const auto* range = std::get_if<spec::CheckSpec::Range>(&check.kind)) bounds(*range);
  if (const auto* rows = std::get_if<spec::CheckSpec::Rows>(&check.kind)) bounds(*rows);
  return texts;
}

/// What is wrong with an expression although its operator could compute with it.
bool IsForbidden(const sql::Finding& finding) {
  return finding.slug == "function-not-allowed" || finding.slug == "table-function-not-allowed" ||
         finding.slug == "positional-parameter" || finding.slug == "invalid-parameter-name";
}

/// An operator's expression as a statement, to see what it calls.
component::SqlText AsStatement(const component::SqlText& expression) {
  return {std::string(kBeforeExpression) + expression.text + "\n) FROM input", expression.value};
}

/// Where YAML joins lines, a comment takes along what stands in the lines after it.
void RefuseFoldedComment(const PendingStatement& statement, Diagnostics& diagnostics) {
  const component::SqlText& text = statement.text;
  const std::size_t before =
      statement.role == PendingStatement::Role::kExpression ? kBeforeExpression.size() : 0;
  for (const sql::Token& comment : sql::LineComments(text.text)) {
    const Span span = text.value.SpanOf(comment.begin - before, comment.end - before);
    if (!span.source) continue;
    const std::string_view written =
        std::string_view(span.source->text()).substr(span.begin, span.end - span.begin);
    if (written.find('\n') == std::string_view::npos) continue;
    diagnostics.Error("folded-comment", "YAML joins these lines, and all of them are the comment",
                      span, {}, "write it as a block, which begins with |");
  }
}

class Builder {
 public:
  Builder(Graph graph, Diagnostics& diagnostics)
      : graph_(std::move(graph)), diagnostics_(diagnostics) {}

  std::vector<PendingStatement> Statements() const {
    std::vector<PendingStatement> all;
    for (int i = 0; i < Size(); ++i) {
      const spec::Node& node = *graph_.nodes[At(i)].spec;
      if (const auto* sql = std::get_if<spec::SqlBody>(&node.body))
        all.push_back({i, PendingStatement::Role::kRows, sql->text});
      if (const auto* gate = std::get_if<spec::GateBody>(&node.body)) {
        for (const auto& text : gate->evidence)
          all.push_back({i, PendingStatement::Role::kEvidence, text});
      }
      if (const auto* op = std::get_if<spec::OperatorBody>(&node.body)) {
        for (const auto& text : op->expressions)
          all.push_back({i, PendingStatement::Role::kExpression, AsStatement(text)});
      }
      for (const auto& check : node.checks) {
        for (auto& text : TextsOf(check))
          all.push_back({i, PendingStatement::Role::kCheck, std::move(text),
                         check.severity == spec::Severity::kQuarantine});
      }
    }
    return all;
  }

  void Add(const PendingStatement& statement, sql::Analyzer::Outcome outcome) {
    GraphNode& node = graph_.nodes[At(statement.node)];
    if (statement.role == PendingStatement::Role::kExpression) {
      AddExpression(statement.text, outcome, &node);
      return;
    }
    if (statement.role == PendingStatement::Role::kCheck)
      outcome = sql::ExpressionOutcome(statement.text.text, std::move(outcome));
    if (const auto* rejection = std::get_if<sql::Rejection>(&outcome)) {
      for (const auto& finding : rejection->findings)
        Report(Severity::kError, node, statement.text, finding);
      return;
    }
    BoundSql bound{statement.text, std::get<sql::Analysis>(std::move(outcome)), {}};
    CheckParameters(node, bound);
    if (statement.role == PendingStatement::Role::kCheck) {
      AddCheck(bound, statement.moves_rows, &node);
      return;
    }
    for (const auto& reference : bound.analysis.tables) {
      bound.tables.push_back(
          Resolve(node, reference.pipeline, reference.table, reference.at,
                  SpanIn(bound.text, reference.range.begin, reference.range.end)));
    }
    if (statement.role == PendingStatement::Role::kEvidence) {
      node.evidence.push_back(std::move(bound));
      return;
    }
    const auto& body = std::get<spec::SqlBody>(node.spec->body);
    if (!body.deterministic && !bound.analysis.not_repeatable.empty())
      NotRepeatable(bound.analysis.not_repeatable.front(), &node);
    if (!body.dialect_only) {
      for (const auto& finding : bound.analysis.warnings)
        Report(Severity::kWarning, node, bound.text, finding);
    }
    node.sql = std::move(bound);
  }

  Graph Finish() {
    for (auto& node : graph_.nodes) {
      if (node.spec->uses_run) node.repeatable = false;
      if (!node.spec->from.empty() && (node.spec->kind == spec::NodeKind::kGate ||
                                       node.spec->kind == spec::NodeKind::kTarget)) {
        const auto& from = node.spec->from.front();
        node.from = Resolve(node, "", from.name, std::nullopt, from.span);
      }
      AddReplayed(&node);
      if (node.spec->kind != spec::NodeKind::kOperator) continue;
      for (const auto* references : {&node.spec->from, &node.spec->looks_into}) {
        for (const auto& reference : *references) {
          node.inputs.push_back(Resolve(node, "", reference.name, std::nullopt, reference.span));
        }
      }
    }
    Connect();
    Sort();
    MarkStreams();
    if (!diagnostics_.has_errors()) DecideInlining();
    return std::move(graph_);
  }

 private:
  static void NotRepeatable(const sql::Finding& because, GraphNode* node) {
    if (!std::exchange(node->repeatable, false)) return;
    node->not_repeatable_because = because.message;
  }

  static void AddParameters(const sql::Analysis& analysis, GraphNode* node) {
    node->parameters.insert(node->parameters.end(), analysis.parameters.begin(),
                            analysis.parameters.end());
  }

  /// What is wrong with an expression its operator says, which knows the columns. Here only: does
  /// it call what it must not, does it give other values each time, and are its parameters there?
  /// The order of rows is the operator's own.
  void AddExpression(const component::SqlText& text, const sql::Analyzer::Outcome& outcome,
                     GraphNode* node) {
    const component::SqlText expression{text.value.text(), text.value};
    if (const auto* rejection = std::get_if<sql::Rejection>(&outcome)) {
      for (sql::Finding finding : rejection->findings) {
        if (!IsForbidden(finding)) continue;
        for (std::size_t* at : {&finding.range.begin, &finding.range.end})
          *at -= std::min(*at, kBeforeExpression.size());
        Report(Severity::kError, *node, expression, finding);
      }
      return;
    }
    const auto& analysis = std::get<sql::Analysis>(outcome);
    CheckParameters(*node, {expression, analysis, {}});
    AddParameters(analysis, node);
    for (const sql::Finding& finding : analysis.not_repeatable) {
      if (finding.slug == "volatile-function") NotRepeatable(finding, node);
    }
  }

  /// A check's condition or bound: SQL over the columns of a row, or over none. The columns are
  /// looked at when the node is planned.
  void AddCheck(const BoundSql& bound, bool moves_rows, GraphNode* node) {
    for (const sql::TableRef& table : bound.analysis.tables) {
      diagnostics_.Error(
          "reads-a-table",
          fmt::format("node \"{}\": a check reads the columns of its rows, not \"{}\"",
                      node->name(), table.table),
          SpanIn(bound.text, table.range.begin, table.range.end), "",
          "foreign_key looks into another node's table; for all else join in a SQL node, and check "
          "that node");
    }
    if (!moves_rows) return;
    AddParameters(bound.analysis, node);
    const auto* sql = std::get_if<spec::SqlBody>(&node->spec->body);
    const bool vouched = sql != nullptr && sql->deterministic;
    if (!vouched && !bound.analysis.not_repeatable.empty())
      NotRepeatable(bound.analysis.not_repeatable.front(), node);
  }

  /// The table that a source replays.
  void AddReplayed(GraphNode* node) {
    const auto* source = std::get_if<spec::SourceBody>(&node->spec->body);
    const auto* options =
        source == nullptr ? nullptr : dynamic_cast<const ReplayOptions*>(source->options.get());
    if (options == nullptr) return;
    const component::Value* body = node->spec->value.Find("source");
    const component::Value* written = body == nullptr ? nullptr : body->Find("replay");
    const Span span = written == nullptr ? node->spec->name_span : written->span();
    const std::string& name = options->body.replay;
    const std::size_t dot = name.find('.');
    node->inputs.push_back(
        dot == std::string::npos
            ? Resolve(*node, "", name, std::nullopt, span)
            : Resolve(*node, name.substr(0, dot), name.substr(dot + 1), std::nullopt, span));
    if (!node->spec->event_time) {
      diagnostics_.Error("no-event-time",
                         fmt::format("node \"{}\" replays a table by event time, but does not say "
                                     "which column it is",
                                     node->name()),
                         span, "", "add event_time: {column: ts}");
    }
  }

  int Size() const { return static_cast<int>(graph_.nodes.size()); }
  static std::size_t At(int i) { return static_cast<std::size_t>(i); }

  void Report(Severity severity, const GraphNode& node, const component::SqlText& text,
              const sql::Finding& finding) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.slug = finding.slug;
    diagnostic.message = fmt::format("node \"{}\": {}", node.name(), finding.message);
    diagnostic.span = SpanIn(text, finding.range.begin, finding.range.end);
    diagnostic.help = finding.help;
    diagnostics_.Add(std::move(diagnostic));
  }

  void CheckParameters(const GraphNode& node, const BoundSql& bound) {
    std::vector<std::string> known;
    for (const auto& parameter : graph_.pipeline->params) known.push_back(parameter.name);
    for (const auto& name : bound.analysis.parameters) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::size_t at = bound.text.text.find("$" + name);
      const std::string near = Nearest(name, known);
      diagnostics_.Error(
          "unknown-parameter",
          fmt::format("node \"{}\" uses ${}, which is not in params", node.name(), name),
          at == std::string::npos ? bound.text.value.span()
                                  : SpanIn(bound.text, at, at + name.size() + 1),
          near.empty() ? "" : fmt::format("did you mean \"${}\"?", near),
          fmt::format("declare it at the top: params: {{{}: {{type: varchar}}}}", name));
    }
  }

  InputTable Resolve(const GraphNode& node, const std::string& pipeline, const std::string& table,
                     const std::optional<sql::AtClause>& at, Span span) {
    InputTable input{-1, pipeline.empty() ? graph_.pipeline->name : pipeline, table, at,
                     std::move(span)};
    if (input.pipeline != graph_.pipeline->name) return input;
    input.node = graph_.Find(OwnerOf(table));
    if (const int exact = graph_.Find(table); exact >= 0) input.node = exact;
    if (at) {
      input.node = -1;
      return input;
    }
    if (input.node < 0) {
      std::vector<std::string> names;
      for (const auto& other : graph_.nodes) {
        if (other.spec->kind != spec::NodeKind::kTarget) names.push_back(other.name());
      }
      const std::string near = Nearest(table, names);
      diagnostics_.Error(
          "unknown-table",
          fmt::format("node \"{}\" reads \"{}\", which is not a node of this pipeline", node.name(),
                      table),
          input.span, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near),
          "add a node of that name, or write pipeline.table for a table of another pipeline");
    } else if (graph_.nodes[At(input.node)].spec->kind == spec::NodeKind::kTarget) {
      diagnostics_.Error("target-has-no-table",
                         fmt::format("node \"{}\" reads \"{}\", which is a target and has no table",
                                     node.name(), table),
                         input.span, "",
                         fmt::format("read what the target writes: \"{}\"",
                                     graph_.nodes[At(input.node)].spec->from.empty()
                                         ? ""
                                         : graph_.nodes[At(input.node)].spec->from.front().name));
    }
    return input;
  }

  void Connect() {
    for (int i = 0; i < Size(); ++i) {
      GraphNode& node = graph_.nodes[At(i)];
      std::set<int> upstream;
      auto reads = [&](const InputTable& table) {
        if (table.node >= 0) upstream.insert(table.node);
      };
      for (const InputTable& table : node.reads()) reads(table);
      for (const auto& evidence : node.evidence)
        std::for_each(evidence.tables.begin(), evidence.tables.end(), reads);
      for (const auto& check : node.spec->checks) {
        if (const auto* key = std::get_if<spec::CheckSpec::ForeignKey>(&check.kind)) {
          node.foreign.push_back(Resolve(node, "", key->table.name, std::nullopt, key->table.span));
          reads(node.foreign.back());
        }
      }
      for (const auto& after : node.spec->after) {
        if (const int other = graph_.Find(after.name); other >= 0) node.after.push_back(other);
      }
      node.upstream.assign(upstream.begin(), upstream.end());
      for (const int other : node.upstream) graph_.nodes[At(other)].downstream.push_back(i);
    }
  }

  /// Kahn's algorithm; of the nodes that are free the first in the file comes first.
  void Sort() {
    std::vector<int> waits(graph_.nodes.size(), 0);
    std::vector<std::vector<int>> next(graph_.nodes.size());
    for (int i = 0; i < Size(); ++i) {
      std::set<int> before(graph_.nodes[At(i)].upstream.begin(),
                           graph_.nodes[At(i)].upstream.end());
      before.insert(graph_.nodes[At(i)].after.begin(), graph_.nodes[At(i)].after.end());
      waits[At(i)] = static_cast<int>(before.size());
      for (const int other : before) next[At(other)].push_back(i);
    }
    std::priority_queue<int, std::vector<int>, std::greater<>> free;
    for (int i = 0; i < Size(); ++i) {
      if (waits[At(i)] == 0) free.push(i);
    }
    while (!free.empty()) {
      const int i = free.top();
      free.pop();
      graph_.order.push_back(i);
      for (const int other : next[At(i)]) {
        if (--waits[At(other)] == 0) free.push(other);
      }
    }
    if (graph_.order.size() != graph_.nodes.size()) ReportCycle(waits);
  }

  /// Every node that is left waits for one that is left: following those leads around the cycle.
  void ReportCycle(const std::vector<int>& waits) {
    int at = 0;
    while (waits[At(at)] <= 0) ++at;
    std::vector<int> path;
    while (std::find(path.begin(), path.end(), at) == path.end()) {
      path.push_back(at);
      const GraphNode& node = graph_.nodes[At(at)];
      std::vector<int> before = node.upstream;
      before.insert(before.end(), node.after.begin(), node.after.end());
      at = *std::find_if(before.begin(), before.end(),
                         [&](int other) { return waits[At(other)] > 0; });
    }
    path.erase(path.begin(), std::find(path.begin(), path.end(), at));
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    std::string text = graph_.nodes[At(path.front())].name();
    for (std::size_t i = 1; i <= path.size(); ++i) {
      text += " reads " + graph_.nodes[At(path[i % path.size()])].name();
      if (i < path.size()) text += ", which";
    }
    diagnostics_.Error(
        "cycle", "nodes wait for each other: " + text,
        graph_.nodes[At(path.front())].spec->name_span, "part of a cycle",
        "a node can read only what does not depend on itself; give one of them another input");
  }

  void MarkStreams() {
    for (const int i : graph_.order) {
      GraphNode& node = graph_.nodes[At(i)];
      const auto* source = std::get_if<spec::SourceBody>(&node.spec->body);
      node.streams = source != nullptr && source->unbounded;
      for (const int other : node.upstream) node.streams |= graph_.nodes[At(other)].streams;
      if (source == nullptr || node.inputs.empty() || node.inputs[0].node < 0 ||
          !graph_.nodes[At(node.inputs[0].node)].streams)
        continue;
      diagnostics_.Error("replay-of-a-stream",
                         fmt::format("node \"{}\" replays \"{}\", which is a stream itself",
                                     node.name(), node.inputs[0].table),
                         node.inputs[0].span, "",
                         "read it with from, or replay it in another pipeline");
    }
  }

  void DecideInlining() {
    for (auto& node : graph_.nodes) {
      const auto& materialize = node.spec->materialize;
      if (materialize.mode != spec::Materialize::Mode::kNone) continue;
      std::size_t readers = 0;
      bool gate = false, rejects = false, looked_into = false;
      const GraphNode* stream = nullptr;
      for (const int i : node.downstream) {
        const GraphNode& other = graph_.nodes[At(i)];
        gate |= other.spec->kind == spec::NodeKind::kGate || !other.evidence.empty();
        for (const InputTable& table : other.foreign)
          looked_into |= table.node >= 0 && &graph_.nodes[At(table.node)] == &node;
        if (other.streams && !node.streams) stream = &other;
        for (const InputTable& table : other.reads()) {
          if (table.node < 0 || &graph_.nodes[At(table.node)] != &node) continue;
          ++readers;
          rejects |= table.table != node.name();
        }
      }
      if (node.spec->kind != spec::NodeKind::kSql) {
        node.not_inlined_because = "only a SQL node can be passed through";
      } else if (readers != 1 || gate) {
        node.not_inlined_because = gate ? "a gate reads it" : "it has not exactly one reader";
      } else if (looked_into) {
        node.not_inlined_because = "a foreign_key looks into it";
      } else if (stream != nullptr) {
        node.not_inlined_because =
            fmt::format("a {} needs the stored rows",
                        stream->spec->kind == spec::NodeKind::kSource ? "replay" : "stream");
      } else if (!node.repeatable) {
        node.not_inlined_because = "it would give other rows each time";
      } else if (!node.spec->checks.empty() || rejects) {
        node.not_inlined_because = "its checks or rejects need the stored rows";
      }
      node.inlined = node.not_inlined_because.empty();
    }
  }

  Graph graph_;
  Diagnostics& diagnostics_;
};

}  // namespace

int Graph::Find(std::string_view name) const {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].name() == name) return static_cast<int>(i);
  }
  return -1;
}

Result<Graph> GraphBuilder::Build(std::shared_ptr<const spec::Pipeline> pipeline,
                                  const std::string& directory, Diagnostics& diagnostics) {
  Graph graph;
  graph.pipeline = std::move(pipeline);
  graph.directory = directory;
  for (const auto& node : graph.pipeline->nodes) graph.nodes.push_back({.spec = &node});

  Builder builder(std::move(graph), diagnostics);
  const std::vector<PendingStatement> statements = builder.Statements();
  for (const auto& statement : statements) RefuseFoldedComment(statement, diagnostics);
  std::vector<std::string> texts;
  for (const auto& statement : statements) texts.push_back(StatementFor(statement));
  if (!texts.empty()) {
    TW_ASSIGN_OR_RETURN(auto outcomes, analyze_(texts));
    TW_CHECK(outcomes.size() == texts.size());
    for (std::size_t i = 0; i < statements.size(); ++i)
      builder.Add(statements[i], std::move(outcomes[i]));
  }
  return builder.Finish();
}

GraphBuilder::Analyze CachedAnalyze(Workspace& workspace) {
  return [&workspace](const std::vector<std::string>& statements)
             -> Result<std::vector<sql::Analyzer::Outcome>> {
    std::vector<std::string> keys;
    for (const auto& text : statements) {
      keys.push_back(fmt::format("{}:{}", sql::kProfileVersion, HashBytes(text).ToHex()));
    }
    TW_ASSIGN_OR_RETURN(const auto cached, workspace.catalog().CacheGetMany(kAnalysisCache, keys));
    std::vector<sql::Analyzer::Outcome> outcomes(statements.size());
    std::vector<std::string> missing;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if (cached[i]) {
        if (auto decoded = sql::Decode(*cached[i]); decoded.ok()) {
          outcomes[i] = std::move(decoded).value();
          continue;
        }
      }
      missing.push_back(statements[i]);
      places.push_back(i);
    }
    if (missing.empty()) return outcomes;
    TW_ASSIGN_OR_RETURN(sql::Analyzer * analyzer, workspace.analyzer());
    TW_ASSIGN_OR_RETURN(auto fresh, analyzer->Analyze(missing));
    std::vector<std::pair<std::string, std::string>> entries;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (const auto* analysis = std::get_if<sql::Analysis>(&fresh[i])) {
        entries.emplace_back(keys[places[i]], sql::Encode(*analysis));
      }
      outcomes[places[i]] = std::move(fresh[i]);
    }
    TW_RETURN_IF_ERROR(workspace.catalog().CachePut(kAnalysisCache, entries));
    return outcomes;
  };
}

Span SpanIn(const component::SqlText& text, std::size_t begin, std::size_t end) {
  const std::size_t size = text.text.size();
  return text.value.SpanOf(std::min(begin, size), std::min(std::max(begin, end), size));
}

Diagnostic Locate(const Status& error, const component::SqlText& text, std::string_view node,
                  std::size_t offset) {
  Diagnostic diagnostic;
  diagnostic.slug = error.slug();
  diagnostic.message = fmt::format("node \"{}\": {}", node, error.message());
  diagnostic.code = error.code();
  diagnostic.span = text.value.span();
  if (error.place() && error.place()->line == 1) {
    const auto at = static_cast<std::size_t>(std::max(0, error.place()->column - 1));
    const auto length = static_cast<std::size_t>(std::max(1, error.place()->length));
    const bool inside = at >= offset && (offset == 0 || at < offset + text.text.size());
    if (inside) diagnostic.span = SpanIn(text, at - offset, at - offset + length);
  }
  diagnostic.help = error.hint();
  return diagnostic;
}

}  // namespace thalweg::runs
