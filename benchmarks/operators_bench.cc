// Keyed aggregation against a bare hash loop over the same Arrow buffers, against DuckDB's GROUP
// BY, and against sorting and filtering group by group. Prints one JSON line per case; `ratios` are
// rows per CPU second of ours over the other's, of alternating pairs in this process, `ratio` is
// their median. Both sides must give the same rows.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "base/hash.h"
#include "duckdb/database.h"
#include "operators/aggregate.h"

namespace thalweg::operators {
namespace {

constexpr std::int64_t kBatchRows = 65536;
constexpr std::int64_t kSecond = 1'000'000'000;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What both sides must agree on: of each row its count and its sum.
std::int64_t Mark(std::int64_t count, std::int64_t sum) {
  return 1 + count * 31 + sum * 7;
}
std::int64_t Mark(const std::int64_t* counts, const std::int64_t* sums, std::int64_t rows) {
  std::int64_t mark = 0;
  for (std::int64_t i = 0; i < rows; ++i) mark += Mark(counts[i], sums[i]);
  return mark;
}

class Discard : public component::Output {
 public:
  void Emit(data::Element element) override {
    auto* batch = std::get_if<data::Batch>(&element);
    if (batch == nullptr) return;
    const int last = (*batch)->num_columns() - 1;
    mark += Mark((*batch)->column_data(last - 1)->GetValues<std::int64_t>(1),
                 (*batch)->column_data(last)->GetValues<std::int64_t>(1), (*batch)->num_rows());
  }
  void EmitSide(std::string_view, data::Batch batch) override { late += batch->num_rows(); }
  bool Full() const override { return false; }
  void SetTimer(component::Timer) override {}
  std::int64_t mark = 0, late = 0;
};

struct Data {
  std::vector<data::Batch> batches;
  std::int64_t rows = 0, bytes = 0;
};

/// Rows of (t, k, x): t advances by one window of 10 s per `window_rows` rows.
Data MakeData(std::int64_t bytes, std::int64_t keys, double skew, bool text,
              std::int64_t window_rows) {
  std::mt19937_64 random(42);
  std::vector<double> cumulated;
  if (skew > 0) {
    double sum = 0;
    for (std::int64_t i = 1; i <= keys; ++i)
      cumulated.push_back(sum += std::pow(static_cast<double>(i), -skew));
    for (double& value : cumulated) value /= sum;
  }
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto draw = [&]() -> std::int64_t {
    if (skew == 0) return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(keys));
    return std::lower_bound(cumulated.begin(), cumulated.end(), uniform(random)) -
           cumulated.begin();
  };
  // Keys are spread over the whole range, as ids are.
  const auto spread = [](std::int64_t key) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15u ^
                                     0x5bd1e995u);
  };
  const auto type =
      arrow::schema({arrow::field("t", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                     arrow::field("k", text ? arrow::utf8() : arrow::int64()),
                     arrow::field("x", arrow::int64())});
  Data data;
  while (data.bytes < bytes) {
    std::vector<std::int64_t> times, ints, values;
    std::vector<std::int32_t> offsets{0};
    std::string chars;
    for (std::int64_t i = 0; i < kBatchRows; ++i) {
      times.push_back((data.rows + i) * 10'000'000 / window_rows);
      const std::int64_t key = spread(draw());
      if (text) {
        char buffer[17];
        std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(key));
        chars.append(buffer, 16);
        offsets.push_back(static_cast<std::int32_t>(chars.size()));
      } else {
        ints.push_back(key);
      }
      values.push_back(static_cast<std::int64_t>(random() % 1000));
    }
    const auto make = [&](int i, std::vector<std::shared_ptr<arrow::Buffer>> buffers) {
      return arrow::MakeArray(
          arrow::ArrayData::Make(type->field(i)->type(), kBatchRows, std::move(buffers), 0));
    };
    auto key = text ? make(1, {nullptr, arrow::Buffer::FromVector(offsets),
                               arrow::Buffer::FromString(chars)})
                    : make(1, {nullptr, arrow::Buffer::FromVector(ints)});
    data.batches.push_back(
        arrow::RecordBatch::Make(type, kBatchRows,
                                 {make(0, {nullptr, arrow::Buffer::FromVector(times)}), key,
                                  make(2, {nullptr, arrow::Buffer::FromVector(values)})}));
    data.rows += kBatchRows;
    data.bytes += kBatchRows * (text ? 36 : 24);
  }
  return data;
}

