#include "runs/system_tables.h"

#include <functional>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/parquet_file.h"
#include "runs/metric_series.h"

namespace thalweg::runs {

namespace {

/// Rows of a small table, cell by cell.
class TableBuilder {
 public:
  explicit TableBuilder(const data::Columns& columns) : columns_(columns) {}

  Status Open() {
    TW_ASSIGN_OR_RETURN(schema_, data::ToArrow(columns_));
    for (const auto& field : schema_->fields()) {
      std::unique_ptr<arrow::ArrayBuilder> builder;
      const arrow::Status made =
          arrow::MakeBuilder(arrow::default_memory_pool(), field->type(), &builder);
      if (!made.ok()) return data::FromArrowStatus(made, "make a system table");
      builders_.push_back(std::move(builder));
    }
    return {};
  }
  void Row() { column_ = 0; }
  TableBuilder& Add(const std::string& text) {
    return Keep(static_cast<arrow::StringBuilder&>(Next()).Append(text));
  }
  TableBuilder& Add(std::string_view text) { return Add(std::string(text)); }
  TableBuilder& Add(std::int64_t number) {
    return Keep(static_cast<arrow::Int64Builder&>(Next()).Append(number));
  }
  TableBuilder& Add(double number) {
    return Keep(static_cast<arrow::DoubleBuilder&>(Next()).Append(number));
  }
  TableBuilder& Add(bool flag) {
    return Keep(static_cast<arrow::BooleanBuilder&>(Next()).Append(flag));
  }
  TableBuilder& Add(const std::optional<Instant>& instant) {
    auto& builder = static_cast<arrow::TimestampBuilder&>(Next());
    return Keep(instant ? builder.Append(instant->time_since_epoch().count())
                        : builder.AppendNull());
  }

  Result<data::Batch> Finish() {
    if (!status_.ok()) return data::FromArrowStatus(status_, "make a system table");
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (auto& builder : builders_) {
      auto array = builder->Finish();
      if (!array.ok()) return data::FromArrowStatus(array.status(), "make a system table");
      arrays.push_back(*array);
    }
    const std::int64_t rows = arrays.empty() ? 0 : arrays.front()->length();
    return arrow::RecordBatch::Make(schema_, rows, arrays);
  }

 private:
  arrow::ArrayBuilder& Next() { return *builders_[column_++]; }
  TableBuilder& Keep(const arrow::Status& status) {
    if (status_.ok()) status_ = status;
    return *this;
  }

  data::Columns columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::size_t column_ = 0;
  arrow::Status status_;
};

data::Columns Make(std::initializer_list<std::pair<const char*, const char*>> columns) {
  data::Columns made;
  for (const auto& [name, type] : columns)
    made.push_back({static_cast<int>(made.size()) + 1, name, type});
  return made;
}

struct SystemTable {
  std::string_view name;
  data::Columns columns;
  Status (*fill)(Workspace&, TableBuilder&);
};

constexpr int kAllRuns = 1'000'000;

Status FillRuns(Workspace& workspace, TableBuilder& table) {
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(std::nullopt, kAllRuns));
  for (const auto& run : runs) {
    table.Row();
    table.Add(run.number)
        .Add(run.pipeline)
        .Add(catalog::ToString(run.state))
        .Add(std::optional(run.started))
        .Add(run.ended);
    table.Add(run.selection).Add(run.parameters).Add(run.file_path).Add(run.actor).Add(run.reason);
  }
  return {};
}

Status FillNodes(Workspace& workspace, TableBuilder& table) {
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(std::nullopt, kAllRuns));
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(const auto nodes, catalog.NodeRuns(run.id));
    for (const auto& node : nodes) {
      table.Row();
      table.Add(run.number)
          .Add(run.pipeline)
          .Add(node.node_name)
          .Add(node.kind)
          .Add(catalog::ToString(node.state))
          .Add(node.action);
      table.Add(node.version.str())
          .Add(node.recipe_key)
          .Add(node.started)
          .Add(node.ended)
          .Add(node.error);
    }
  }
  return {};
}

