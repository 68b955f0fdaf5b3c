#include "engines/duckdb/duckdb_engine.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "data/quoting.h"
#include "engines/duckdb/complete_scan.h"
#include "engines/duckdb/connection_pool.h"
#include "engines/duckdb/describe_cache.h"
#include "engines/duckdb/job_runner.h"
#include "engines/duckdb/lower_statement.h"
#include "engines/duckdb/memory_plan.h"
#include "engines/duckdb/offered_scans.h"
#include "engines/duckdb/result_columns.h"

namespace thalweg::engines {
namespace {

using component::Description;
using component::Job;
using component::JobId;
using component::JobResult;
using component::JobState;
using component::Statement;

constexpr std::int64_t kQueryBatchRows = 16 * 1024;
constexpr std::size_t kDescriptionsKept = 4096;

/// What a user can do about a resource that ran out.
Status WithAdvice(const DuckDbEngineOptions& options, const Status& status) {
  if (status.ok()) return status;
  if (status.code() == Code::kOutOfMemory) {
    const std::string_view spill =
        options.spill_directory.empty()
            ? "nothing could be moved to disk, for want of a spill directory"
            : "list(), string_agg() and ordered aggregates cannot be moved to disk";
    return status.WithHint(fmt::format("raise the node's memory, or --memory (now {}); {}",
                                       FormatBytes(options.memory), spill));
  }
  if (status.code() == Code::kDiskFull) {
    return status.WithHint(
        fmt::format("free space for the result, and for spilling in {}", options.spill_directory));
  }
  return status;
}

/// A query's rows. Holds its connection, and what the statement reads.
class QueryRows : public component::RowStream {
 public:
  /// `options` outlive the rows.
  QueryRows(const DuckDbEngineOptions& options, ConnectionPool::Lease connection,
            std::unique_ptr<OfferedScans> scans, SqlText sql)
      : options_(options),
        connection_(std::move(connection)),
        scans_(std::move(scans)),
        sql_(std::move(sql)) {}

  Status Start(const std::vector<component::Parameter>& parameters, std::stop_token stop) {
    auto stream = connection_->Stream(sql_.text(), parameters, kQueryBatchRows, std::move(stop));
    if (!stream.ok()) return Explain(stream.status());
    stream_ = *std::move(stream);
    return {};
  }
  data::SchemaRef schema() const override { return stream_->schema(); }
  const data::Columns& columns() const override { return stream_->columns(); }
  Result<data::Batch> Next() override {
    Result<data::Batch> batch = stream_->Next();
    if (!batch.ok()) return Explain(batch.status());
    if (*batch == nullptr) TW_RETURN_IF_ERROR(scans_->Finish());
    return batch;
  }

 private:
  Status Explain(const Status& status) const {
    return WithAdvice(options_, scans_->Explain(sql_.MapError(status)));
  }

  const DuckDbEngineOptions& options_;
  const ConnectionPool::Lease connection_;
  const std::unique_ptr<OfferedScans> scans_;
  const SqlText sql_;
  std::unique_ptr<duckdb::ResultStream> stream_;  // ends before what it reads and the connection
};

std::int64_t RowsOf(const Statement& statement) {
  std::int64_t rows = 0;
  for (const component::Input& input : statement.inputs) {
    const auto* table = std::get_if<component::TableInput>(&input);
    if (table == nullptr) return -1;
    rows += table->manifest.rows;
  }
  return rows;
}

class DuckDbEngineImpl : public DuckDbEngine {
 public:
  DuckDbEngineImpl(const DuckDbEngineOptions& options, int threads,
                   std::unique_ptr<duckdb::Database> database)
      : options_(options),
        threads_(threads),
        database_(std::move(database)),
        pool_(*database_),
        descriptions_(kDescriptionsKept),
        runner_([this](const Job& job, JobMonitor& monitor) { return Run(job, monitor); },
                options.clock) {}