/// The baseline: one table, one loop, cleared per window; the groups are written out as columns.
std::int64_t BareLoop(const Data& data, std::int64_t keys) {
  struct Entry {
    std::int64_t key, count, sum;
  };
  std::size_t capacity = 64;
  while (capacity < static_cast<std::size_t>(keys) * 2) capacity *= 2;
  std::vector<Entry> table(capacity);
  std::int64_t window = 0, mark = 0;
  const int shift = 64 - __builtin_ctzll(capacity);
  std::vector<std::int64_t> out[3];
  const auto flush = [&] {
    for (auto& column : out) column.clear();
    for (Entry& entry : table) {
      if (entry.count == 0) continue;
      out[0].push_back(entry.key), out[1].push_back(entry.count), out[2].push_back(entry.sum);
      entry = {};
    }
    mark += Mark(out[1].data(), out[2].data(), std::ssize(out[1]));
  };
  for (const auto& batch : data.batches) {
    const auto* t = batch->column_data(0)->GetValues<std::int64_t>(1);
    const auto* k = batch->column_data(1)->GetValues<std::int64_t>(1);
    const auto* x = batch->column_data(2)->GetValues<std::int64_t>(1);
    for (std::int64_t i = 0; i < kBatchRows; ++i) {
      if (t[i] >= window + 10'000'000) flush(), window = t[i] / 10'000'000 * 10'000'000;
      std::size_t at = (static_cast<std::uint64_t>(k[i]) * 0x9E3779B97F4A7C15u) >> shift;
      while (table[at].count != 0 && table[at].key != k[i]) at = (at + 1) & (capacity - 1);
      table[at].key = k[i], ++table[at].count, table[at].sum += x[i];
    }
  }
  flush();
  return mark;
}

std::int64_t BareTextLoop(const Data& data, std::int64_t keys) {
  struct Entry {
    char key[16];
    std::int64_t count, sum;
  };
  std::size_t capacity = 64;
  while (capacity < static_cast<std::size_t>(keys) * 2) capacity *= 2;
  std::vector<Entry> table(capacity);
  std::int64_t window = 0, mark = 0;
  const int shift = 64 - __builtin_ctzll(capacity);
  std::string chars;
  std::vector<std::int64_t> out[2];
  const auto flush = [&] {
    chars.clear(), out[0].clear(), out[1].clear();
    for (Entry& entry : table) {
      if (entry.count == 0) continue;
      chars.append(entry.key, 16), out[0].push_back(entry.count), out[1].push_back(entry.sum);
      entry = {};
    }
    mark += Mark(out[0].data(), out[1].data(), std::ssize(out[0]));
  };
  for (const auto& batch : data.batches) {
    const auto* t = batch->column_data(0)->GetValues<std::int64_t>(1);
    const auto* offsets = batch->column_data(1)->GetValues<std::int32_t>(1);
    const char* bytes = reinterpret_cast<const char*>(batch->column_data(1)->buffers[2]->data());
    const auto* x = batch->column_data(2)->GetValues<std::int64_t>(1);
    for (std::int64_t i = 0; i < kBatchRows; ++i) {
      if (t[i] >= window + 10'000'000) flush(), window = t[i] / 10'000'000 * 10'000'000;
      const char* key = bytes + offsets[i];
      std::uint64_t a, b;
      std::memcpy(&a, key, 8), std::memcpy(&b, key + 8, 8);
      std::size_t at = ((a ^ (b * 0xE7037ED1A0B428DBu)) * 0x9E3779B97F4A7C15u) >> shift;
      while (table[at].count != 0 && std::memcmp(table[at].key, key, 16) != 0)
        at = (at + 1) & (capacity - 1);
      std::memcpy(table[at].key, key, 16), ++table[at].count, table[at].sum += x[i];
    }
  }
  flush();
  return mark;
}

