#include "runs/test_run.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "component/fields.h"
#include "data/quoting.h"
#include "data/types.h"
#include "runs/run_state.h"
#include "runs/test_frames.h"
#include "runs/test_nodes.h"
#include "runs/test_script.h"

namespace thalweg::runs {

using component::QuoteName;

namespace {

class SilentObserver : public RunObserver {
 public:
  void OnRun(const catalog::RunRecord&) override {}
  void OnNode(const NodeEvent&) override {}
  void OnMessage(const std::string&) override {}
};

class Tester {
 public:
  Tester(Workspace& workspace, const RunRequest& request, std::stop_token stop,
         Diagnostics& diagnostics)
      : workspace_(workspace),
        request_(request),
        stop_(std::move(stop)),
        diagnostics_(diagnostics) {}

  Result<TestOutcome> Run(const std::string& name) {
    request_.selection.clear();
    for (const spec::TestSpec& test : TestsOf(workspace_, request_)) {
      if (test.name != name) continue;
      for (const auto& [param, value] : test.params) request_.params[param] = value;
    }
    TW_ASSIGN_OR_RETURN(graph_, LoadGraph(workspace_, request_, std::nullopt, diagnostics_));
    TW_RETURN_IF_ERROR(diagnostics_.ToStatus());
    const auto& tests = graph_.pipeline->tests;
    const auto found =
        std::find_if(tests.begin(), tests.end(), [&](const auto& t) { return t.name == name; });
    if (found == tests.end()) return Status::NotFound(fmt::format("there is no test {}", name));
    test_ = &*found;

    columns_.emplace(workspace_, request_, graph_, stop_);
    FindNeeded();
    TW_RETURN_IF_ERROR(ReadInputs());
    TW_RETURN_IF_ERROR(diagnostics_.ToStatus());
    Rehearsal rehearsal;
    rehearsal.edit = [this](spec::Pipeline* pipeline) {
      Edit(pipeline);
      return Status();
    };
    rehearsal.stream = [this](flow::FlowOptions* options) { script_->Conduct(options); };
    request_.rehearsal = &rehearsal;
    SilentObserver observer;
    TW_ASSIGN_OR_RETURN(const RunOutcome run,
                        runs::Run(workspace_, request_, observer, stop_, diagnostics_));
    TestOutcome outcome;
    if (run.run.state == catalog::RunState::kCancelled) return Status::Cancelled("stopped");
    if (run.run.state != catalog::RunState::kDone) {
      for (const NodeOutcome& node : run.nodes) {
        if (node.error.empty() || !outcome.error.empty()) continue;
        outcome.error = node.error.starts_with("node ")
                            ? node.error
                            : fmt::format("node \"{}\": {}", node.node, node.error);
      }
      if (outcome.error.empty()) outcome.error = "the pipeline did not come to its end";
      return outcome;
    }
    for (const auto& expect : test_->expect) TW_RETURN_IF_ERROR(Compare(expect, &outcome));
    TW_RETURN_IF_ERROR(diagnostics_.ToStatus());
    return outcome;
  }

 private:
  struct Input {
    const spec::TestSpec::Input* written = nullptr;
    int node = -1;
    bool streams = false, framed = false;
    std::optional<spec::EventTimeSpec> event_time;
    std::shared_ptr<TestSource::Rows> rows = std::make_shared<TestSource::Rows>();
    std::vector<std::pair<std::chrono::nanoseconds, std::vector<data::Batch>>> times;
  };

  const GraphNode& Node(int i) const { return graph_.nodes[static_cast<std::size_t>(i)]; }
  const Input* InputFor(const std::string& name) const {
    for (const Input& input : inputs_) {
      if (input.written->node.name == name) return &input;
    }
    return nullptr;
  }
  int NodeOfTable(const std::string& table) const {
    if (const int i = graph_.Find(table); i >= 0) return i;
    for (const std::string_view end : {"_rejects", "_late"}) {
      if (table.ends_with(end)) return graph_.Find(table.substr(0, table.size() - end.size()));
    }
    return -1;
  }

  /// The expected nodes and all that they read, as far as the rows that the test gives.
  void FindNeeded() {
    for (const auto& written : test_->inputs) {
      Input input;
      input.written = &written;
      input.node = graph_.Find(written.node.name);
      input.streams = Node(input.node).streams;
      inputs_.push_back(std::move(input));
    }
    for (const auto& expect : test_->expect) Need(NodeOfTable(expect.table.name));
    for (const Input& input : inputs_) {
      if (needed_.contains(input.node)) continue;
      diagnostics_.Error("unused-input",
                         fmt::format("nothing that test {} expects reads {}",
                                     QuoteName(test_->name), QuoteName(input.written->node.name)),
                         input.written->node.span, "", "remove it, or expect rows that need it");
    }
  }