Status FillAttempts(Workspace& workspace, TableBuilder& table) {
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(std::nullopt, kAllRuns));
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(const auto nodes, catalog.NodeRuns(run.id));
    for (const auto& node : nodes) {
      TW_ASSIGN_OR_RETURN(const auto attempts, catalog.Attempts(node.id));
      for (const auto& attempt : attempts) {
        table.Row();
        table.Add(run.number)
            .Add(node.node_name)
            .Add(std::int64_t{attempt.number})
            .Add(catalog::ToString(attempt.state))
            .Add(attempt.engine)
            .Add(attempt.worker);
        table.Add(attempt.started)
            .Add(attempt.ended)
            .Add(attempt.rows_in)
            .Add(attempt.rows_out)
            .Add(attempt.rows_rejected);
        table.Add(attempt.bytes.value)
            .Add(attempt.peak_memory.value)
            .Add(attempt.spilled.value)
            .Add(attempt.cpu_us)
            .Add(attempt.error);
      }
    }
  }
  return {};
}

Status FillVersions(Workspace& workspace, TableBuilder& table) {
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto tables, catalog.Tables());
  for (const auto& known : tables) {
    TW_ASSIGN_OR_RETURN(const auto versions,
                        catalog.Versions(known.pipeline, known.table, kAllRuns));
    for (const auto& version : versions) {
      table.Row();
      table.Add(version.pipeline)
          .Add(version.table)
          .Add(version.number)
          .Add(version.run_number)
          .Add(version.manifest.id.str());
      table.Add(version.manifest.rows)
          .Add(version.manifest.rows_exact())
          .Add(version.manifest.bytes.value)
          .Add(static_cast<std::int64_t>(version.manifest.files.size()));
      table.Add(version.good)
          .Add(version.invalidated)
          .Add(data::ToString(version.manifest.columns))
          .Add(std::optional(version.created));
    }
  }
  return {};
}

Status FillSignatures(Workspace& workspace, TableBuilder& table) {
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto nodes, catalog.Nodes());
  for (const auto& node : nodes) {
    if (node.kind != "gate") continue;
    TW_ASSIGN_OR_RETURN(const auto signatures, catalog.Signatures(node.id));
    for (const auto& signature : signatures) {
      table.Row();
      table.Add(node.pipeline).Add(node.name).Add(signature.run_number);
      table.Add(std::string(signature.decision == catalog::Decision::kApproved ? "approved"
                                                                               : "rejected"));
      table.Add(signature.actor)
          .Add(std::optional(signature.at))
          .Add(signature.comment)
          .Add(signature.versions.front().str())
          .Add(signature.digest);
    }
  }
  return {};
}

Status FillEvents(Workspace& workspace, TableBuilder& table) {
  catalog::Catalog& catalog = workspace.catalog();
  TW_ASSIGN_OR_RETURN(const auto runs, catalog.Runs(std::nullopt, kAllRuns));
  for (const auto& run : runs) {
    TW_ASSIGN_OR_RETURN(const auto events, catalog.Events(run.number, 0, kAllRuns));
    for (const auto& event : events) {
      table.Row();
      table.Add(event.id)
          .Add(std::optional(event.at))
          .Add(event.run_number)
          .Add(event.node)
          .Add(event.what)
          .Add(event.actor)
          .Add(event.reason);
    }
  }
  return {};
}

/// Of a run whose file cannot be read there are no rows: it is best effort.
Status FillMetrics(Workspace& workspace, TableBuilder& table) {
  TW_ASSIGN_OR_RETURN(const auto runs, workspace.catalog().Runs(std::nullopt, kAllRuns));
  for (const auto& run : runs) {
    const auto metrics = ReadMetrics(workspace.home(), run.number);
    if (!metrics.ok()) continue;
    for (const Metric& metric : *metrics) {
      table.Row();
      table.Add(std::optional(metric.at))
          .Add(run.number)
          .Add(metric.node)
          .Add(metric.measure)
          .Add(metric.value);
    }
  }
  return {};
}

