#include <atomic>
#include <mutex>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/testing/batch.h"
#include "duckdb/database.h"

namespace thalweg::duckdb {
namespace {

/// Gives each batch to whichever thread asks next; then fails, if it has a failure.
class BatchSource : public RowSource {
 public:
  BatchSource(data::Columns columns, std::vector<data::Batch> batches, int threads = 1,
              Status failure = {})
      : columns_(std::move(columns)),
        batches_(std::move(batches)),
        threads_(threads),
        failure_(std::move(failure)) {}

  const data::Columns& columns() const override { return columns_; }
  int threads() const override { return threads_; }
  Result<std::unique_ptr<Cursor>> Open() override { return std::make_unique<BatchCursor>(*this); }

 private:
  class BatchCursor : public Cursor {
   public:
    explicit BatchCursor(BatchSource& source) : source_(source) {}
    Result<data::Batch> Next() override {
      const std::size_t i = source_.next_++;
      if (i < source_.batches_.size()) return source_.batches_[i];
      if (!source_.failure_.ok()) return source_.failure_;
      return data::Batch();
    }

   private:
    BatchSource& source_;
  };

  const data::Columns columns_;
  const std::vector<data::Batch> batches_;
  const int threads_;
  const Status failure_;
  std::atomic<std::size_t> next_ = 0;
};

class RowFunctionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = Database::Open({.memory_limit = Bytes::MiB(256), .threads = 2}).value();
    connection_ = database_->Connect().value();
  }

