#include "duckdb/database.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace thalweg::duckdb {
namespace {

using component::Parameter;
using ::testing::HasSubstr;

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::path(::testing::TempDir()) /
        ("duckdb_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ / "spill");
    auto database = Database::Open({.memory_limit = Bytes::MiB(128),
                                    .threads = 2,
                                    .spill_directory = (directory_ / "spill").string(),
                                    .spill_limit = Bytes::GiB(1)});
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    connection_ = database_->Connect().value();
  }
  void TearDown() override {
    connection_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string Value(const std::string& sql) {
    const auto rows = connection_->Fetch(sql);
    if (!rows.ok()) return rows.status().ToString();
    return rows->at(0).at(0).value_or("NULL");
  }

  std::filesystem::path directory_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(DatabaseTest, FollowsThePortableProfile) {
  EXPECT_EQ(Value("SELECT CAST(list(x ORDER BY x) AS varchar) FROM (VALUES (2), (NULL), (1)) t(x)"),
            "[NULL, 1, 2]");
  EXPECT_EQ(
      Value("SELECT CAST(list(x ORDER BY x DESC) AS varchar) FROM (VALUES (2), (NULL), (1)) t(x)"),
      "[2, 1, NULL]");
  EXPECT_EQ(Value("SELECT 1.0::double / 0"), "NULL");
  EXPECT_EQ(Value("SELECT TIMESTAMPTZ '2020-07-01 00:00:00' :: varchar"), "2020-07-01 00:00:00+00");
}

TEST_F(DatabaseTest, NeverLoadsAnExtension) {
  const Status status = connection_->Execute("SELECT * FROM read_xlsx('x.xlsx')");
  EXPECT_FALSE(status.ok());
  const Status load =
      connection_->Execute("CREATE TABLE t AS SELECT * FROM 's3://bucket/x.parquet'");
  EXPECT_FALSE(load.ok());
}

TEST_F(DatabaseTest, ReadsAndWritesOnlyWhereConfinedTo) {
  const std::string inside = (directory_ / "in").string(), outside = (directory_ / "out").string();
  std::filesystem::create_directories(inside);
  std::filesystem::create_directories(outside);
  std::ofstream(outside + "/named.csv") << "a\n1\n";
  std::ofstream(outside + "/other.csv") << "a\n1\n";
  ASSERT_TRUE(database_->Confine({inside}, {outside + "/named.csv"}).ok());

  EXPECT_TRUE(connection_->Execute("COPY (SELECT 1) TO '" + inside + "/x.parquet'").ok());
  EXPECT_TRUE(connection_->Execute("SELECT * FROM read_csv('" + outside + "/named.csv')").ok());
  const Status read = connection_->Execute("SELECT * FROM read_csv('" + outside + "/other.csv')");
  EXPECT_EQ(read.code(), Code::kRefused);
  EXPECT_EQ(connection_->Execute("COPY (SELECT 1) TO '" + outside + "/x.parquet'").code(),
            Code::kRefused);
  EXPECT_EQ(
      connection_->Execute("SELECT * FROM read_csv('" + inside + "/../out/other.csv')").code(),
      Code::kRefused);
  EXPECT_FALSE(connection_->Execute("SET enable_external_access = true").ok());
  EXPECT_FALSE(connection_->Execute("SET threads = 7").ok());
  EXPECT_EQ(database_->Confine({inside}).code(), Code::kConflict);
}

TEST_F(DatabaseTest, SpillsAlsoWhenConfined) {
  ASSERT_TRUE(database_->Confine({directory_.string()}).ok());
  std::atomic<bool> done = false;
  Bytes spilled;
  std::jthread observer([&] {
    while (!done) spilled = std::max(spilled, database_->Used().value().spilled);
  });
  const auto rows =
      connection_->Run("COPY (SELECT hash(range) AS h, range FROM range(8000000) ORDER BY h) TO '" +
                           (directory_ / "sorted.parquet").string() + "'",
                       {}, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, 8000000);
  done = true;
  observer.join();
  EXPECT_GT(spilled, Bytes());
}

TEST_F(DatabaseTest, BindsParametersByNameAndType) {
  const std::vector<Parameter> parameters = {{"n", "bigint", "41"},
                                             {"d", "date", "2020-02-29"},
                                             {"s", "varchar", "it's"},
                                             {"none", "integer", std::nullopt},
                                             {"unused", "integer", "1"}};
  const auto stream = connection_->Stream(
      "SELECT CAST($n AS bigint) + 1 AS n, CAST($d AS date) + 1 AS d, $s AS s, CAST($none AS "
      "integer) IS NULL AS z",
      parameters, 1000, {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(data::ToString((*stream)->columns()), "n bigint, d date, s varchar, z boolean");
  const data::Batch batch = (*stream)->Next().value();
  EXPECT_EQ(batch->column(0)->GetScalar(0).ValueOrDie()->ToString(), "42");
  EXPECT_EQ(batch->column(1)->GetScalar(0).ValueOrDie()->ToString(), "2020-03-01");
  EXPECT_EQ(batch->column(2)->GetScalar(0).ValueOrDie()->ToString(), "it's");
  EXPECT_EQ(batch->column(3)->GetScalar(0).ValueOrDie()->ToString(), "true");
}

TEST_F(DatabaseTest, SaysWhatIsWrongWithParameters) {
  const std::vector<Parameter> parameters = {{"count", "bigint", "4x"}};
  const Status missing = connection_->Run("SELECT $cuont", parameters, {}).status();
  EXPECT_EQ(missing.slug(), "unknown-parameter");
  EXPECT_THAT(missing.hint(), HasSubstr("$count"));
  EXPECT_EQ(connection_->Run("SELECT $count", parameters, {}).status().slug(), "conversion-failed");
}

TEST_F(DatabaseTest, DescribesWithoutRunning) {
  const auto columns = connection_->Describe(
      "SELECT range AS a, sum(range) OVER () AS s, [1] AS l, {'x': 1, 'B c': 'y'} AS st, map {'k': "
      "1.5} AS m, "
      "CAST($p AS decimal(10, 2)) AS p, error('not now') AS e FROM range(1000000000000)");
  ASSERT_TRUE(columns.ok()) << columns.status();
  EXPECT_EQ(data::ToString(*columns),
            "a bigint, s hugeint, l integer[], st struct(x integer, \"B c\" varchar), "
            "m map(varchar, decimal(2,1)), p decimal(10,2), e integer");
  EXPECT_FALSE(connection_->Describe("SELECT $p + 1").ok());
}

TEST_F(DatabaseTest, StreamsBatchesOfTheSizeAskedFor) {
  const auto stream =
      connection_->Stream("SELECT range AS i FROM range(100000)", {}, 8192, {}).value();
  std::int64_t rows = 0, batches = 0, sum = 0;
  while (true) {
    const data::Batch batch = stream->Next().value();
    if (batch == nullptr) break;
    ++batches;
    rows += batch->num_rows();
    const auto& values = static_cast<const arrow::Int64Array&>(*batch->column(0));
    for (std::int64_t i = 0; i < values.length(); ++i) sum += values.Value(i);
  }
  EXPECT_EQ(rows, 100000);
  EXPECT_EQ(sum, std::int64_t{100000} * 99999 / 2);
  EXPECT_LE(batches, 100000 / 8192 + 2);
  EXPECT_EQ(stream->Next().value(), nullptr);
}

TEST_F(DatabaseTest, AnAbandonedStreamFreesItsConnection) {
  {
    const auto stream =
        connection_->Stream("SELECT hash(range) FROM range(1000000000000)", {}, 2048, {}).value();
    ASSERT_NE(stream->Next().value(), nullptr);
  }
  EXPECT_EQ(Value("SELECT 1"), "1");
}

TEST_F(DatabaseTest, AStopEndsAStatementAndAStream) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const std::string endless =
      "SELECT sum(hash(a.range + b.range)) FROM range(1000000) a, range(1000000) b";
  EXPECT_EQ(connection_->Run(endless, {}, stop.get_token()).status().code(), Code::kCancelled);

  std::stop_source later;
  const auto stream =
      connection_->Stream("SELECT range FROM range(1000000000000)", {}, 2048, later.get_token());
  ASSERT_NE((*stream)->Next().value(), nullptr);
  later.request_stop();
  Result<data::Batch> batch = data::Batch();
  while ((batch = (*stream)->Next()).ok() && *batch != nullptr) {
  }
  EXPECT_EQ(batch.status().code(), Code::kCancelled);
  EXPECT_EQ(Value("SELECT 1"), "1");
}

TEST_F(DatabaseTest, KnowsTheProgressOfARunningStatement) {
  std::atomic<bool> done = false;
  double seen = -1;
  std::jthread observer([&] {
    while (!done) seen = std::max(seen, connection_->Progress());
  });
  const std::string file = (directory_ / "numbers.parquet").string();
  ASSERT_TRUE(connection_->Run("COPY (FROM range(20000000)) TO '" + file + "'", {}, {}).ok());
  const auto rows = connection_->Run("COPY (SELECT hash(range) % 1000 AS h, count(*) FROM '" +
                                         file + "' GROUP BY h) TO '" + file + ".2'",
                                     {}, {});
  done = true;
  observer.join();
  EXPECT_EQ(rows.value(), 1000);
  EXPECT_GT(seen, 0);
  EXPECT_LE(seen, 1);
}

TEST_F(DatabaseTest, PointsAtTheMistakenWord) {
  const Status status =
      connection_->Describe("SELECT 'é', carier FROM (SELECT 1 AS carrier)").status();
  EXPECT_EQ(status.code(), Code::kInvalid);
  EXPECT_EQ(status.fault(), Fault::kUser);
  EXPECT_EQ(status.slug(), "unknown-column");
  EXPECT_EQ(status.hint(), "did you mean \"carrier\"?");
  ASSERT_TRUE(status.place().has_value());
  EXPECT_EQ(status.place()->line, 1);
  EXPECT_EQ(status.place()->column, 14);  // bytes
  EXPECT_EQ(status.place()->length, 6);
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("\n")));
}

TEST_F(DatabaseTest, CallsATableATable) {
  const Status status =
      connection_->Describe("SELECT o.b FROM (SELECT * FROM (VALUES (1)) AS v(a)) AS o").status();
  EXPECT_THAT(status.message(), HasSubstr("\"o\" does not have a column named \"b\""));
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("Values list")));
}