const std::vector<SystemTable>& All() {
  static const std::vector<SystemTable> tables = {
      {"runs",
       Make({{"number", "bigint"},
             {"pipeline", "varchar"},
             {"state", "varchar"},
             {"started", "timestamptz"},
             {"ended", "timestamptz"},
             {"selection", "varchar"},
             {"parameters", "varchar"},
             {"file", "varchar"},
             {"actor", "varchar"},
             {"reason", "varchar"}}),
       FillRuns},
      {"nodes",
       Make({{"run", "bigint"},
             {"pipeline", "varchar"},
             {"node", "varchar"},
             {"kind", "varchar"},
             {"state", "varchar"},
             {"action", "varchar"},
             {"version", "varchar"},
             {"recipe_key", "varchar"},
             {"started", "timestamptz"},
             {"ended", "timestamptz"},
             {"error", "varchar"}}),
       FillNodes},
      {"attempts",
       Make({{"run", "bigint"},
             {"node", "varchar"},
             {"number", "bigint"},
             {"state", "varchar"},
             {"engine", "varchar"},
             {"worker", "varchar"},
             {"started", "timestamptz"},
             {"ended", "timestamptz"},
             {"rows_in", "bigint"},
             {"rows_out", "bigint"},
             {"rows_rejected", "bigint"},
             {"bytes", "bigint"},
             {"peak_memory", "bigint"},
             {"spilled", "bigint"},
             {"cpu_us", "bigint"},
             {"error", "varchar"}}),
       FillAttempts},
      {"versions",
       Make({{"pipeline", "varchar"},
             {"table_name", "varchar"},
             {"number", "bigint"},
             {"run", "bigint"},
             {"id", "varchar"},
             {"rows", "bigint"},
             {"rows_exact", "boolean"},
             {"bytes", "bigint"},
             {"files", "bigint"},
             {"good", "boolean"},
             {"invalidated", "boolean"},
             {"columns", "varchar"},
             {"created", "timestamptz"}}),
       FillVersions},
      {"signatures",
       Make({{"pipeline", "varchar"},
             {"gate", "varchar"},
             {"run", "bigint"},
             {"decision", "varchar"},
             {"actor", "varchar"},
             {"at", "timestamptz"},
             {"comment", "varchar"},
             {"version", "varchar"},
             {"digest", "varchar"}}),
       FillSignatures},
      {"events",
       Make({{"id", "bigint"},
             {"at", "timestamptz"},
             {"run", "bigint"},
             {"node", "varchar"},
             {"what", "varchar"},
             {"actor", "varchar"},
             {"reason", "varchar"}}),
       FillEvents},
      {"metrics",
       Make({{"at", "timestamptz"},
             {"run", "bigint"},
             {"node", "varchar"},
             {"measure", "varchar"},
             {"value", "double"}}),
       FillMetrics},
  };
  return tables;
}

}  // namespace

Result<component::Input> SystemTables::Read(const std::string& table) {
  std::vector<std::string> names;
  for (const auto& known : All()) {
    names.emplace_back(known.name);
    if (known.name != table) continue;
    TableBuilder builder(known.columns);
    TW_RETURN_IF_ERROR(builder.Open());
    TW_RETURN_IF_ERROR(known.fill(workspace_, builder));
    TW_ASSIGN_OR_RETURN(const data::Batch batch, builder.Finish());
    directory_ = JoinPath(workspace_.home().SpillDirectory(), "system");
    TW_RETURN_IF_ERROR(MakeDirectories(workspace_.files(), directory_));
    TW_ASSIGN_OR_RETURN(
        const auto writer,
        data::ParquetWriter::Open(workspace_.files(), JoinPath(directory_, table + ".parquet"),
                                  batch->schema(), {}));
    TW_RETURN_IF_ERROR(writer->Write(*batch));
    TW_ASSIGN_OR_RETURN(data::DataFile file, writer->Finish());
    component::TableInput input;
    input.home = workspace_.home().path();
    input.manifest.columns = known.columns;
    input.manifest.rows = file.rows;
    input.manifest.files.push_back(std::move(file));
    return component::Input(std::move(input));
  }
  const std::string near = Nearest(table, names);
  return Status::NotFound(fmt::format("there is no system table thalweg.{}", table))
      .WithSlug("unknown-table")
      .WithHint(near.empty() ? fmt::format("they are: {}", fmt::join(names, ", "))
                             : fmt::format("did you mean thalweg.{}?", near));
}

}  // namespace thalweg::runs
