#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engines/duckdb/testing/engine_fixture.h"

namespace thalweg::engines {
namespace {

using component::BadRows;
using component::JobResult;
using component::JsonScan;
using ::testing::HasSubstr;

class JsonScanTest : public EngineFixture {
 protected:
  Result<JobResult> Load(JsonScan scan) {
    TW_ASSIGN_OR_RETURN(const component::Scan complete, engine_->Complete(std::move(scan)));
    component::Job job = MakeJob(complete);
    job.rejects_path = job.out_directory + "/rejects.parquet";
    return Run(std::move(job));
  }
  std::string RowsOf(const Result<JobResult>& result) {
    if (!result.ok()) return result.status().ToString();
    return Text("SELECT CAST(COLUMNS(*) AS varchar) FROM '" + result->files[0].path +
                "' ORDER BY ALL");
  }
  JsonScan Scan(std::string_view text, std::vector<component::TextColumn> columns = {}) {
    JsonScan scan;
    scan.paths = {Write(fmt::format("file{}.json", ++files_), text)};
    scan.columns = std::move(columns);
    return scan;
  }
  int files_ = 0;
};

TEST_F(JsonScanTest, FindsKeysAndTypes) {
  const auto result =
      Load(Scan(R"({"id": 1, "name": "a", "tags": ["x", "y"], "at": {"lat": 1.5, "n": null}})"
                "\n"
                R"({"id": -2, "more": true, "at": {"lat": 2}, "mixed": 1})"
                "\n"
                R"({"mixed": {"a": 1}})"
                "\n"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(data::ToString(result->columns),
            "id bigint, name varchar, tags varchar[], at struct(lat double, n varchar), more "
            "boolean, mixed json");
  EXPECT_EQ(RowsOf(result),
            "NULL|NULL|NULL|NULL|NULL|{\"a\": 1};-2|NULL|NULL|{'lat': 2.0, 'n': NULL}|true|1;"
            "1|a|[x, y]|{'lat': 1.5, 'n': NULL}|NULL|NULL");
}

TEST_F(JsonScanTest, DeclaredTypesAreExact) {
  JsonScan scan =
      Scan(R"({"d": 9007199254740993.25, "v": 1.10, "j": { "a" : 1 }, "other": 1})", {});
  scan.columns = {{.name = "d", .type = "decimal(18,2)"},
                  {.name = "v", .type = "varchar"},
                  {.name = "j", .type = "json"}};
  scan.only_declared = true;
  EXPECT_EQ(RowsOf(Load(scan)), "9007199254740993.25|1.10|{ \"a\" : 1 }");
}

TEST_F(JsonScanTest, ReadsArraysAndSequences) {
  JsonScan array = Scan("[{\"a\": 1},\n {\"a\": 2}]");
  array.lines = false;
  EXPECT_EQ(RowsOf(Load(array)), "1;2");
  JsonScan sequence = Scan("{\"a\": 1} {\"a\":\n 2}\n{\"a\": 3}");
  sequence.lines = false;
  EXPECT_EQ(RowsOf(Load(sequence)), "1;2;3");
}

TEST_F(JsonScanTest, ATornLineFailsWithItsPlaceOrIsPutAside) {
  JsonScan scan = Scan("{\"a\": 1}\n{\"a\": 2\n{\"a\": \"x\"}\n{\"a\": 3}\n",
                       {{.name = "a", .type = "integer"}});
  const Status status = Load(scan).status();
  EXPECT_EQ(status.slug(), "bad-row");
  EXPECT_THAT(status.message(), HasSubstr("file1.json:2"));

  scan.rejects.bad_rows = BadRows::kQuarantine;
  const auto result = Load(scan);
  EXPECT_EQ(RowsOf(result), "1;3");
  EXPECT_EQ(Text("SELECT line, \"column\" FROM '" + result->rejects->path + "' ORDER BY 1"),
            "2|NULL;3|a");
}

TEST_F(JsonScanTest, ManyLinesAreReadByAllThreads) {
  std::string text;
  for (int i = 0; i < 200000; ++i)
    text += fmt::format("{{\"id\": {}, \"s\": \"text {}\"}}\n", i, i);
  const auto result = Load(Scan(text));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(
      Text("SELECT count(*), count(DISTINCT id), sum(id) FROM '" + result->files[0].path + "'"),
      "200000|200000|19999900000");
}

TEST_F(JsonScanTest, NothingToGoBy) {
  EXPECT_EQ(Load(Scan("")).status().slug(), "no-columns");
  EXPECT_EQ(Load(Scan("[1, 2]\n")).status().slug(), "no-columns");
  const auto declared = Load(Scan("", {{.name = "a", .type = "integer"}}));
  ASSERT_TRUE(declared.ok()) << declared.status();
  EXPECT_EQ(declared->rows_out, 0);
}

}  // namespace
}  // namespace thalweg::engines