  void Need(int i) {
    if (i < 0 || !needed_.insert(i).second || InputFor(Node(i).name()) != nullptr) return;
    const GraphNode& node = Node(i);
    if (node.spec->kind == spec::NodeKind::kSource && node.inputs.empty()) {
      diagnostics_.Error(
          "source-without-rows",
          fmt::format("test {} gives no rows for source {}", QuoteName(test_->name),
                      QuoteName(node.name())),
          test_->span, "",
          fmt::format("add {} to its inputs, or a node that stands between; [] is no rows",
                      node.name()));
    }
    for (const InputTable& table : node.reads()) {
      if (table.node >= 0) {
        Need(table.node);
      } else {
        diagnostics_.Error("reads-elsewhere",
                           fmt::format("test {} cannot give rows for a table of another pipeline",
                                       QuoteName(test_->name)),
                           table.span, "", fmt::format("give rows for {} itself", node.name()));
      }
    }
  }

  Status ReadInputs() {
    std::size_t streams = 0;
    for (Input& input : inputs_) {
      TW_ASSIGN_OR_RETURN(const data::Columns columns, ColumnsOf(&input));
      TW_ASSIGN_OR_RETURN(input.rows->schema, TestRowSchema(columns));
      const auto& steps = input.written->steps;
      input.framed =
          std::any_of(steps.begin(), steps.end(), [](const auto& step) { return step.frame > 0; });
      input.rows->columns = input.framed ? WithFrames(columns) : columns;
      if (input.framed) {
        TW_ASSIGN_OR_RETURN(input.rows->schema, WithFrames(input.rows->schema));
      }
      input.rows->bounded = !input.streams;
      if (input.streams) {
        input.rows->script = script_;
        input.rows->input = streams++;
      }
      std::chrono::nanoseconds now{0};
      for (const auto& step : steps) {
        if (step.frame > 0 && !input.streams) {
          diagnostics_.Error("frame-of-a-table", "only the rows of a stream lie in frames",
                             step.span, "", "write the rows of the frame as rows");
          continue;
        }
        if (step.advance.count() > 0) {
          now += step.advance;
          if (!input.streams) {
            diagnostics_.Error("clock-of-a-table", "only the rows of a stream come over time",
                               step.span, "", "remove the advance");
          }
          input.times.emplace_back(now, std::vector<data::Batch>());
          continue;
        }
        TW_ASSIGN_OR_RETURN(
            auto batches,
            DecodeTestRows(step.rows, columns,
                           fmt::format("node {}", QuoteName(input.written->node.name)),
                           diagnostics_));
        if (input.framed) {
          TW_ASSIGN_OR_RETURN(batches, InFrame(step.frame, input.rows->schema, std::move(batches)));
        }
        if (!input.streams) {
          for (auto& batch : batches) input.rows->batches.push_back(std::move(batch));
        } else {
          input.times.emplace_back(now, std::move(batches));
        }
      }
    }
    WriteScript();
    return {};
  }

  /// At each time the clock moves once; then the inputs give their rows in the order of the test.
  void WriteScript() {
    std::set<std::chrono::nanoseconds> times;
    for (const Input& input : inputs_) {
      for (const auto& [time, batches] : input.times) times.insert(time);
    }
    std::chrono::nanoseconds now{0};
    for (const auto time : times) {
      if (time > now) script_->AddAdvance(time - now);
      now = time;
      for (const Input& input : inputs_) {
        for (const auto& [at, batches] : input.times) {
          if (at != time) continue;
          for (const data::Batch& batch : batches) script_->AddRows(input.rows->input, batch);
        }
      }
    }
  }

  /// Declared in the test, else the node's own, else as the values look.
  Result<data::Columns> ColumnsOf(Input* input) {
    if (!input->written->columns.empty()) {
      data::Columns columns;
      for (const auto& [name, type] : input->written->columns)
        columns.push_back({0, name, type.text});
      return columns;
    }
    data::Columns columns = columns_->Of(input->node, &input->event_time);
    if (!columns.empty()) return columns;
    std::vector<component::Value> rows;
    for (const auto& step : input->written->steps)
      rows.insert(rows.end(), step.rows.begin(), step.rows.end());
    columns = GuessColumns(rows);
    columns_->AddDeclared(input->node, &columns);
    if (columns.empty()) {
      diagnostics_.Error(
          "no-columns",
          fmt::format("the columns of {} are not known", QuoteName(input->written->node.name)),
          input->written->node.span, "", "write {columns: {a: bigint}, rows: []}");
      columns.push_back({0, "unknown", "varchar"});
    }
    return columns;
  }

  void Edit(spec::Pipeline* pipeline) const {
    std::erase_if(pipeline->nodes, [this](const spec::Node& node) {
      return !needed_.contains(graph_.Find(node.name));
    });
    std::vector<spec::Node> sources;
    for (spec::Node& node : pipeline->nodes) {
      SimplifyForTest(&node);
      if (const Input* input = InputFor(node.name)) {
        BecomeTestSource(input->rows, &node);
        if (input->event_time) node.event_time = input->event_time;
        if (input->framed) sources.push_back(TakeSource(&node));
      }
      KeepRows(graph_.Find(node.name), &node);
    }
    std::move(sources.begin(), sources.end(), std::back_inserter(pipeline->nodes));
  }