  struct Rows {
    data::Columns columns;
    std::vector<data::Batch> batches;
  };
  Rows Read(const std::string& sql, std::int64_t batch_rows) {
    Rows rows;
    const auto stream = connection_->Stream(sql, {}, batch_rows, {}).value();
    rows.columns = stream->columns();
    while (const data::Batch batch = stream->Next().value()) rows.batches.push_back(batch);
    return rows;
  }
  std::string Value(const std::string& sql) {
    const auto rows = connection_->Fetch(sql);
    return rows.ok() ? rows->at(0).at(0).value_or("NULL") : rows.status().ToString();
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

/// What DuckDB gives as Arrow must come back as the same values of the same type.
class RoundTripTest : public RowFunctionTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(RoundTripTest, KeepsTypeAndValues) {
  // Nulls, more rows than a chunk has, and batches that end anywhere.
  const std::string original = fmt::format(
      "SELECT CASE WHEN i % 7 = 3 THEN NULL ELSE v END AS v, i FROM (VALUES {}) t(v), range(3000) "
      "r(i)",
      GetParam());
  Rows rows = Read(original, 5000);
  const auto offered =
      database_->Offer(std::make_shared<BatchSource>(rows.columns, rows.batches)).value();
  ASSERT_TRUE(connection_->Execute("CREATE TEMP TABLE came_back AS FROM " + offered->table()).ok());
  ASSERT_TRUE(connection_->Execute("CREATE TEMP TABLE original AS " + original).ok());
  EXPECT_EQ(Value("SELECT DISTINCT typeof(v) FROM came_back"),
            Value("SELECT DISTINCT typeof(v) FROM original"));
  EXPECT_EQ(Value("SELECT count(*) FROM came_back"), Value("SELECT count(*) FROM original"));
  EXPECT_EQ(Value("SELECT count(*) FROM (FROM came_back EXCEPT ALL FROM original)"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    Types, RoundTripTest,
    ::testing::Values(
        "(true), (false)", "((-128)::tinyint), (127::tinyint)",
        "((-32768)::smallint), (32767::smallint)", "((-2147483648)::integer), (2147483647)",
        "((-9223372036854775807 - 1)::bigint), (9223372036854775807)", "(255::utinyint)",
        "(65535::usmallint)", "(4294967295::uinteger)", "(18446744073709551615::ubigint)",
        "(1.5::real), ('-inf'::real), ('nan'::real)",
        "(1e300::double), ('inf'::double), ('nan'::double), (-0.0)",
        "((-99.99)::decimal(4,2)), (0.01)", "((-1234567.89)::decimal(9,2))",
        "((-1234567890123456.78)::decimal(18,2))",
        "((-99999999999999999999999999999999999999)::decimal(38,0)), (1::decimal(38,0))",
        "('short'), (''), ('a text of more than twelve bytes, ééé')",
        "('\\x00\\xFFab'::blob), (''::blob)",
        "(DATE '0001-01-01'), ('infinity'::date), (DATE '9999-12-31')",
        "(TIME '23:59:59.999999'), (TIME '24:00:00')", "('12:00:00.123456789'::time_ns)",
        "(TIMESTAMP '2013-01-01 00:00:00.000001'), ('-infinity'::timestamp)",
        "(TIMESTAMPTZ '2013-01-01 00:00:00+02')", "('2013-01-01 00:00:00.123456789'::timestamp_ns)",
        "('6d3d2541-9a1e-4ba9-a0a8-ba5a0ee4a2a2'::uuid), "
        "('ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)",
        "('{\"a\": 1.10}'::json)", "([1, NULL, 3]), ([]), ([4])",
        "(['a longer text in a list', 'b'])", "([[1], [], NULL, [2, 3]])",
        "({'a': 1, 'b c': 'x'}), ({'a': NULL, 'b c': 'y'})", "([{'a': [1, 2]}, NULL, {'a': NULL}])",
        "(map {'k': 1, 'l': NULL}), (map {})",
        "({'u': '6d3d2541-9a1e-4ba9-a0a8-ba5a0ee4a2a2'::uuid, 'j': '[1]'::json})"));

TEST_F(RowFunctionTest, SeveralThreadsReadEveryBatchOnce) {
  Rows rows = Read("SELECT range AS i FROM range(500000)", 3000);
  const auto offered =
      database_->Offer(std::make_shared<BatchSource>(rows.columns, rows.batches, 2)).value();
  EXPECT_EQ(Value("SELECT count(*) || ' ' || count(DISTINCT i) || ' ' || sum(i) FROM " +
                  offered->table()),
            "500000 500000 124999750000");
}

TEST_F(RowFunctionTest, AFailureOfTheSourceFailsTheStatement) {
  Rows rows = Read("SELECT range AS i FROM range(10)", 3000);
  const Status failure = Status::NotFound("the source is gone").WithSlug("gone");
  const auto offered =
      database_->Offer(std::make_shared<BatchSource>(rows.columns, rows.batches, 1, failure))
          .value();
  EXPECT_FALSE(connection_->Run("SELECT sum(i) FROM " + offered->table(), {}, {}).ok());
  EXPECT_EQ(offered->failure().slug(), "gone");
}

TEST_F(RowFunctionTest, WithdrawnRowsCannotBeRead) {
  Rows rows = Read("SELECT 1 AS i", 3000);
  auto offered =
      database_->Offer(std::make_shared<BatchSource>(rows.columns, rows.batches)).value();
  const std::string table = offered->table();
  EXPECT_EQ(Value("SELECT i FROM " + table), "1");
  offered.reset();
  EXPECT_FALSE(connection_->Run("SELECT i FROM " + table, {}, {}).ok());
}

TEST_F(RowFunctionTest, RefusesTypesThatNoTableStores) {
  const auto offered = database_->Offer(std::make_shared<BatchSource>(
      data::Columns{{0, "i", "interval"}}, std::vector<data::Batch>()));
  EXPECT_EQ(offered.status().slug(), "type-not-storable");
}

/// Gives the batch that was set last, to every run.
class LatestBatch : public RowSource {
 public:
  explicit LatestBatch(data::Columns columns) : columns_(std::move(columns)) {}
  const data::Columns& columns() const override { return columns_; }
  int threads() const override { return 1; }
  Result<std::unique_ptr<Cursor>> Open() override { return std::make_unique<Once>(batch); }
  data::Batch batch;

 private:
  class Once : public Cursor {
   public:
    explicit Once(data::Batch batch) : batch_(std::move(batch)) {}
    Result<data::Batch> Next() override { return std::exchange(batch_, nullptr); }

   private:
    data::Batch batch_;
  };
  const data::Columns columns_;
};

/// Columns are found by their names, whichever of them a statement reads.
TEST_F(RowFunctionTest, APreparedQueryRunsOftenOverTheColumnsThatItNeeds) {
  const auto source = std::make_shared<LatestBatch>(
      data::Columns{{0, "a", "bigint"}, {0, "b", "varchar"}, {0, "c", "bigint"}});
  const auto offered = database_->Offer(source).value();
  const auto batch = [](const std::string& a, const std::string& b, const std::string& c) {
    return data::MakeBatch({{"a", "bigint", a}, {"b", "varchar", b}, {"c", "bigint", c}});
  };
  const auto query =
      connection_->Prepare("SELECT c, CAST(b AS bigint) AS n FROM " + offered->table()).value();
  const auto count = connection_->Prepare("SELECT count(*) AS n FROM " + offered->table()).value();
  source->batch = batch("[1, 2]", R"j(["10", null])j", "[5, 6]");
  EXPECT_EQ(
      (*query->Run())->ToString(),
      (*data::MakeBatch({{"c", "bigint", "[5, 6]"}, {"n", "bigint", "[10, null]"}})).ToString());
  EXPECT_EQ((*count->Run())->ToString(), (*data::MakeBatch({{"n", "bigint", "[2]"}})).ToString());
  source->batch = batch("[1]", R"j(["x"])j", "[5]");
  EXPECT_EQ(query->Run().status().slug(), "conversion-failed");
  source->batch = batch("[]", "[]", "[]");
  EXPECT_EQ((*query->Run())->num_rows(), 0);
  source->batch = batch("[7]", R"j(["8"])j", "[9]");
  EXPECT_EQ((*query->Run())->ToString(),
            (*data::MakeBatch({{"c", "bigint", "[9]"}, {"n", "bigint", "[8]"}})).ToString());
}

}  // namespace
}  // namespace thalweg::duckdb
