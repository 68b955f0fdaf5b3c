// filter and map over batches of three columns against one loop that does both at once. Prints one
// JSON line; `ratios` are rows per CPU second of ours over the loop's, of alternating pairs in this
// process, `ratio` is their median.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "operators/duckdb_evaluator.h"
#include "operators/filter.h"
#include "operators/map.h"

namespace thalweg::operators {
namespace {

constexpr std::int64_t kBatchRows = 65536;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

data::Batch Make(const std::shared_ptr<arrow::Schema>& schema,
                 std::vector<std::vector<std::int64_t>> columns) {
  const auto rows = static_cast<std::int64_t>(columns[0].size());
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (auto& column : columns) {
    arrays.push_back(arrow::MakeArray(arrow::ArrayData::Make(
        arrow::int64(), rows, {nullptr, arrow::Buffer::FromVector(std::move(column))}, 0)));
  }
  return arrow::RecordBatch::Make(schema, rows, arrays);
}

std::shared_ptr<arrow::Schema> Schema(const std::vector<std::string>& names) {
  arrow::FieldVector fields;
  for (const auto& name : names) fields.push_back(arrow::field(name, arrow::int64()));
  return arrow::schema(fields);
}

/// Hands what one operator emits to the next; the last one counts.
class Into : public component::Output {
 public:
  explicit Into(component::Operator* next, component::Output* output)
      : next_(next), output_(output) {}
  void Emit(data::Element element) override {
    auto* batch = std::get_if<data::Batch>(&element);
    if (batch == nullptr) return;
    rows += (*batch)->num_rows();
    if (next_ != nullptr) TW_CHECK(next_->On({0}, std::move(*batch), *output_).ok());
  }
  void EmitSide(std::string_view, data::Batch) override {}
  bool Full() const override { return false; }
  void SetTimer(component::Timer) override {}
  std::int64_t rows = 0;

 private:
  component::Operator* const next_;
  component::Output* const output_;
};

std::int64_t Loop(const std::vector<data::Batch>& batches) {
  static const auto schema = Schema({"a", "b", "c", "d", "e"});
  std::int64_t rows = 0;
  for (const auto& batch : batches) {
    const auto* a = batch->column_data(0)->GetValues<std::int64_t>(1);
    const auto* b = batch->column_data(1)->GetValues<std::int64_t>(1);
    const auto* c = batch->column_data(2)->GetValues<std::int64_t>(1);
    std::vector<std::vector<std::int64_t>> out(5);
    for (auto& column : out) column.resize(kBatchRows);
    std::size_t n = 0;
    for (std::int64_t i = 0; i < kBatchRows; ++i) {
      out[0][n] = a[i], out[1][n] = b[i], out[2][n] = c[i];
      out[3][n] = a[i] + b[i] * 2, out[4][n] = c[i] - 1;
      n += a[i] < 500 ? 1 : 0;
    }
    for (auto& column : out) column.resize(n);
    rows += Make(schema, std::move(out))->num_rows();
  }
  return rows;
}

void Run(std::int64_t bytes, int pairs) {
  const auto schema = Schema({"a", "b", "c"});
  std::mt19937_64 random(42);
  std::vector<data::Batch> batches;
  for (std::int64_t made = 0; made < bytes; made += kBatchRows * 24) {
    std::vector<std::vector<std::int64_t>> columns(3);
    for (auto& column : columns) {
      for (std::int64_t i = 0; i < kBatchRows; ++i)
        column.push_back(static_cast<std::int64_t>(random() % 1000));
    }
    batches.push_back(Make(schema, std::move(columns)));
  }
  const auto database = duckdb::Database::Open({.threads = 1}).value();
  const component::OperatorContext context{nullptr, MakeDuckDbEvaluator(*database), {}};
  data::EdgeType edge;
  edge.schema = schema;
  const std::vector<data::EdgeType> inputs{edge};
  FilterOptions where;
  where.where.text = "a < 500";
  MapOptions columns;
  columns.columns.emplace_back("d", component::SqlText{"a + b * 2", {}});
  columns.columns.emplace_back("e", component::SqlText{"c - 1", {}});
  const auto filter = FilterSpec(where).Make(inputs).value();
  const auto map = MapSpec(columns).Make(inputs).value();
  TW_CHECK(filter->Open(context).ok());
  TW_CHECK(map->Open(context).ok());
  const auto ours = [&] {
    Into last(nullptr, nullptr);
    Into between(map.get(), &last);
    for (const auto& batch : batches) TW_CHECK(filter->On({0}, batch, between).ok());
    return last.rows;
  };
  std::vector<double> ratios, speeds;
  for (int i = 0; i < pairs; ++i) {
    const double begin = CpuSeconds();
    const std::int64_t theirs = Loop(batches);
    const double middle = CpuSeconds();
    TW_CHECK(ours() == theirs);
    const double end = CpuSeconds();
    ratios.push_back((middle - begin) / (end - middle));
    speeds.push_back(static_cast<double>(batches.size()) * kBatchRows / (end - middle));
  }
  std::string all;
  for (const double ratio : ratios) all += fmt::format("{}{:.3f}", all.empty() ? "" : ", ", ratio);
  std::sort(ratios.begin(), ratios.end());
  std::sort(speeds.begin(), speeds.end());
  fmt::print(
      "{{\"case\": \"filter+map\", \"bytes\": {}, \"ratios\": [{}], \"ratio\": {:.3f}, "
      "\"mrows_per_cpu_s\": {:.1f}}}\n",
      bytes, all, ratios[ratios.size() / 2], speeds[speeds.size() / 2] / 1e6);
}

}  // namespace
}  // namespace thalweg::operators

/// stateless_bench [MiB of batches] [pairs]
int main(int argc, char** argv) {
  const std::int64_t mib = argc > 1 ? std::atoll(argv[1]) : 1024;
  thalweg::operators::Run(mib << 20, argc > 2 ? std::atoi(argv[2]) : 5);
}
