#include "runs/operator_job.h"

#include <charconv>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "base/hash.h"
#include "data/parquet_file.h"
#include "operators/parameter_literals.h"
#include "runs/bounded_drive.h"
#include "runs/table_source.h"

namespace thalweg::runs {

namespace {

constexpr std::int64_t kProgressRows = 1 << 16;

component::Statement UnorderedRows(component::Input input) {
  constexpr std::string_view kName = "thalweg_in";
  std::string text = "SELECT * FROM ";
  const std::size_t at = text.size();
  text += kName;
  return {text, {{at, at + kName.size(), std::string(kName), 0}}, {std::move(input)}, {}};
}

/// The tables that an operator makes, each one file, opened when its first row comes.
class TableFiles {
 public:
  TableFiles(FileSystem& files, std::string directory, const component::Bound& bound)
      : files_(files), directory_(std::move(directory)), bound_(bound) {}

  Status Write(std::string_view side, const data::Batch& rows) {
    auto& writer = writers_[std::string(side)];
    if (writer == nullptr) {
      const std::string name = side.empty() ? "part-0.parquet" : fmt::format("{}-0.parquet", side);
      TW_ASSIGN_OR_RETURN(const data::SchemaRef schema, SchemaOf(side));
      TW_ASSIGN_OR_RETURN(writer,
                          data::ParquetWriter::Open(files_, JoinPath(directory_, name), schema));
    }
    if (!side.empty()) side_rows_ += rows->num_rows();
    return writer->Write(*rows);
  }

  Result<OperatorResult> Finish() {
    OperatorResult result;
    for (auto& [side, writer] : writers_) {
      TW_ASSIGN_OR_RETURN(data::DataFile file, writer->Finish());
      if (side.empty()) {
        result.table.rows_out = file.rows;
        result.table.files.push_back(std::move(file));
      } else {
        result.sides[side].push_back(std::move(file));
      }
    }
    result.side_rows = side_rows_;
    return result;
  }

 private:
  Result<data::SchemaRef> SchemaOf(std::string_view side) const {
    if (side.empty()) return bound_.output.schema;
    for (const auto& [name, edge] : bound_.sides) {
      if (name == side) return edge.schema;
    }
    return Status::Internal(fmt::format("an operator gave rows of side {} unannounced", side));
  }

  FileSystem& files_;
  const std::string directory_;
  const component::Bound& bound_;
  std::map<std::string, std::unique_ptr<data::ParquetWriter>> writers_;
  std::int64_t side_rows_ = 0;
};

}  // namespace

Result<OperatorResult> RunOperatorJob(
    Workspace& workspace, OperatorJob job, std::stop_token stop,
    const std::function<void(const component::JobProgress&)>& progress) {
  const auto& body = std::get<spec::OperatorBody>(job.node->body);
  const OperatorPlan& plan = *job.plan;
  TW_ASSIGN_OR_RETURN(component::Engine * engine, workspace.engine());
  TW_ASSIGN_OR_RETURN(auto without_parameters, workspace.make_evaluator());
  const auto make_evaluator =
      operators::WithParameters(std::move(without_parameters), job.parameters);
  TW_ASSIGN_OR_RETURN(const auto op, body.spec->Make(plan.inputs));
  TW_RETURN_IF_ERROR(op->Open({&workspace.clock(), make_evaluator, {}}));

  const std::size_t streams = job.node->from.size();
  std::vector<DriveInput> inputs;
  for (std::size_t i = 0; i < job.inputs.size(); ++i) {
    DriveInput input;
    input.edge = plan.inputs[i];
    input.looked_into = i >= streams;
    const bool ordered = !plan.bound.stateless && !input.looked_into;
    TW_ASSIGN_OR_RETURN(input.rows,
                        engine->Query(ordered ? OrderedRows(std::move(job.inputs[i]), input.edge)
                                              : UnorderedRows(std::move(job.inputs[i])),
                                      stop));
    if (!input.rows->schema()->Equals(*input.edge.schema, /*check_metadata=*/false)) {
      return Status(Code::kConflict, Fault::kExternal,
                    fmt::format("an input of {} has other columns than when the run was planned",
                                job.node->name))
          .Retryable();
    }
    inputs.push_back(std::move(input));
  }
  // Without event time on every port nothing says which row comes first.
  if (plan.bound.stateless) {
    for (DriveInput& input : inputs) input.edge.event_time.reset();
  }

  TableFiles files(workspace.files(), job.directory, plan.bound);
  std::int64_t rows = 0, told = 0;
  const DriveSink sink = [&](std::string_view side, const data::Batch& batch) -> Status {
    TW_RETURN_IF_ERROR(files.Write(side, batch));
    if (side.empty()) rows += batch->num_rows();
    if (rows - told >= kProgressRows) {
      told = rows;
      progress({.rows = rows});
    }
    return {};
  };
  const DriveOptions options{job.node->name, plan.bound.stateless, job.node->on_error,
                             stop,           body.expressions,     make_evaluator};
  auto driven = DriveBounded(*op, std::move(inputs), options, sink);
  if (!driven.ok()) return driven.status().Annotate(fmt::format("node \"{}\"", job.node->name));
  const DriveCounts counts = *driven;
  TW_ASSIGN_OR_RETURN(OperatorResult result, files.Finish());
  result.table.columns = plan.columns;
  result.table.rows_in = counts.rows_in;
  result.table.rows_rejected = counts.rows_dropped;
  if (const auto rejects = result.sides.find("rejects"); rejects != result.sides.end()) {
    for (const auto& file : rejects->second) result.table.rows_rejected += file.rows;
  }
  return result;
}

Result<component::Statement> LoweredStatement(Workspace& workspace, const OperatorJob& job) {
  const auto& body = std::get<spec::OperatorBody>(job.node->body);
  const auto text = body.spec->Lower(component::Dialect::kDuckDb, job.plan->inputs);
  if (!text) {
    return Status::Unsupported(
               fmt::format("{} with these options cannot be said in SQL", body.name))
        .WithSlug("not-lowered")
        .WithHint("take \"engine\" away: the operator runs by itself");
  }
  TW_ASSIGN_OR_RETURN(sql::Analyzer * analyzer, workspace.analyzer());
  TW_ASSIGN_OR_RETURN(auto outcomes, analyzer->Analyze(std::span(&*text, 1)));
  if (const auto* rejection = std::get_if<sql::Rejection>(&outcomes[0])) {
    return Status::Invalid(rejection->findings.front().message)
        .WithSlug(rejection->findings.front().slug);
  }
  const auto& analysis = std::get<sql::Analysis>(outcomes[0]);
  std::vector<component::Input> inputs;
  for (const sql::TableRef& table : analysis.tables) {
    std::size_t port = job.inputs.size();
    constexpr std::string_view kPrefix = "in_";
    if (table.table.starts_with(kPrefix)) {
      std::from_chars(table.table.data() + kPrefix.size(), table.table.data() + table.table.size(),
                      port);
    }
    if (port >= job.inputs.size()) {
      return Status::Invalid(
          fmt::format("an expression of {} reads \"{}\": it may read the columns of its rows only",
                      job.node->name, table.table));
    }
    inputs.push_back(job.inputs[port]);
  }
  return sql::MakeStatement(*text, analysis, std::move(inputs), job.parameters);
}

}  // namespace thalweg::runs