std::int64_t Ours(const Data& data, bool hopping) {
  AggregateOptions options;
  options.by = {"k"};
  options.window.emplace();
  if (hopping) {
    options.window->hopping = HoppingOptions{std::chrono::seconds(100), std::chrono::seconds(10)};
  } else {
    options.window->tumbling = std::chrono::seconds(10);
  }
  options.columns = {{"n", {"count(*)", {}}}, {"s", {"sum(x)", {}}}};
  const AggregateSpec spec(options);
  data::EdgeType edge;
  edge.schema = data.batches[0]->schema();
  edge.event_time = "t";
  const std::vector<data::EdgeType> inputs{edge};
  auto made = spec.Make(inputs).value();
  Discard output;
  TW_CHECK(made->Open({}).ok());
  for (const auto& batch : data.batches) {
    TW_CHECK(made->On({0}, batch, output).ok());
    const std::int64_t last = batch->column_data(0)->GetValues<std::int64_t>(1)[kBatchRows - 1];
    TW_CHECK(made->On({0}, data::Watermark{{last * 1000}}, output).ok());
  }
  TW_CHECK(made->On({0}, data::End{}, output).ok());
  TW_CHECK(output.late == 0);
  return output.mark;
}

/// The rows as a table in DuckDB, filled before anything is measured.
class InDuckDb {
 public:
  InDuckDb(const Data& data, bool text)
      : last_(data.batches.back()->column_data(0)->GetValues<std::int64_t>(1)[kBatchRows - 1]) {
    duckdb::DatabaseOptions options;
    options.memory_limit = Bytes::GiB(8);
    options.threads = 1;
    database_ = duckdb::Database::Open(options).value();
    connection_ = database_->Connect().value();
    offered_ = database_->Offer(std::make_shared<Rows>(data, text)).value();
    TW_CHECK(connection_->Execute("CREATE TABLE rows AS SELECT * FROM " + offered_->table()).ok());
  }

  /// Over the batches as they lie in memory.
  std::int64_t OverBatches() {
    return Read("SELECT k, count(*), CAST(sum(x) AS BIGINT) FROM " + offered_->table() +
                " GROUP BY k, epoch_us(t) // 10000000");
  }

  /// Over a table of the database, window by window, so that each scans its rows only and its hash
  /// table is as small as ours.
  std::int64_t OverTable() {
    std::int64_t mark = 0;
    for (std::int64_t window = 0; window <= last_; window += 10'000'000) {
      mark +=
          Read(fmt::format("SELECT k, count(*), CAST(sum(x) AS BIGINT) FROM rows WHERE "
                           "t >= make_timestamptz({}) AND t < make_timestamptz({}) GROUP BY k",
                           window, window + 10'000'000));
    }
    return mark;
  }

 private:
  class Rows : public duckdb::RowSource {
   public:
    Rows(const Data& data, bool text)
        : data_(data),
          columns_{
              {1, "t", "timestamptz"}, {2, "k", text ? "varchar" : "bigint"}, {3, "x", "bigint"}} {}
    const data::Columns& columns() const override { return columns_; }
    int threads() const override { return 1; }
    Result<std::unique_ptr<Cursor>> Open() override {
      return Result<std::unique_ptr<Cursor>>(std::make_unique<At>(data_));
    }

   private:
    class At : public Cursor {
     public:
      explicit At(const Data& data) : data_(data) {}
      Result<data::Batch> Next() override {
        return next_ < data_.batches.size() ? data_.batches[next_++] : data::Batch();
      }

     private:
      const Data& data_;
      std::size_t next_ = 0;
    };
    const Data& data_;
    const data::Columns columns_;
  };

  std::int64_t Read(const std::string& sql) {
    auto rows = connection_->Stream(sql, {}, kBatchRows, {}).value();
    std::int64_t mark = 0;
    while (const data::Batch batch = rows->Next().value()) {
      mark += Mark(batch->column_data(1)->GetValues<std::int64_t>(1),
                   batch->column_data(2)->GetValues<std::int64_t>(1), batch->num_rows());
    }
    return mark;
  }

  const std::int64_t last_;
  std::unique_ptr<duckdb::Database> database_;
  std::unique_ptr<duckdb::OfferedRows> offered_;
  std::unique_ptr<duckdb::Connection> connection_;
};

/// Arrow's kernels: sorted by key, then for each key the rows that have it.
std::int64_t SortAndFilter(const Data& data) {
  namespace cp = arrow::compute;
  const auto table =
      arrow::Table::FromRecordBatches(data.batches).ValueOrDie()->CombineChunksToBatch();
  const std::shared_ptr<arrow::RecordBatch> rows = table.ValueOrDie();
  const auto order = cp::SortIndices(*rows->GetColumnByName("k")).ValueOrDie();
  const auto sorted = cp::Take(rows, order).ValueOrDie().record_batch();
  const auto keys = sorted->GetColumnByName("k");
  const auto distinct = cp::Unique(keys).ValueOrDie();
  std::int64_t mark = 0;
  for (std::int64_t i = 0; i < distinct->length(); ++i) {
    const auto same =
        cp::CallFunction("equal", {keys, distinct->GetScalar(i).ValueOrDie()}).ValueOrDie();
    const auto group = cp::Filter(sorted, same).ValueOrDie().record_batch();
    const auto sum = cp::Sum(group->GetColumnByName("x")).ValueOrDie();
    mark += Mark(group->num_rows(), sum.scalar_as<arrow::Int64Scalar>().value);
  }
  return mark;
}