  std::string name() const override { return "duckdb"; }
  std::string version() const override { return duckdb::Database::Version(); }
  duckdb::Database& database() override { return *database_; }

  Result<component::Scan> Complete(component::Scan scan) override {
    TW_RETURN_IF_ERROR(CompleteScan(options_.files, *database_, scan));
    return scan;
  }

  Status Confine(const std::vector<std::string>& paths) override {
    std::vector<std::string> directories, files;
    for (const std::string& path : paths) {
      const Result<FileInfo> info = options_.files.Stat(path);
      const bool file = info.ok() && info->type == FileInfo::Type::kFile;
      (file ? files : directories).push_back(path);
    }
    return database_->Confine(directories, files);
  }

  Result<Description> Describe(const Statement& statement) override {
    TW_ASSIGN_OR_RETURN(const data::Columns described, Bind(statement));
    TW_ASSIGN_OR_RETURN(data::Columns stored, data::StoredColumns(described));
    return Description{.columns = std::move(stored)};
  }

  Result<JobId> Submit(Job job, component::Wake wake) override {
    return runner_.Submit(std::move(job), std::move(wake));
  }
  Result<JobState> Poll(const JobId& job) override {
    runner_.Sample([this] { return database_->Used(); });
    return runner_.Poll(job);
  }
  Status Cancel(const JobId& job) override { return runner_.Cancel(job); }

  Result<std::unique_ptr<component::RowStream>> Query(const Statement& statement,
                                                      std::stop_token stop) override {
    TW_ASSIGN_OR_RETURN(const data::Columns described, Bind(statement));
    auto scans = MakeScans();
    TW_ASSIGN_OR_RETURN(LoweredStatement lowered, LowerForRun(statement, *scans));
    if (auto wrapped = WithArrowColumns(lowered.sql, described)) lowered.sql = *std::move(wrapped);
    TW_ASSIGN_OR_RETURN(ConnectionPool::Lease connection, pool_.Take());
    auto rows = std::make_unique<QueryRows>(options_, std::move(connection), std::move(scans),
                                            std::move(lowered.sql));
    TW_RETURN_IF_ERROR(rows->Start(lowered.parameters, std::move(stop)));
    return std::unique_ptr<component::RowStream>(std::move(rows));
  }

 private:
  std::unique_ptr<OfferedScans> MakeScans() {
    return std::make_unique<OfferedScans>(*database_, options_.files, threads_);
  }

  /// The statement's own columns, without looking at any file.
  Result<data::Columns> Bind(const Statement& statement) {
    TW_ASSIGN_OR_RETURN(const LoweredStatement lowered, LowerForBinding(statement));
    if (auto known = descriptions_.Find(lowered.sql.text())) return *std::move(known);
    TW_ASSIGN_OR_RETURN(const ConnectionPool::Lease connection, pool_.Take());
    Result<data::Columns> columns = connection->Describe(lowered.sql.text());
    if (!columns.ok()) return lowered.sql.MapError(columns.status());
    descriptions_.Put(lowered.sql.text(), *columns);
    return columns;
  }

  Result<JobResult> Run(const Job& job, JobMonitor& monitor) {
    Result<JobResult> result = std::holds_alternative<Statement>(job.work)
                                   ? RunStatement(job, std::get<Statement>(job.work), monitor)
                                   : RunScan(job, std::get<component::Scan>(job.work), monitor);
    if (!result.ok()) return WithAdvice(options_, result.status());
    return result;
  }

  Result<JobResult> RunStatement(const Job& job, const Statement& statement, JobMonitor& monitor) {
    TW_ASSIGN_OR_RETURN(const data::Columns described, Bind(statement));
    TW_ASSIGN_OR_RETURN(data::Columns stored, data::StoredColumns(described));
    const auto scans = MakeScans();
    TW_ASSIGN_OR_RETURN(const LoweredStatement lowered, LowerForRun(statement, *scans));
    TW_ASSIGN_OR_RETURN(JobResult result, Copy(WithStoredColumns(lowered.sql, described, stored),
                                               lowered.parameters, *scans, job, monitor));
    result.columns = std::move(stored);
    result.rows_in = RowsOf(statement);
    return result;
  }

