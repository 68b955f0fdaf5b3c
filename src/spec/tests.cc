#include "spec/tests.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "spec/names.h"

namespace thalweg::spec {

using component::QuoteName;

namespace {

class TestLoader {
 public:
  TestLoader(const Pipeline& pipeline, Diagnostics& diagnostics)
      : pipeline_(pipeline), diagnostics_(diagnostics) {
    for (const Node& node : pipeline.nodes) nodes_.push_back(node.name);
    for (const ParameterSpec& param : pipeline.params) params_.push_back(param.name);
  }

  TestSpec Load(const Value::Entry& entry, const TestKeys& keys) {
    CheckName("test", entry.key, entry.key_span, diagnostics_);
    TestSpec test;
    test.name = entry.key;
    test.span = entry.key_span;
    test.doc = keys.doc;
    LoadParams(entry.value.Find("params"), keys, &test);
    LoadInputs(entry.value.Find("inputs"), keys, &test);
    LoadExpect(entry.value.Find("expect"), keys, &test);
    return test;
  }

 private:
  static const std::vector<Value::Entry>& EntriesOf(const Value* value) {
    static const std::vector<Value::Entry> kNone;
    return value == nullptr ? kNone : value->entries();
  }

  void LoadParams(const Value* written, const TestKeys& keys, TestSpec* test) {
    const auto& entries = EntriesOf(written);
    for (std::size_t i = 0; i < std::min(entries.size(), keys.params.size()); ++i) {
      if (std::find(params_.begin(), params_.end(), entries[i].key) == params_.end()) {
        Unknown("unknown-parameter", "the pipeline has no parameter", entries[i].key,
                entries[i].key_span, params_);
      }
      test->params[entries[i].key] = keys.params[i].second.text;
    }
  }

  void LoadInputs(const Value* written, const TestKeys& keys, TestSpec* test) {
    const auto& entries = EntriesOf(written);
    for (std::size_t i = 0; i < std::min(entries.size(), keys.inputs.size()); ++i) {
      TestSpec::Input input;
      input.node = {entries[i].key, entries[i].key_span};
      input.columns = keys.inputs[i].second.columns;
      const Node* node = pipeline_.Find(input.node.name);
      if (node == nullptr) {
        Unknown("unknown-node", "there is no node", input.node.name, input.node.span, nodes_);
      } else if (node->kind == NodeKind::kTarget) {
        diagnostics_.Error("input-is-a-target", "a target makes no rows that others read",
                           input.node.span);
      }
      std::vector<std::string> columns;
      for (const auto& [name, type] : input.columns) columns.push_back(name);
      for (const Value& item : keys.inputs[i].second.rows) AddStep(item, columns, &input.steps);
      test->inputs.push_back(std::move(input));
    }
  }

  void AddStep(const Value& item, const std::vector<std::string>& columns,
               std::vector<TestSpec::Step>* steps) {
    if (!CheckRow(item)) return;
    if (item.entries().size() == 1 && item.entries()[0].key == "advance") {
      const Value& by = item.entries()[0].value;
      const auto duration = ParseDuration(by.text());
      if (!duration.ok() || duration->count() <= 0) {
        diagnostics_.Error("bad-value", "\"advance\" must be a duration above zero", by.span(), "",
                           "for example {advance: 30s}");
        return;
      }
      steps->push_back({{}, *duration, item.span()});
      return;
    }
    if (item.entries().size() == 1 && item.entries()[0].key == "frame" &&
        item.entries()[0].value.kind() == Value::Kind::kList) {
      AddFrame(item, columns, steps);
      return;
    }
    CheckCells(item, columns);
    if (steps->empty() || steps->back().advance.count() > 0 || steps->back().frame > 0)
      steps->push_back({{}, {}, item.span()});
    steps->back().rows.push_back(item);
  }

