#include "connectors/files/files_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "component/testing/row_text.h"
#include "component/testing/source_suite.h"
#include "connectors/files/testing/source_stand.h"
#include "data/parquet_file.h"
#include "data/testing/batch.h"
#include "formats/compression.h"

namespace thalweg::connectors {
namespace {

using component::SourceCase;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string Compressed(formats::Compression compression, std::string_view text) {
  auto compressor = formats::Compressor::Make(compression);
  std::string out;
  EXPECT_TRUE((*compressor)->Push(text, &out).ok() && (*compressor)->Finish(&out).ok());
  return out;
}

void WriteParquet(const std::string& path, const data::Batch& batch) {
  auto writer = data::ParquetWriter::Open(LocalFileSystem(), path, batch->schema(), {});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Write(*batch).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
}

/// Everything that the source gives, files in order.
component::ReadText ReadSource(component::Source& source) {
  component::ReadText all;
  const auto splits = source.Discover({});
  if (!splits.ok()) return {{}, {}, splits.status().slug()};
  for (const auto& split : *splits) {
    auto reader = source.Open(split, {});
    if (!reader.ok()) return {{}, {}, reader.status().slug()};
    const auto text = component::ReadAll(**reader);
    all.rows.insert(all.rows.end(), text.rows.begin(), text.rows.end());
    all.rejects.insert(all.rejects.end(), text.rejects.begin(), text.rejects.end());
    if (!text.error.empty()) all.error = text.error;
  }
  return all;
}

/// One stand per case, kept alive by the case's function.
SourceCase Case(std::string name, const std::function<void(const TempDirectory&)>& fill,
                std::string body) {
  auto stand = std::make_shared<SourceStand>();
  fill(stand->directory());
  return {std::move(name), [stand, body = std::move(body)]() -> std::unique_ptr<component::Source> {
            return stand->Make(body);
          }};
}

std::vector<SourceCase> Cases() {
  std::string csv = "id,text,at\n", json;
  for (int i = 0; i < 20; ++i) {
    csv += std::to_string(i) + ",\"line\n" + std::to_string(i) + "\",2013-01-02\n";
    json += "{\"id\":" + std::to_string(i) + ",\"text\":\"é\"}\n";
    if (i % 7 == 3) csv += "bad,row\n", json += "{\"id\":\n";
  }
  return {
      Case(
          "Csv", [=](const auto& d) { d.Write("a.csv", csv), d.Write("b.csv", csv); },
          R"({"files": "*.csv", "columns": {"id": "integer", "at": "timestamptz"}, "bad_rows": "quarantine"})"),
      Case(
          "GzippedCsv",
          [=](const auto& d) { d.Write("a.csv.gz", Compressed(formats::Compression::kGzip, csv)); },
          R"({"files": "a.csv.gz", "columns": {"id": "integer"}, "file_name": "file", "bad_rows": "drop"})"),
      Case(
          "Utf16Csv",
          [](const auto& d) {
            d.Write("a.csv", std::string_view("i\0d\0\n\0"
                                              "1\0\n\0\n\0"
                                              "2\0\n\0",
                                              18));
          },
          R"({"files": "a.csv", "columns": {"id": "integer"}, "encoding": "utf-16le"})"),
      Case(
          "NdJson",
          [=](const auto& d) {
            d.Write("a.ndjson.zst", Compressed(formats::Compression::kZstd, json));
          },
          R"({"files": "a.ndjson.zst", "columns": {"id": "integer", "text": "varchar"}, "bad_rows": "quarantine"})"),
      Case(
          "JsonArray",
          [](const auto& d) {
            d.Write("a.json", "[{\"id\":1},\n{\"id\":2}, {\"id\":\"x\"},{\"id\":3}]\n{\"id\":4}");
          },
          R"({"files": "a.json", "columns": {"id": "integer"}, "bad_rows": "quarantine"})"),
      Case(
          "Parquet",
          [](const auto& d) {
            WriteParquet(d / "a.parquet", data::MakeBatch({{"id", "integer", "[1, 2, 3]"}}));
            WriteParquet(d / "b.parquet",
                         data::MakeBatch({{"id", "integer", "[4, 5]"},
                                          {"x", "varchar[]", R"([["p"], null])"}}));
          },
          R"({"files": "*.parquet", "file_name": "file"})"),
  };
}

THALWEG_SOURCE_SUITE(Files, Cases());

class FilesSourceTest : public ::testing::Test {
 protected:
  const TempDirectory& directory() const { return stand_.directory(); }
  Status BindStatus(std::string_view body) const { return stand_.Make(body)->Bind().status(); }
  SourceStand stand_;
};

TEST_F(FilesSourceTest, AMissingFileNamesWhatWasSearchedAndWhatIsNear) {
  directory().Write("data/flights.csv", "a\n1\n");
  const Status missing = BindStatus(R"({"files": "data/fligths.csv"})");
  EXPECT_EQ(missing.code(), Code::kNotFound);
  EXPECT_EQ(missing.fault(), Fault::kUser);
  EXPECT_THAT(missing.message(), HasSubstr("data/fligths.csv"));
  EXPECT_THAT(missing.message(), HasSubstr("searched=" + directory() / "data"));
  EXPECT_THAT(missing.hint(), HasSubstr("data/flights.csv"));
  const Status no_directory = BindStatus(R"({"files": "dta/*.csv"})");
  EXPECT_EQ(no_directory.code(), Code::kNotFound);
  EXPECT_THAT(no_directory.hint(), HasSubstr("data"));
  EXPECT_EQ(BindStatus(R"({"files": "data/*.tsv"})").code(), Code::kNotFound);
}

TEST_F(FilesSourceTest, WhatIsNoFileIsRefused) {
  directory().Write("data/flights.csv", "a\n1\n");
  EXPECT_EQ(BindStatus(R"({"files": "data"})").slug(), "is-a-directory");
  ASSERT_EQ(mkfifo((directory() / "pipe.csv").c_str(), 0600), 0);
  EXPECT_EQ(BindStatus(R"({"files": "pipe.csv"})").slug(), "not-a-file");
  if (geteuid() != 0) {
    ASSERT_EQ(chmod((directory() / "data/flights.csv").c_str(), 0), 0);
    EXPECT_EQ(BindStatus(R"({"files": "data/flights.csv"})").code(), Code::kIo);
  }
}

TEST_F(FilesSourceTest, PatternsAndListsGiveEachFileOnceInOrder) {
  for (const std::string name : {"b.csv", "a.csv", "sub/c.csv", "d[1].csv", ".hidden.csv"})
    directory().Write(name, "x\n" + name + "\n");
  std::filesystem::create_directory(directory() / "dir.csv");
  const auto names = [&](std::string_view body) {
    std::vector<std::string> all;
    for (const auto& split : stand_.Make(body)->Discover({}).value())
      all.push_back(split.name.substr(directory().path().size() + 1));
    return all;
  };
  EXPECT_THAT(names(R"({"files": "*.csv"})"), ElementsAre("a.csv", "b.csv", "d[1].csv"));
  EXPECT_THAT(names(R"({"files": ["b.csv", "**/*.csv", "./a.csv"]})"),
              ElementsAre("a.csv", "b.csv", "d[1].csv", "sub/c.csv"));
  EXPECT_THAT(names(R"({"files": "d[1].csv"})"), ElementsAre("d[1].csv"));
}

TEST_F(FilesSourceTest, TheFormatIsToldByTheEndingOrByTheUser) {
  directory().Write("a.data", "x\n1\n");
  directory().Write("b.csv", "x\n1\n");
  directory().Write("c.tsv", "x\ty\n1\t2\n");
  EXPECT_EQ(BindStatus(R"({"files": "a.data"})").slug(), "unknown-format");
  EXPECT_TRUE(BindStatus(R"({"files": "a.data", "format": "csv"})").ok());
  EXPECT_EQ(ReadSource(*stand_.Make(R"({"files": "c.tsv"})")).rows,
            std::vector<std::string>{R"({"x":"1","y":"2"})"});
  directory().Write("d.json", "{}");
  EXPECT_EQ(BindStatus(R"({"files": ["b.csv", "d.json"]})").slug(), "different-formats");
}

TEST_F(FilesSourceTest, IdentityChangesWithContentAndWithFiles) {
  const auto identity = [&] {
    return stand_.Make(R"({"files": "*.csv"})")->Identity().value()->text;
  };
  directory().Write("a.csv", "x\n1\n");
  const std::string first = identity();
  EXPECT_EQ(identity(), first);
  directory().Write("a.csv", "x\n2\n");
  const std::string changed = identity();
  EXPECT_NE(changed, first);
  directory().Write("b.csv", "x\n2\n");
  EXPECT_NE(identity(), changed);
}

TEST_F(FilesSourceTest, EnginesGetScansUnlessOnlyWeCanReadIt) {
  directory().Write("a.csv", "x,t\n1,2013\n");
  directory().Write("a.json", "{}");
  const auto lowers = [&](std::string_view body) {
    return stand_.Make(body)->Lower().value().has_value();
  };
  EXPECT_TRUE(lowers(R"({"files": "a.csv", "bad_rows": "quarantine"})"));
  EXPECT_TRUE(lowers(R"({"files": "a.json", "columns": {"x": "integer"}})"));
  EXPECT_FALSE(lowers(R"({"files": "a.csv", "columns": {"t": {"type": "date", "from": "%Y"}}})"));
  EXPECT_FALSE(lowers(R"({"files": "a.csv", "encoding": "latin-1"})"));
  const auto scan =
      stand_
          .Make(
              R"({"files": "a.csv", "nulls": ["", "NA"], "skip": 1, "delimiter": ";", "file_name": "f",
      "bad_rows": "drop", "max_bad_rows": "0.5%", "columns": {"x": {"type": "integer", "default": 0, "position": 2}},
      "only_declared": true, "date_format": "%Y", "timestamp_format": "%s", "compression": "none"})")
          ->Lower()
          .value();
  const auto& csv = std::get<component::CsvScan>(*scan);
  EXPECT_EQ(csv.paths, std::vector<std::string>{directory() / "a.csv"});
  EXPECT_EQ(csv.nulls, (std::vector<std::string>{"", "NA"}));
  EXPECT_EQ(csv.skip, 1);
  EXPECT_EQ(csv.delimiter, ";");
  EXPECT_EQ(csv.file_name_column, "f");
  EXPECT_EQ(csv.rejects.bad_rows, component::BadRows::kDrop);
  EXPECT_DOUBLE_EQ(csv.rejects.max_share.value_or(0), 0.005);
  ASSERT_EQ(csv.columns.size(), 1u);
  EXPECT_EQ(csv.columns[0].default_value, "0");
  EXPECT_EQ(csv.columns[0].position, 2);
  EXPECT_TRUE(csv.only_declared);
  EXPECT_EQ(csv.compression, "none");
}

