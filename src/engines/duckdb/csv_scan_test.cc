#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engines/duckdb/testing/engine_fixture.h"
#include "formats/compression.h"

namespace thalweg::engines {
namespace {

using component::BadRows;
using component::CsvScan;
using component::Job;
using component::JobResult;
using ::testing::HasSubstr;

std::string Gzip(std::string_view text) {
  const auto compressor = formats::Compressor::Make(formats::Compression::kGzip).value();
  std::string out;
  EXPECT_TRUE(compressor->Push(text, &out).ok());
  EXPECT_TRUE(compressor->Finish(&out).ok());
  return out;
}

class CsvScanTest : public EngineFixture {
 protected:
  /// Completes and runs.
  Result<JobResult> Load(CsvScan scan) {
    TW_ASSIGN_OR_RETURN(const component::Scan complete, engine_->Complete(std::move(scan)));
    Job job = MakeJob(complete);
    if (std::get<CsvScan>(complete).rejects.bad_rows == BadRows::kQuarantine) {
      job.rejects_path = job.out_directory + "/rejects.parquet";
    }
    return Run(std::move(job));
  }
  std::string RowsOf(const Result<JobResult>& result) {
    if (!result.ok()) return result.status().ToString();
    return Text("FROM '" + result->files[0].path + "' ORDER BY ALL");
  }
  std::string RejectsOf(const Result<JobResult>& result) {
    if (!result.ok()) return result.status().ToString();
    if (!result->rejects) return "none";
    return Text("SELECT parse_filename(source), line, \"column\", reason, raw FROM '" +
                result->rejects->path + "' ORDER BY source, line");
  }
  CsvScan Scan(std::string_view text, std::vector<component::TextColumn> columns = {}) {
    CsvScan scan;
    scan.paths = {Write(fmt::format("file{}.csv", ++files_), text)};
    scan.columns = std::move(columns);
    return scan;
  }
  int files_ = 0;
};

TEST_F(CsvScanTest, FindsOutWhatIsNotDeclared) {
  const auto result =
      Load(Scan("id;name;price;at;day;ok;code\n"
                "1;a;1.5;2013-01-01T10:00:00Z;2013-01-01;true;007\n"
                "2;;;;;;\n"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(
      data::ToString(result->columns),
      "id bigint, name varchar, price double, at timestamptz, day date, ok boolean, code varchar");
  EXPECT_EQ(RowsOf(result),
            "1|a|1.5|2013-01-01 10:00:00+00|2013-01-01|true|007;2|NULL|NULL|NULL|NULL|NULL|NULL");
  EXPECT_EQ(result->rows_in, 2);
}

TEST_F(CsvScanTest, DeclaredTypesAndNullsWin) {
  CsvScan scan = Scan("a,b,c\nNA,x,1\n7,NA,2\n",
                      {{.name = "C", .type = "varchar"}, {.name = "a", .type = "smallint"}});
  scan.nulls = {"", "NA"};
  const auto result = Load(scan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(data::ToString(result->columns), "a smallint, b varchar, C varchar");
  EXPECT_EQ(RowsOf(result), "NULL|x|1;7|NULL|2");
}

TEST_F(CsvScanTest, KeepsOnlyDeclaredColumnsInTheirOrder) {
  CsvScan scan = Scan("a,b,c\n1,2,3\n", {{.name = "third", .type = "integer", .position = 3},
                                         {.name = "a", .type = "integer"}});
  scan.only_declared = true;
  const auto result = Load(scan);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(data::ToString(result->columns), "third integer, a integer");
  EXPECT_EQ(RowsOf(result), "3|1");
}

TEST_F(CsvScanTest, ReadsFilesWithoutHeader) {
  const auto guessed = Load(Scan("1,x\n2,y\n"));
  EXPECT_EQ(RowsOf(guessed), "1|x;2|y");
  EXPECT_EQ(data::ToString(guessed->columns), "column0 bigint, column1 varchar");

  CsvScan scan =
      Scan("1,x,9\n2,y,8\n", {{.name = "n", .type = "integer"}, {.name = "s", .type = "varchar"}});
  scan.header = false;
  scan.only_declared = true;
  EXPECT_EQ(RowsOf(Load(scan)), "1|x;2|y");
}

TEST_F(CsvScanTest, AWordOverNumbersIsAHeader) {
  const auto columns = [&](const std::string& text) {
    const auto result = Load(Scan(text));
    return result.ok() ? data::ToString(result->columns) : result.status().ToString();
  };
  // A name is missing, stands twice, or is a number itself.
  EXPECT_EQ(columns(",id,v\n0,1,x\n1,2,y\n"), "column0 bigint, id bigint, v varchar");
  EXPECT_EQ(columns("id,,v\n1,2,x\n2,3,y\n"), "id bigint, column1 bigint, v varchar");
  EXPECT_EQ(columns("id,id,v\n1,2,x\n2,3,y\n"), "id bigint, id_1 bigint, v varchar");
  EXPECT_EQ(columns("id,2012,2013\n1,5,6\n"), "id bigint, 2012 bigint, 2013 bigint");
  EXPECT_EQ(columns("day,,\n2013-01-01,a,b\n"), "day date, column1 varchar, column2 varchar");
}

TEST_F(CsvScanTest, WhatCouldBeAValueIsNoHeader) {
  EXPECT_EQ(RowsOf(Load(Scan("007,x\n8,y\n"))), "007|x;8|y");
  EXPECT_EQ(RowsOf(Load(Scan(",x\n2,y\n"))), "NULL|x;2|y");
  EXPECT_EQ(RowsOf(Load(Scan("x,x\ny,z\n"))), "x|x;y|z");
  CsvScan scan = Scan("NA,1\n2,3\n");
  scan.nulls = {"", "NA"};
  EXPECT_EQ(RowsOf(Load(scan)), "NULL|1;2|3");
}

TEST_F(CsvScanTest, DefaultsAndFileNames) {
  CsvScan scan = Scan("a,b\n,x\n5,y\n", {{.name = "a", .type = "integer", .default_value = "-1"}});
  scan.file_name_column = "file";
  EXPECT_EQ(RowsOf(Load(scan)), fmt::format("-1|x|{0};5|y|{0}", scan.paths[0]));
}

TEST_F(CsvScanTest, RoundsNothing) {
  CsvScan scan = Scan(
      "i,d,t\n1.5,1,2013-01-01\n1,1.005,2013-01-01\n1,1,2013-01-01 00:00:00+02\n2,2.50,2013-01-02 "
      "03:04:05.123456\n",
      {{.name = "i", .type = "integer"},
       {.name = "d", .type = "decimal(10,2)"},
       {.name = "t", .type = "timestamp"}});
  scan.rejects.bad_rows = BadRows::kQuarantine;
  const auto result = Load(scan);
  EXPECT_EQ(RowsOf(result), "2|2.50|2013-01-02 03:04:05.123456");
  EXPECT_EQ(result->rows_rejected, 3);
  EXPECT_EQ(Text("SELECT line, \"column\" FROM '" + result->rejects->path + "' ORDER BY 1"),
            "2|i;3|d;4|t");
}

TEST_F(CsvScanTest, QuarantinesEveryKindOfBadRowWithItsLine) {
  CsvScan scan = Scan(
      "a,b,c\r\n1,x,2020-01-01\r\nbad,y,2020-13-01\r\n3,\"quo\r\nted\",2020-01-03\r\n4,z\r\n5,z,"
      "2020-01-01,extra\r\n"
      "6,\"w\"w,2020-01-01\r\n7,\xff\xfe,2020-01-01\r\n8,\"open,2020-01-01\r\n",
      {{.name = "a", .type = "integer"}, {.name = "c", .type = "date"}});
  scan.rejects.bad_rows = BadRows::kQuarantine;
  const auto result = Load(scan);
  EXPECT_EQ(RowsOf(result), "1|x|2020-01-01;3|quo\r\nted|2020-01-03");
  EXPECT_EQ(result->rows_rejected, 6);
  EXPECT_EQ(result->rows_in, 8);
  EXPECT_EQ(result->rejects->rows, 6);
  EXPECT_EQ(Text("SELECT line, \"column\" FROM '" + result->rejects->path + "' ORDER BY 1"),
            "3|a;6|NULL;7|NULL;8|NULL;9|NULL;10|NULL");
  EXPECT_EQ(Text("SELECT raw FROM '" + result->rejects->path + "' WHERE line = 3"),
            "bad,y,2020-13-01");
  EXPECT_EQ(
      Text("SELECT count(*) FROM '" + result->rejects->path + "' WHERE contains(reason, chr(10))"),
      "0");
}

TEST_F(CsvScanTest, ReadsLineEndsOfAllKindsInOneFile) {
  EXPECT_EQ(RowsOf(Load(Scan("a,b\r\n1,x\n2,y\r3,z\r\n"))), "1|x;2|y;3|z");
}

TEST_F(CsvScanTest, SkippedLinesMayHoldAnything) {
  CsvScan scan = Scan("a title, with a \"quote\nanother\na,b\n1,x\n", {});
  scan.skip = 2;
  EXPECT_EQ(RowsOf(Load(scan)), "1|x");
}

TEST_F(CsvScanTest, TheFirstBadRowFailsTheScanWhicheverThreadMeetsIt) {
  std::string text = "n,s\n";
  for (int i = 0; i < 400000; ++i)
    text += i % 1000 == 777 ? fmt::format("x{},bad\n", i) : fmt::format("{},some text\n", i);
  const CsvScan scan = Scan(text, {{.name = "n", .type = "integer"}});
  for (int i = 0; i < 3; ++i) {
    const Status status = Load(scan).status();
    EXPECT_EQ(status.slug(), "bad-row");
    EXPECT_EQ(status.fault(), Fault::kUser);
    EXPECT_THAT(status.message(), HasSubstr("file1.csv:779: column n"));
    EXPECT_THAT(status.message(), HasSubstr("x777"));
    EXPECT_THAT(status.hint(), HasSubstr("quarantine"));
  }
}

TEST_F(CsvScanTest, LimitsBadRows) {
  std::string text = "n\n";
  for (int i = 0; i < 100; ++i) text += i < 5 ? "bad\n" : "1\n";
  CsvScan scan = Scan(text, {{.name = "n", .type = "integer"}});
  scan.rejects = {.bad_rows = BadRows::kDrop, .max_rows = 5};
  const auto dropped = Load(scan);
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  EXPECT_EQ(dropped->rows_rejected, 5);
  EXPECT_EQ(dropped->rows_out, 95);
  EXPECT_FALSE(dropped->rejects.has_value());

  scan.rejects.max_rows = 4;
  EXPECT_EQ(Load(scan).status().slug(), "too-many-bad-rows");
  scan.rejects = {.bad_rows = BadRows::kQuarantine, .max_share = 0.05};
  EXPECT_TRUE(Load(scan).ok());
  scan.rejects.max_share = 0.049;
  const Status status = Load(scan).status();
  EXPECT_EQ(status.slug(), "too-many-bad-rows");
  EXPECT_THAT(status.message(), HasSubstr("file1.csv:2"));
}

TEST_F(CsvScanTest, FilesOfOneSourceHaveOneHeader) {
  CsvScan scan = Scan("a,b\n1,x\n");
  scan.paths.push_back(Write("second.csv", "a,b\n2,y\n"));
  EXPECT_EQ(RowsOf(Load(scan)), "1|x;2|y");
  scan.paths.push_back(Write("third.csv", "a,c\n3,z\n"));
  const Status status = Load(scan).status();
  EXPECT_EQ(status.slug(), "different-headers");
  EXPECT_THAT(status.message(), HasSubstr("third.csv"));
}

TEST_F(CsvScanTest, MissingColumnsAreNamedWithANearOne) {
  const Status name =
      Load(Scan("carrier,delay\nUA,1\n", {{.name = "carier", .type = "varchar"}})).status();
  EXPECT_EQ(name.slug(), "missing-column");
  EXPECT_EQ(name.hint(), "did you mean \"carrier\"?");
  const Status position =
      Load(Scan("a,b\n1,2\n", {{.name = "x", .type = "varchar", .position = 3}})).status();
  EXPECT_EQ(position.slug(), "missing-column");
}

TEST_F(CsvScanTest, EmptyFiles) {
  EXPECT_EQ(Load(Scan("")).status().slug(), "no-columns");
  const auto declared = Load(Scan("", {{.name = "a", .type = "integer"}}));
  ASSERT_TRUE(declared.ok()) << declared.status();
  EXPECT_EQ(declared->rows_out, 0);
  const auto header = Load(Scan("a,b\n"));
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(data::ToString(header->columns), "a varchar, b varchar");
  EXPECT_EQ(header->rows_out, 0);
  CsvScan among = Scan("a,b\n1,x\n");
  among.paths.insert(among.paths.begin(), Write("empty.csv", ""));
  EXPECT_EQ(RowsOf(Load(among)), "1|x");
}

TEST_F(CsvScanTest, WhatIsNoTextIsRefused) {
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes += static_cast<char>(i * 7919 >> 3);
  const Status status = Load(Scan(bytes)).status();
  EXPECT_EQ(status.slug(), "not-text");
  CsvScan torn;
  torn.paths = {Write("torn.csv.gz", Gzip("a,b\n1,x\n2,y\n").substr(0, 20))};
  EXPECT_EQ(Load(torn).status().code(), Code::kCorrupt);
  CsvScan missing;
  missing.paths = {Path("nowhere.csv")};
  EXPECT_EQ(Load(missing).status().code(), Code::kNotFound);
}

TEST_F(CsvScanTest, RefusesTypesThatNoTextCanBe) {
  EXPECT_EQ(Load(Scan("a\n1\n", {{.name = "a", .type = "interval"}})).status().slug(),
            "type-not-storable");
  EXPECT_FALSE(Load(Scan("a\n1\n", {{.name = "a", .type = "integer[]"}})).ok());
}

TEST_F(CsvScanTest, LargeFilesAreCutWhereNoQuoteIsOpen) {
  // Several blocks; quoted line ends everywhere, also across the places where blocks would end.
  std::string text = "id,note\n";
  const std::string note = "\"line one\nline two, with \"\"quotes\"\"\nand a third\"";
  for (int i = 0; i < 60000; ++i) text += fmt::format("{},{}\n", i, i == 50000 ? "\"x\"y" : note);
  CsvScan scan = Scan(text, {{.name = "id", .type = "integer"}});
  scan.rejects.bad_rows = BadRows::kQuarantine;
  const auto check = [&](const Result<JobResult>& result) {
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(Text("SELECT count(*), count(DISTINCT id), count(DISTINCT note) FROM '" +
                   result->files[0].path + "'"),
              "59999|59999|1");
    EXPECT_EQ(Text("SELECT line FROM '" + result->rejects->path + "'"), "150002");
  };
  check(Load(scan));
  scan.paths = {Write("large.csv.gz", Gzip(text))};
  check(Load(scan));
}

TEST_F(CsvScanTest, ARowLongerThanABlockIsRead) {
  const std::string large(3 << 20, 'x');
  const auto result = Load(Scan("a,b\n1," + large + "\n2,\"" + large + "\n" + large + "\"\n3,z\n"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Text("SELECT a, length(b) FROM '" + result->files[0].path + "' ORDER BY 1"),
            fmt::format("1|{};2|{};3|1", large.size(), 2 * large.size() + 1));
}

TEST_F(CsvScanTest, AScanInsideAStatementSeesEveryRow) {
  const auto complete =
      engine_->Complete(Scan("a,b\n1,x\n2,y\n", {{.name = "a", .type = "integer"}})).value();
  EXPECT_EQ(
      data::ToString(
          engine_->Describe(Sql("SELECT * FROM f", "f", component::ScanInput{complete}))->columns),
      "a integer, b varchar");
  EXPECT_EQ(RowsOf(Run(Sql("SELECT sum(a) AS s FROM f", "f", component::ScanInput{complete}))),
            "3");

  // A bad row is met also where the statement does not look at its column.
  const auto bad =
      engine_->Complete(Scan("a,b\n1,x\nbad,y\n", {{.name = "a", .type = "integer"}})).value();
  const Status status =
      Run(Sql("SELECT count(*) AS n FROM f", "f", component::ScanInput{bad})).status();
  EXPECT_EQ(status.slug(), "bad-row");
  EXPECT_THAT(status.message(), HasSubstr("file2.csv:3"));
}

TEST_F(CsvScanTest, CancelledWhileItReads) {
  std::string text = "a\n";
  for (int i = 0; i < 2000000; ++i) text += "123456789\n";
  const auto complete = engine_->Complete(Scan(text)).value();
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  const auto id = engine_->Submit(MakeJob(complete), [&] {
    const std::lock_guard lock(mutex);
    done = true;
    ended.notify_all();
  });
  ASSERT_TRUE(engine_->Cancel(*id).ok());
  std::unique_lock lock(mutex);
  ended.wait(lock, [&] { return done; });
  EXPECT_EQ(engine_->Poll(*id)->error.code(), Code::kCancelled);
}

}  // namespace
}  // namespace thalweg::engines