template <typename F, typename G>
void Compare(const std::string& name, const Data& data, int pairs, F ours, G baseline,
             bool same_rows) {
  std::vector<double> ratios, speeds, bare;
  TW_CHECK(pairs > 0);
  for (int i = 0; i < pairs; ++i) {
    const double begin = CpuSeconds();
    const std::int64_t theirs = baseline();
    const double middle = CpuSeconds();
    const std::int64_t rows = ours();
    const double end = CpuSeconds();
    TW_CHECK(!same_rows || theirs == rows);
    ratios.push_back((middle - begin) / (end - middle));
    speeds.push_back(static_cast<double>(data.rows) / (end - middle));
    bare.push_back(static_cast<double>(data.rows) / (middle - begin));
  }
  const auto median = [](std::vector<double> v) {
    return std::sort(v.begin(), v.end()), v[v.size() / 2];
  };
  std::string all;
  for (const double ratio : ratios) all += fmt::format("{}{:.3f}", all.empty() ? "" : ", ", ratio);
  fmt::print(
      "{{\"case\": \"{}\", \"rows\": {}, \"bytes\": {}, \"ratios\": [{}], \"ratio\": {:.3f}, "
      "\"mrows_per_cpu_s\": {:.1f}, \"baseline_mrows\": {:.1f}}}\n",
      name, data.rows, data.bytes, all, median(ratios), median(speeds) / 1e6, median(bare) / 1e6);
  std::fflush(stdout);
}

void RunAll(std::int64_t bytes, int pairs) {
  // A window holds ten rows per key, at least four million.
  struct Case {
    const char* name;
    std::int64_t keys;
    double skew;
    bool text;
  };
  for (const Case& c :
       {Case{"int64 1k uniform", 1000, 0, false}, Case{"int64 1k zipf", 1000, 1.0, false},
        Case{"int64 1M uniform", 1'000'000, 0, false}, Case{"int64 1M zipf", 1'000'000, 1.0, false},
        Case{"text16 1k uniform", 1000, 0, true}, Case{"text16 1M uniform", 1'000'000, 0, true}}) {
    const std::int64_t window_rows = std::max<std::int64_t>(c.keys * 10, 4'000'000);
    const Data data = MakeData(bytes, c.keys, c.skew, c.text, window_rows);
    Compare(
        c.name, data, pairs, [&] { return Ours(data, false); },
        [&] { return c.text ? BareTextLoop(data, c.keys) : BareLoop(data, c.keys); }, true);
    if (!c.text && c.skew == 0) {
      Compare(
          std::string("hopping x10 over tumbling, ") + c.name, data, pairs,
          [&] { return Ours(data, true); }, [&] { return Ours(data, false); }, false);
    }
    if (c.skew == 0) {
      InDuckDb database(data, c.text);
      const auto ours = [&] { return Ours(data, false); };
      Compare(
          std::string("GROUP BY of DuckDB over the batches, ") + c.name, data, pairs, ours,
          [&] { return database.OverBatches(); }, true);
      Compare(
          std::string("GROUP BY of DuckDB over its table, ") + c.name, data, pairs, ours,
          [&] { return database.OverTable(); }, true);
    }
  }
  const Data few = MakeData(4 * kBatchRows * 24, 10'000, 0, false, 4'000'000);
  Compare(
      "sort and filter per group, 10k", few, std::min(pairs, 3), [&] { return Ours(few, false); },
      [&] { return SortAndFilter(few); }, true);
}

}  // namespace
}  // namespace thalweg::operators

/// operators_bench [MiB of distinct batches] [pairs]
int main(int argc, char** argv) {
  TW_CHECK(arrow::compute::Initialize().ok());
  const std::int64_t mib = argc > 1 ? std::atoll(argv[1]) : 1024;
  thalweg::operators::RunAll(mib << 20, argc > 2 ? std::atoi(argv[2]) : 7);
}