  void AddFrame(const Value& item, const std::vector<std::string>& columns,
                std::vector<TestSpec::Step>* steps) {
    const Value& rows = item.entries()[0].value;
    if (rows.items().empty()) {
      diagnostics_.Error("empty-value", "a frame has at least one row", rows.span());
      return;
    }
    TestSpec::Step step{{}, {}, item.span(), 1};
    for (const TestSpec::Step& before : *steps) step.frame += before.frame > 0 ? 1 : 0;
    for (const Value& row : rows.items()) {
      if (!CheckRow(row)) continue;
      CheckCells(row, columns);
      step.rows.push_back(row);
    }
    steps->push_back(std::move(step));
  }

  void CheckCells(const Value& row, const std::vector<std::string>& columns) {
    if (columns.empty()) return;
    for (const auto& cell : row.entries()) {
      if (std::find(columns.begin(), columns.end(), cell.key) == columns.end()) {
        Unknown("unknown-column", "the declared columns do not have", cell.key, cell.key_span,
                columns);
      }
    }
  }

  void LoadExpect(const Value* written, const TestKeys& keys, TestSpec* test) {
    const auto& entries = EntriesOf(written);
    for (std::size_t i = 0; i < std::min(entries.size(), keys.expect.size()); ++i) {
      const TestExpectKeys& read = keys.expect[i].second;
      TestSpec::Expect expect{
          {entries[i].key, entries[i].key_span}, {}, read.ordered, read.tolerance};
      if (pipeline_.Find(NodeOfTable(expect.table.name)) == nullptr) {
        Unknown("unknown-node", "there is no node", expect.table.name, expect.table.span, nodes_);
      }
      for (const Value& row : read.rows) {
        if (CheckRow(row)) expect.rows.push_back(row);
      }
      if (read.tolerance && *read.tolerance < 0) {
        diagnostics_.Error("out-of-range", "tolerance must not be negative",
                           entries[i].value.span());
      }
      test->expect.push_back(std::move(expect));
    }
    if (written != nullptr && written->kind() == Value::Kind::kMap && entries.empty()) {
      diagnostics_.Error("empty-value", "the test expects nothing", written->span(), "",
                         "name a node and its rows; [] says that it makes none");
    }
  }

  std::string NodeOfTable(const std::string& table) const {
    if (pipeline_.Find(table) != nullptr) return table;
    for (const std::string_view end : {"_rejects", "_late"}) {
      if (table.ends_with(end)) return table.substr(0, table.size() - end.size());
    }
    return table;
  }

  bool CheckRow(const Value& row) {
    if (row.kind() == Value::Kind::kMap && !row.entries().empty()) return true;
    diagnostics_.Error("wrong-type",
                       row.kind() == Value::Kind::kMap
                           ? "a row needs at least one column"
                           : fmt::format("a row must be a map, not {}", row.KindName()),
                       row.span(), "", "for example {ad_id: 1, event_type: view}");
    return false;
  }

  void Unknown(std::string slug, std::string_view what, const std::string& name, const Span& span,
               const std::vector<std::string>& known) {
    const std::string near = Nearest(name, known);
    diagnostics_.Error(std::move(slug), fmt::format("{} {}", what, QuoteName(name)), span,
                       near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  }

  const Pipeline& pipeline_;
  Diagnostics& diagnostics_;
  std::vector<std::string> nodes_, params_;
};

}  // namespace

std::vector<TestSpec> LoadTests(const Value& document, const component::NamedList<TestKeys>& read,
                                const Pipeline& pipeline, Diagnostics& diagnostics) {
  std::vector<TestSpec> tests;
  const Value* written = document.Find("tests");
  if (written == nullptr) return tests;
  TestLoader loader(pipeline, diagnostics);
  const auto& entries = written->entries();
  for (std::size_t i = 0; i < std::min(entries.size(), read.size()); ++i)
    tests.push_back(loader.Load(entries[i], read[i].second));
  return tests;
}

}  // namespace thalweg::spec
