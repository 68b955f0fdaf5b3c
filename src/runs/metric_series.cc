#include "runs/metric_series.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/builder_time.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/log.h"
#include "data/parquet_file.h"

namespace thalweg::runs {
namespace {

constexpr std::int64_t kBatchRows = 64 * 1024;

std::string FileOf(const catalog::Home& home, std::int64_t run) {
  return JoinPath(home.RunDirectory(run), "metrics.parquet");
}

data::Columns MetricColumns() {
  return {{1, "at", "timestamptz"},
          {2, "node", "varchar"},
          {3, "measure", "varchar"},
          {4, "value", "double"}};
}

Status AddRows(const arrow::RecordBatch& batch, std::vector<Metric>& metrics) {
  const auto* at = dynamic_cast<const arrow::TimestampArray*>(batch.column(0).get());
  const auto* node = dynamic_cast<const arrow::StringArray*>(batch.column(1).get());
  const auto* measure = dynamic_cast<const arrow::StringArray*>(batch.column(2).get());
  const auto* value = dynamic_cast<const arrow::DoubleArray*>(batch.column(3).get());
  if (!at || !node || !measure || !value)
    return Status(Code::kCorrupt, "metrics.parquet has columns of other types");
  for (std::int64_t i = 0; i < batch.num_rows(); ++i) {
    metrics.push_back({Instant(std::chrono::microseconds(at->Value(i))), node->GetString(i),
                       measure->GetString(i), value->Value(i)});
  }
  return Status::Ok();
}

/// A value of one attempt, where it is known.
struct Measure {
  std::string_view name;
  double value = 0;
};

std::vector<Measure> MeasuresOf(const catalog::AttemptRecord& attempt) {
  std::vector<Measure> measures = {{"rows", static_cast<double>(attempt.rows_out)},
                                   {"rejected_rows", static_cast<double>(attempt.rows_rejected)},
                                   {"bytes", static_cast<double>(attempt.bytes.value)},
                                   {"peak_memory", static_cast<double>(attempt.peak_memory.value)},
                                   {"spilled", static_cast<double>(attempt.spilled.value)},
                                   {"cpu_seconds", static_cast<double>(attempt.cpu_us) / 1e6}};
  if (attempt.rows_in >= 0)
    measures.push_back({"input_rows", static_cast<double>(attempt.rows_in)});
  if (attempt.started && attempt.ended) {
    const std::chrono::duration<double> wall = *attempt.ended - *attempt.started;
    measures.push_back({"wall_seconds", wall.count()});
  }
  return measures;
}

Status AddAttempts(catalog::Catalog& catalog, const catalog::RunRecord& run,
                   std::vector<Metric>& metrics) {
  TW_ASSIGN_OR_RETURN(const auto nodes, catalog.NodeRuns(run.id));
  for (const auto& node : nodes) {
    if (!node.started) continue;  // reused, skipped: nothing was measured
    TW_ASSIGN_OR_RETURN(const auto attempts, catalog.Attempts(node.id));
    for (const auto& attempt : attempts) {
      if (!attempt.ended) continue;
      for (const Measure& measure : MeasuresOf(attempt))
        metrics.push_back(
            {*attempt.ended, node.node_name, std::string(measure.name), measure.value});
    }
  }
  return Status::Ok();
}

}  // namespace

MetricSeries::MetricSeries(const catalog::Home& home, const Clock& clock, std::int64_t run,
                           Options options)
    : files_(home.files()),
      clock_(clock),
      directory_(home.RunDirectory(run)),
      path_(FileOf(home, run)),
      options_(options),
      next_(clock.Steady() + options.every) {
  const auto before = ReadMetrics(home, run);
  if (!before.ok()) {
    Log(LogLevel::kWarn, "cannot read {}: {}", path_, before.status().message());
    return;
  }
  for (const Metric& metric : *before) Remember(metric);
}

void MetricSeries::Add(const Metric& metric) {
  const std::scoped_lock lock(mutex_);
  Remember(metric);
}

void MetricSeries::Remember(const Metric& metric) {
  const auto [found, is_new] = numbers_.try_emplace({metric.node, metric.measure},
                                                    static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(found->first);
  rows_.push_back({metric.at, found->second, metric.value});
  if (rows_.size() > options_.most_rows) ThinOut();
}

void MetricSeries::ThinOut() {
  auto middle = rows_.begin() + std::ssize(rows_) / 2;
  while (middle != rows_.end() && middle->at == std::prev(middle)->at) ++middle;
  bool keeps = true;
  Instant last = rows_.front().at;
  const auto gone = std::remove_if(rows_.begin(), middle, [&](const Row& row) {
    if (row.at != last) keeps = !keeps;
    last = row.at;
    return !keeps;
  });
  rows_.erase(gone, middle);
}

void MetricSeries::WriteIfDue() {
  {
    const std::scoped_lock lock(mutex_);
    if (clock_.Steady() < next_) return;
    next_ = clock_.Steady() + options_.every;
  }
  Write();
}

void MetricSeries::Write() {
  const std::scoped_lock writing(writing_);
  Snapshot snapshot;
  {
    const std::scoped_lock lock(mutex_);
    snapshot = {rows_, names_};
  }
  if (snapshot.rows.empty()) return;
  const Status written = WriteFile(snapshot);
  if (!written.ok()) Log(LogLevel::kWarn, "cannot write {}: {}", path_, written.message());
}

Status MetricSeries::WriteFile(const Snapshot& snapshot) {
  TW_ASSIGN_OR_RETURN(const auto schema, data::ToArrow(MetricColumns()));
  arrow::TimestampBuilder at(schema->field(0)->type(), arrow::default_memory_pool());
  arrow::StringBuilder node, measure;
  arrow::DoubleBuilder value;
  arrow::Status added;
  for (const Row& row : snapshot.rows) {
    const auto& [of, name] = snapshot.names[row.name];
    added &= at.Append(row.at.time_since_epoch().count());
    added &= node.Append(of);
    added &= measure.Append(name);
    added &= value.Append(row.value);
  }
  std::vector<std::shared_ptr<arrow::Array>> arrays(4);
  added &= at.Finish(&arrays[0]);
  added &= node.Finish(&arrays[1]);
  added &= measure.Finish(&arrays[2]);
  added &= value.Finish(&arrays[3]);
  if (!added.ok()) return data::FromArrowStatus(added, "collect metrics");
  TW_RETURN_IF_ERROR(files_.MakeDirectory(directory_));
  const std::string aside = path_ + ".new";
  TW_ASSIGN_OR_RETURN(const auto writer, data::ParquetWriter::Open(files_, aside, schema));
  TW_RETURN_IF_ERROR(writer->Write(*arrow::RecordBatch::Make(
      schema, static_cast<std::int64_t>(snapshot.rows.size()), std::move(arrays))));
  TW_RETURN_IF_ERROR(writer->Finish().status());
  return files_.Rename(aside, path_);
}

Result<std::vector<Metric>> ReadMetrics(const catalog::Home& home, std::int64_t run) {
  std::vector<Metric> metrics;
  const std::string path = FileOf(home, run);
  const auto there = home.files().Stat(path);
  if (!there.ok() && there.status().code() == Code::kNotFound) return metrics;
  TW_ASSIGN_OR_RETURN(const auto reader,
                      data::ParquetReader::Open(home.files(), path,
                                                {"at", "node", "measure", "value"}, kBatchRows));
  while (true) {
    TW_ASSIGN_OR_RETURN(const data::Batch batch, reader->Next());
    if (!batch) return metrics;
    TW_RETURN_IF_ERROR(AddRows(*batch, metrics));
  }
}

void WriteAttemptMetrics(const catalog::Home& home, const Clock& clock, catalog::Catalog& catalog,
                         const catalog::RunRecord& run) {
  std::vector<Metric> metrics;
  const Status read = AddAttempts(catalog, run, metrics);
  if (!read.ok()) Log(LogLevel::kWarn, "cannot collect metrics: {}", read.message());
  if (metrics.empty()) return;
  // A run that is resumed has written its first attempts already.
  const auto before = ReadMetrics(home, run.number);
  std::set<std::tuple<Instant, std::string, std::string>> known;
  if (before.ok()) {
    for (const Metric& metric : *before) known.emplace(metric.at, metric.node, metric.measure);
  }
  MetricSeries series(home, clock, run.number);
  for (const Metric& metric : metrics) {
    if (!known.contains({metric.at, metric.node, metric.measure})) series.Add(metric);
  }
  series.Write();
}

}  // namespace thalweg::runs