TEST_F(FilesSourceTest, FormsOfTimeAreReadByUs) {
  directory().Write("a.csv", "ms,d,other\n1357095845678,02.01.2013,x\nx,02.01.2013,y\n");
  const auto source = stand_.Make(R"({"files": "a.csv", "bad_rows": "quarantine", "columns": {
      "ms": {"type": "timestamptz", "from": "epoch_ms"}, "d": {"type": "date", "from": "%d.%m.%Y"}}})");
  EXPECT_EQ(data::ToString(source->TableColumns().value()),
            "ms timestamptz, d date, other varchar");
  const auto text = ReadSource(*source);
  EXPECT_THAT(text.rows,
              ElementsAre(R"({"ms":"2013-01-02T03:04:05.678Z","d":"2013-01-02","other":"x"})"));
  EXPECT_THAT(text.rejects, ElementsAre(R"(3|ms|not a number (epoch_ms): "x")"));
}

TEST_F(FilesSourceTest, FilesWithTheirColumnsInAnotherOrderAreRead) {
  directory().Write("a.csv", "x,y\n1,2\n");
  directory().Write("b.csv", "y,x\n4,3\n");
  EXPECT_THAT(
      ReadSource(*stand_.Make(R"({"files": "*.csv", "columns": {"x": "integer", "y": "integer"}})"))
          .rows,
      ElementsAre(R"({"x":1,"y":2})", R"({"x":3,"y":4})"));
  directory().Write("c.csv", "x,z\n1,2\n");
  const auto source =
      stand_.Make(R"({"files": "*.csv", "columns": {"x": "integer", "y": "integer"}})");
  EXPECT_EQ(ReadSource(*source).error, "missing-column");
  auto reader = source->Open(source->Discover({}).value().back(), {});
  EXPECT_THAT((*reader)->Poll(Bytes(1), [] {}).status().message(), HasSubstr("c.csv"));
}

