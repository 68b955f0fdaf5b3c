#include "runs/table_source.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"

namespace thalweg::runs {

namespace {

class RowsReader : public component::Reader {
 public:
  RowsReader(std::unique_ptr<component::RowStream> rows, std::int64_t skip)
      : rows_(std::move(rows)), skip_(skip), at_(skip) {}

  Result<component::Polled> Poll(Bytes, const component::Wake&) override {
    component::Polled polled;
    while (true) {
      TW_ASSIGN_OR_RETURN(data::Batch batch, rows_->Next());
      if (!batch) return polled;
      const std::int64_t skipped = std::min(skip_, batch->num_rows());
      skip_ -= skipped;
      if (skipped == batch->num_rows()) continue;
      polled.state = component::Polled::State::kRows;
      polled.rows = skipped == 0 ? batch : batch->Slice(skipped);
      at_ += polled.rows->num_rows();
      return polled;
    }
  }
  component::Position At() const override { return {std::to_string(at_)}; }
  Status Ack(const component::Position&) override { return {}; }

 private:
  const std::unique_ptr<component::RowStream> rows_;
  std::int64_t skip_, at_;
};

class EndReader : public component::Reader {
 public:
  Result<component::Polled> Poll(Bytes, const component::Wake&) override {
    return component::Polled();
  }
  component::Position At() const override { return {std::string(kEndOfTable)}; }
  Status Ack(const component::Position&) override { return {}; }
};

}  // namespace

component::Statement OrderedRows(component::Input input, const data::EdgeType& edge) {
  constexpr std::string_view kName = "thalweg_in";
  std::string text = "SELECT * FROM ";
  const std::size_t at = text.size();
  text += kName;
  std::string terms;
  const auto add = [&](const std::string& name) {
    terms += fmt::format("{}{} ASC NULLS FIRST", terms.empty() ? " ORDER BY " : ", ",
                         data::QuoteIdentifier(name));
  };
  if (edge.event_time) add(*edge.event_time);
  for (const auto& field : edge.schema->fields()) {
    if (field->name() != edge.event_time) add(field->name());
  }
  return {text + terms, {{at, at + kName.size(), std::string(kName), 0}}, {std::move(input)}, {}};
}

Status CheckColumns(const catalog::VersionRecord& version, const data::EdgeType& edge, bool begun) {
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(version.manifest.columns));
  if (schema->Equals(*edge.schema, /*check_metadata=*/false)) return {};
  return Status::Invalid(fmt::format("version {} of table {}.{}{} has other columns than {}",
                                     version.number, version.pipeline, version.table,
                                     begun ? ", which was begun," : "",
                                     begun ? "the table has now" : "the run was planned with"))
      .WithSlug("columns-changed")
      .WithHint(begun ? "give the node another name, so that it begins with the newest version"
                      : "run again: the table was written meanwhile");
}

TableSource::TableSource(component::Engine* engine, component::TableInput table,
                         data::EdgeType edge, data::Columns columns, std::stop_token stop)
    : engine_(engine),
      table_(std::move(table)),
      edge_(std::move(edge)),
      columns_(std::move(columns)),
      stop_(std::move(stop)) {}

Result<std::optional<component::Fingerprint>> TableSource::Identity() {
  return std::optional(component::Fingerprint{table_.manifest.id.str()});
}

Result<std::vector<component::Split>> TableSource::Discover(const component::SourceState&) {
  return std::vector<component::Split>{{table_.manifest.id.str(), ""}};
}

Result<std::unique_ptr<component::Reader>> TableSource::Open(const component::Split&,
                                                             const component::Position& from) {
  if (from.text == kEndOfTable) return std::make_unique<EndReader>();
  std::int64_t skip = 0;
  if (!from.text.empty()) {
    const auto [end, error] =
        std::from_chars(from.text.data(), from.text.data() + from.text.size(), skip);
    if (error != std::errc() || end != from.text.data() + from.text.size() || skip < 0) {
      return Status(Code::kCorrupt, Fault::kBug,
                    "a position in a table cannot be read position=" + from.text);
    }
  }
  TW_ASSIGN_OR_RETURN(auto rows, engine_->Query(OrderedRows(table_, edge_), stop_));
  return std::unique_ptr<component::Reader>(std::make_unique<RowsReader>(std::move(rows), skip));
}

}  // namespace thalweg::runs