struct Mistake {
  std::string sql, slug;
};
class MistakeTest : public DatabaseTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(MistakeTest, HasItsSlugAndOneLine) {
  const Status status = connection_->Run(GetParam().sql, {}, {}).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.slug(), GetParam().slug) << status;
  EXPECT_EQ(status.fault(), Fault::kUser);
  EXPECT_EQ(status.message().find('\n'), std::string::npos) << status.message();
  EXPECT_EQ(status.message().find('{'), std::string::npos) << status.message();
}

INSTANTIATE_TEST_SUITE_P(
    Sql, MistakeTest,
    ::testing::Values(
        Mistake{"SELEC 1", "syntax-error"}, Mistake{"SELECT 'abc", "syntax-error"},
        Mistake{"SELECT f.b FROM (SELECT 1 AS a) f", "unknown-column"},
        Mistake{"SELECT * EXCLUDE (z) FROM (SELECT 1 AS a)", "unknown-column"},
        Mistake{"SELECT x.a FROM (SELECT 1 AS a) f", "unknown-table"},
        Mistake{"SELECT * FROM nowhere", "unknown-table"},
        Mistake{"SELECT lenght('a')", "unknown-function"},
        Mistake{"SELECT 'a'::nothing", "unknown-type"},
        Mistake{"SELECT abs(DATE '2020-01-01')", "type-mismatch"},
        Mistake{"SELECT count(*) WHERE count(*) > 1", "sql-error"},
        Mistake{"SELECT a FROM (SELECT 1 AS a) x, (SELECT 1 AS a) y", "ambiguous-column"},
        Mistake{"SELECT CAST('a' || range AS integer) FROM range(3)", "conversion-failed"},
        Mistake{"SELECT strptime('x' || range, '%Y') FROM range(3)", "conversion-failed"},
        Mistake{"SELECT 9223372036854775807 + range FROM range(3)", "out-of-range"}));

TEST(FromDuckDbErrorTest, TellsResourcesFromMistakes) {
  const Status memory = FromDuckDbError(
      33,
      R"({"exception_type":"Out of Memory","exception_message":"could not allocate block of size 256.0 KiB"})");
  EXPECT_EQ(memory.code(), Code::kOutOfMemory);
  EXPECT_EQ(memory.fault(), Fault::kResource);
  const Status spill = FromDuckDbError(33,
                                       "Out of Memory Error: failed to offload data block (raise "
                                       "max_temp_directory_size)\nPossible solutions: x");
  EXPECT_EQ(spill.code(), Code::kDiskFull);
  const Status disk =
      FromDuckDbError(28, "IO Error: Could not write file: No space left on device");
  EXPECT_EQ(disk.code(), Code::kDiskFull);
  EXPECT_EQ(FromDuckDbError(31, "INTERNAL Error: oops").fault(), Fault::kBug);
}

}  // namespace
}  // namespace thalweg::duckdb