TEST_F(FilesSourceTest, TornCompressedFilesAreErrors) {
  const std::string whole = Compressed(formats::Compression::kGzip, "x\n1\n2\n");
  directory().Write("a.csv.gz", whole.substr(0, whole.size() - 3));
  const auto source =
      stand_.Make(R"({"files": "a.csv.gz", "columns": {"x": "integer"}, "only_declared": true})");
  EXPECT_EQ(ReadSource(*source).error, "bad-compression");
}

TEST_F(FilesSourceTest, ParquetFilesAreReferredTo) {
  WriteParquet(
      directory() / "a.parquet",
      data::MakeBatch({{"id", "integer", "[1, 2]"}, {"n", "decimal(5,2)", R"(["1.50", null])"}}));
  WriteParquet(directory() / "b.parquet",
               data::MakeBatch({{"id", "integer", "[3]"}, {"t", "timestamptz", "[0]"}}));
  const auto source = stand_.Make(R"({"files": "*.parquet"})");
  EXPECT_EQ(data::ToString(source->TableColumns().value()),
            "id integer, n decimal(5,2), t timestamptz");
  const auto scan = source->Lower().value();
  const auto& files = std::get<component::ParquetScan>(*scan).files;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].path, directory() / "a.parquet");
  EXPECT_EQ(files[0].rows, 2);
  EXPECT_GT(files[0].size, Bytes(0));
  EXPECT_FALSE(files[0].identity.empty());
  EXPECT_TRUE(files[0].outside());
  EXPECT_THAT(ReadSource(*source).rows,
              ElementsAre(R"({"id":1,"n":1.50,"t":null})", R"({"id":2,"n":null,"t":null})",
                          R"({"id":3,"n":null,"t":"1970-01-01T00:00:00Z"})"));
}