  Result<JobResult> RunScan(const Job& job, const component::Scan& scan, JobMonitor& monitor) {
    const auto scans = MakeScans();
    TW_ASSIGN_OR_RETURN(data::Columns columns, ScanColumns(scan));
    TW_ASSIGN_OR_RETURN(const std::string select, scans->LowerWithRejects(scan, job.rejects_path));
    SqlText sql;
    sql.Add(select);
    TW_ASSIGN_OR_RETURN(JobResult result, Copy(sql, {}, *scans, job, monitor));
    result.columns = std::move(columns);
    for (const auto& text : scans->texts()) {
      result.rejects = text->rejects().file();
      result.rows_rejected = text->rejects().bad();
    }
    result.rows_in = result.rows_out + result.rows_rejected;
    return result;
  }

  /// Writes the rows of a SELECT as the job's one file.
  Result<JobResult> Copy(const SqlText& select, const std::vector<component::Parameter>& parameters,
                         OfferedScans& scans, const Job& job, JobMonitor& monitor) {
    const std::string path = JoinPath(job.out_directory, "part-0.parquet");
    SqlText sql;
    sql.Add("COPY (");
    sql.Append(select);
    // A line end, in case the statement ends in a comment.
    sql.Add(fmt::format(
        "\n) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, USE_TMP_FILE false)",
        data::QuoteLiteral(path)));

    TW_ASSIGN_OR_RETURN(const ConnectionPool::Lease connection, pool_.Take());
    monitor.Watch([&] { return ProgressOf(*connection, scans); });
    options_.files.WillWriteOutside(path);
    const Result<std::int64_t> rows = connection->Run(sql.text(), parameters, monitor.stop());
    monitor.Watch({});
    if (!rows.ok()) return scans.Explain(sql.MapError(rows.status()));
    TW_RETURN_IF_ERROR(scans.Finish());

    TW_ASSIGN_OR_RETURN(const FileInfo info, options_.files.Stat(path));
    JobResult result;
    result.rows_out = *rows;
    result.files.push_back({.path = path, .rows = *rows, .size = info.size});
    return result;
  }

  static component::JobProgress ProgressOf(duckdb::Connection& connection,
                                           const OfferedScans& scans) {
    if (scans.texts().empty()) return {.fraction = connection.Progress(), .rows = 0};
    std::int64_t rows = 0;
    for (const auto& text : scans.texts()) rows += text->rejects().good();
    return {.fraction = scans.Fraction(), .rows = rows};
  }

  const DuckDbEngineOptions options_;
  const int threads_;
  const std::unique_ptr<duckdb::Database> database_;
  ConnectionPool pool_;
  DescribeCache descriptions_;
  JobRunner runner_;  // last: its threads use all of the above
};

}  // namespace

Result<std::unique_ptr<DuckDbEngine>> OpenDuckDb(const DuckDbEngineOptions& options) {
  const int cores = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
  const MemoryPlan plan = PlanMemory(options.memory, options.threads > 0 ? options.threads : cores);
  if (!options.spill_directory.empty()) {
    TW_RETURN_IF_ERROR(MakeDirectories(options.files, options.spill_directory));
  }
  TW_ASSIGN_OR_RETURN(auto database,
                      duckdb::Database::Open({.memory_limit = plan.limit,
                                              .threads = plan.threads,
                                              .spill_directory = options.spill_directory,
                                              .spill_limit = options.spill_limit}));
  return std::make_unique<DuckDbEngineImpl>(options, plan.threads, std::move(database));
}

}  // namespace thalweg::engines