  /// Makes frames of a source's rows: the node reads it as another one.
  static spec::Node TakeSource(spec::Node* node) {
    spec::Node source = *node;
    source.name = "thalweg_" + node->name;
    node->kind = spec::NodeKind::kOperator;
    node->body = spec::OperatorBody{.name = "frames", .spec = MakeFramesSpec()};
    node->from = {{source.name, node->name_span}};
    node->event_time.reset();
    return source;
  }

  /// Where a test looks, the home has to have a table.
  void KeepRows(int i, spec::Node* node) const {
    const bool expected =
        std::any_of(test_->expect.begin(), test_->expect.end(),
                    [&](const auto& expect) { return NodeOfTable(expect.table.name) == i; });
    using Mode = spec::Materialize::Mode;
    auto& materialize = node->materialize;
    if (Node(i).streams) {
      if (expected && materialize.mode != Mode::kAppend && materialize.mode != Mode::kMerge) {
        materialize.given = true;
        materialize.mode = Mode::kAppend;
      }
    } else if (materialize.mode == Mode::kNone && expected) {
      materialize = {};
    }
  }

  Status Compare(const spec::TestSpec::Expect& expect, TestOutcome* outcome) {
    std::vector<std::string> names;
    for (const auto& row : expect.rows) {
      for (const auto& cell : row.entries()) {
        if (std::find(names.begin(), names.end(), cell.key) == names.end())
          names.push_back(cell.key);
      }
    }
    std::vector<std::string> expected, actual;
    TW_ASSIGN_OR_RETURN(const auto version,
                        workspace_.catalog().LatestGood(graph_.pipeline->name, expect.table.name));
    if (version) {
      TW_ASSIGN_OR_RETURN(expected, ExpectedRows(expect, names, version->manifest.columns));
      if (diagnostics_.has_errors()) return {};
      TW_ASSIGN_OR_RETURN(actual, ActualRows(*version, names));
    } else {
      // No row ever came, so there is no table.
      for (const auto& row : expect.rows) expected.push_back(JsonRow(row));
    }
    RowDifference difference =
        CompareRows(std::move(expected), std::move(actual), expect.ordered, expect.tolerance);
    if (difference.none()) return {};
    outcome->tables.push_back({expect.table.name, std::move(difference)});
    return {};
  }

  /// The columns of these names, or all.
  Result<std::vector<std::string>> ActualRows(const catalog::VersionRecord& version,
                                              const std::vector<std::string>& names) {
    TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace_.engine());
    std::string columns;
    for (const auto& name : names)
      columns += (columns.empty() ? "" : ", ") + data::QuoteIdentifier(name);
    constexpr std::string_view kName = "thalweg_in";
    std::string text = fmt::format("SELECT {} FROM ", names.empty() ? "*" : columns);
    const std::size_t at = text.size();
    text += kName;
    TW_ASSIGN_OR_RETURN(auto table, TableOf(workspace_, version));
    const component::Statement statement{
        text, {{at, at + kName.size(), std::string(kName), 0}}, {std::move(table)}, {}};
    TW_ASSIGN_OR_RETURN(const auto rows, engine->Query(statement, stop_));
    std::vector<data::Batch> batches;
    while (true) {
      TW_ASSIGN_OR_RETURN(data::Batch batch, rows->Next());
      if (!batch) return RowTexts(batches);
      batches.push_back(std::move(batch));
    }
  }

  /// In the types of the table, and as its rows are written.
  Result<std::vector<std::string>> ExpectedRows(const spec::TestSpec::Expect& expect,
                                                const std::vector<std::string>& names,
                                                const data::Columns& columns) {
    data::Columns named;
    for (const auto& name : names) {
      for (const auto& column : columns) {
        if (column.name == name) named.push_back({0, column.name, column.type});
      }
    }
    const bool known = named.size() == names.size();
    TW_ASSIGN_OR_RETURN(
        const auto batches,
        DecodeTestRows(expect.rows, known ? named : columns,
                       fmt::format("table {}", QuoteName(expect.table.name)), diagnostics_));
    return RowTexts(batches);
  }

  Workspace& workspace_;
  RunRequest request_;
  const std::stop_token stop_;
  Diagnostics& diagnostics_;
  Graph graph_;
  const spec::TestSpec* test_ = nullptr;
  std::set<int> needed_;
  std::vector<Input> inputs_;
  const std::shared_ptr<TestScript> script_ = std::make_shared<TestScript>();
  std::optional<TestColumns> columns_;
};

}  // namespace

std::vector<spec::TestSpec> TestsOf(Workspace& workspace, const RunRequest& request) {
  spec::LoadOptions options;
  options.params = request.params;
  Diagnostics ignored;
  const auto source = std::make_shared<const SourceText>(request.file, request.text);
  return spec::LoadText(source, workspace.registry(), options, ignored).tests;
}

Result<TestOutcome> RunPipelineTest(Workspace& workspace, const RunRequest& request,
                                    const std::string& test, std::stop_token stop,
                                    Diagnostics& diagnostics) {
  return Tester(workspace, request, std::move(stop), diagnostics).Run(test);
}

}  // namespace thalweg::runs