TEST_F(FilesSourceTest, ParquetFilesThatDisagreeAreRefusedByName) {
  WriteParquet(directory() / "a.parquet", data::MakeBatch({{"id", "integer", "[1]"}}));
  WriteParquet(directory() / "b.parquet", data::MakeBatch({{"id", "bigint", "[1]"}}));
  const Status status = BindStatus(R"({"files": "*.parquet"})");
  EXPECT_EQ(status.slug(), "different-schemas");
  EXPECT_THAT(status.message(), HasSubstr("b.parquet"));
  EXPECT_THAT(status.message(), HasSubstr("id bigint"));
  EXPECT_EQ(BindStatus(R"({"files": "a.parquet", "columns": {"id": "varchar"}})").slug(),
            "wrong-type");
  EXPECT_EQ(BindStatus(R"({"files": "a.parquet", "columns": {"idd": "integer"}})").slug(),
            "missing-column");
  directory().Write("torn.parquet", "PAR1 but not really");
  EXPECT_EQ(BindStatus(R"({"files": "torn.parquet"})").code(), Code::kCorrupt);
}

TEST_F(FilesSourceTest, OnlyDeclaredParquetColumnsAreKept) {
  WriteParquet(directory() / "a.parquet",
               data::MakeBatch({{"id", "integer", "[1]"}, {"x", "varchar", "[\"p\"]"}}));
  const auto source =
      stand_.Make(R"({"files": "a.parquet", "columns": {"X": {}}, "only_declared": true})");
  EXPECT_THAT(ReadSource(*source).rows, ElementsAre(R"({"x":"p"})"));
}

TEST_F(FilesSourceTest, PositionsOfSomethingElseAreRefused) {
  directory().Write("a.csv", "x\n1\n2\n");
  const auto source = stand_.Make(R"({"files": "a.csv"})");
  const auto split = source->Discover({}).value().front();
  for (const std::string text :
       {"x", "{}", "{\"offset\":-1,\"line\":1}", "{\"offset\":\"1\",\"line\":1}"}) {
    EXPECT_FALSE(source->Open(split, {text}).ok()) << text;
  }
  EXPECT_EQ(source->Open(split, {R"({"offset":1000,"line":3})"}).status().code(), Code::kCorrupt);
  EXPECT_EQ(source->Open({directory() / "gone.csv", ""}, {}).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace thalweg::connectors
