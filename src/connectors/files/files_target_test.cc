#include "connectors/files/files_target.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/testing/temp_directory.h"
#include "component/testing/row_text.h"
#include "component/testing/target_suite.h"
#include "connectors/files/testing/source_stand.h"
#include "data/parquet_file.h"
#include "data/testing/batch.h"
#include "formats/byte_stream.h"

namespace thalweg::connectors {
namespace {

using component::TargetCase;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Options as the pipeline file gives them.
FilesTargetBody BodyOf(std::string_view json) {
  const component::Value value = ParseBody(json);
  Diagnostics diagnostics;
  FilesTargetBody body;
  const bool good =
      FilesTargetBody::Describe().Read(value, {"order_by", "write", "key"}, &body, diagnostics) &&
      body.Check(value, diagnostics);
  EXPECT_TRUE(good) << diagnostics.ToStatus();
  return body;
}

std::string TextOf(const std::string& path) {
  const auto compression = formats::CompressionOf("auto", path);
  auto stream =
      formats::OpenText(LocalFileSystem(), path, compression.value(), formats::TextEncoding::kUtf8);
  std::string text;
  for (bool more = true; more;) more = (*stream)->Read(1000, &text).value();
  return text;
}

std::string ParquetRows(const std::string& path) {
  const auto reader = data::ParquetReader::Open(LocalFileSystem(), path, {}, 100);
  std::string text;
  while (const auto batch = (*reader)->Next().value()) {
    for (const std::string& row : component::RowsAsText(batch)) text += row + "\n";
  }
  return text;
}

std::string FileRows(const std::string& path) {
  return path.ends_with(".parquet") ? ParquetRows(path) : TextOf(path);
}

/// A target in a directory of its own.
class FilesStand : public component::TargetStand {
 public:
  explicit FilesStand(std::string body) : body_(BodyOf(body)) {}

  std::unique_ptr<component::Target> Make(FileSystem& files) override {
    component::TargetContext context;
    context.files = &files;
    context.clock = &SystemClock();
    context.directory = directory_.path();
    return std::make_unique<FilesTarget>(body_, context);
  }
  std::string Visible() override {
    if (!std::filesystem::exists(path())) return "nothing";
    if (!body_.directory) return "file\n" + FileRows(path());
    std::string text = "directory\n";
    for (const std::string& name : Names(path()))
      text += name + "\n" + FileRows(JoinPath(path(), name));
    return text;
  }
  std::vector<std::string> Leftovers() override {
    std::vector<std::string> left;
    for (const std::string& name : Names(ParentPath(path()))) {
      if (name != FileName(path())) left.push_back(name);
    }
    return left;
  }
  void Damage() override {
    DamageFile(body_.directory ? JoinPath(path(), Names(path()).front()) : path());
  }
  void Remove() override { std::filesystem::remove_all(path()); }
  const TempDirectory& directory() const { return directory_; }

 protected:
  static void DamageFile(const std::string& file) {
    const auto size = std::filesystem::file_size(file);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(size / 2));
    stream.put('#');  // the same size
    stream.close();
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
  }
  std::string path() const { return AbsolutePath(directory_ / body_.files); }
  static std::vector<std::string> Names(const std::string& directory) {
    const auto names = LocalFileSystem().List(directory);
    return names.ok() ? *names : std::vector<std::string>();
  }

 private:
  TempDirectory directory_;
  FilesTargetBody body_;
};

/// A directory that epochs add files to. What is seen are the rows, in the order of the names.
class AppendStand : public FilesStand {
 public:
  using FilesStand::FilesStand;
  std::string Visible() override {
    std::string text;
    for (const std::string& name : Names(path())) {
      if (!name.starts_with('.')) text += FileRows(JoinPath(path(), name));
    }
    return text.empty() ? "nothing" : text;
  }
  std::vector<std::string> Leftovers() override {
    std::vector<std::string> left;
    for (const std::string& name : Names(path())) {
      if (name.starts_with('.')) left.push_back(name);
    }
    return left;
  }
  void Damage() override { DamageFile(JoinPath(path(), Names(path()).back())); }
};

TargetCase AppendCase(std::string name, std::string body) {
  return {std::move(name), [body = std::move(body)] { return std::make_unique<AppendStand>(body); },
          component::WriteMode::kAppend};
}

TargetCase Case(std::string name, std::string body) {
  return {std::move(name), [body = std::move(body)] { return std::make_unique<FilesStand>(body); }};
}

std::vector<TargetCase> Cases() {
  return {
      Case("Csv", R"({"files": "report.csv"})"),
      Case("GzippedCsvInNewDirectories",
           R"({"files": "a/b/report.csv.gz", "delimiter": ";", "nulls": "NA"})"),
      Case("NdJson", R"({"files": "report.ndjson.zst"})"),
      Case("Json", R"({"files": "report.json"})"),
      Case("Parquet", R"({"files": "report.parquet", "codec": "snappy"})"),
      Case("Directory", R"({"files": "out/parts/", "format": "csv", "max_rows_per_file": 1})"),
      Case("ParquetDirectory", R"({"files": "parts/"})"),
      AppendCase("AppendedNdJson", R"({"files": "parts/", "format": "ndjson"})"),
      AppendCase("AppendedParquetInNewDirectories", R"({"files": "a/b/parts/"})"),
  };
}

THALWEG_TARGET_SUITE(Files, Cases());

class FilesTargetTest : public ::testing::Test {
 protected:
  const TempDirectory& directory() const { return directory_; }

  std::unique_ptr<FilesTarget> Make(std::string_view body) const {
    component::TargetContext context;
    context.files = &LocalFileSystem();
    context.directory = directory_.path();
    return std::make_unique<FilesTarget>(BodyOf(body), context);
  }
  static Status BindTo(FilesTarget& target, const data::Batch& batch) {
    data::EdgeType edge;
    edge.schema = batch->schema();
    return target
        .Bind(data::FromArrow(*batch->schema()).value(), edge, component::WriteMode::kReplace)
        .status();
  }
  static Result<component::Receipt> Put(FilesTarget& target, const data::Batch& batch) {
    TW_RETURN_IF_ERROR(BindTo(target, batch));
    TW_ASSIGN_OR_RETURN(const auto writer, target.Open({NodeId::New(), 0}, EpochId::New()));
    TW_RETURN_IF_ERROR(writer->Write(batch));
    TW_ASSIGN_OR_RETURN(const component::Receipt receipt, writer->Prepare(EpochId::New()));
    TW_RETURN_IF_ERROR(target.Commit(std::span(&receipt, 1)));
    return receipt;
  }

  TempDirectory directory_;
  data::Batch rows_ =
      data::MakeBatch({{"id", "integer", "[1, 2, 3]"}, {"n", "varchar", R"(["a,b", null, ""])"}});
};

TEST_F(FilesTargetTest, WritesTheFormatsAsAsked) {
  ASSERT_TRUE(
      Put(*Make(R"({"files": "a.csv", "delimiter": ";", "nulls": "NA", "header": false})"), rows_)
          .ok());
  EXPECT_EQ(TextOf(directory() / "a.csv"), "1;a,b\n2;NA\n3;\"\"\n");
  ASSERT_TRUE(Put(*Make(R"({"files": "a.json"})"), rows_->Slice(0, 1)).ok());
  EXPECT_EQ(TextOf(directory() / "a.json"), "[\n{\"id\":1,\"n\":\"a,b\"}\n]\n");
  ASSERT_TRUE(
      Put(*Make(R"({"files": "a.data", "format": "ndjson", "codec": "gzip"})"), rows_->Slice(0, 1))
          .ok());
  std::filesystem::rename(directory() / "a.data", directory() / "a.gz");
  EXPECT_EQ(TextOf(directory() / "a.gz"), "{\"id\":1,\"n\":\"a,b\"}\n");
  ASSERT_TRUE(Put(*Make(R"({"files": "a.parquet"})"), rows_).ok());
  EXPECT_EQ(ParquetRows(directory() / "a.parquet"),
            "{\"id\":1,\"n\":\"a,b\"}\n{\"id\":2,\"n\":null}\n{\"id\":3,\"n\":\"\"}\n");
}

TEST_F(FilesTargetTest, ReceiptsTellSizeRowsAndContent) {
  const auto target = Make(R"({"files": "out/a.csv"})");
  const auto receipt = Put(*target, rows_);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->target, "file:" + directory() / "out/a.csv");
  const auto json = nlohmann::json::parse(receipt->text);
  EXPECT_EQ(json["path"], directory() / "out/a.csv");
  EXPECT_EQ(json["rows"], 3);
  EXPECT_EQ(json["bytes"], std::filesystem::file_size(directory() / "out/a.csv"));
  EXPECT_EQ(json["xxh3"], HashFile(LocalFileSystem(), directory() / "out/a.csv")->ToHex());
  EXPECT_EQ(target->Describe(*receipt), "out/a.csv, 3 rows, 21 B");
  EXPECT_EQ(target->Holds({receipt->target, "{}"}).status().code(), Code::kCorrupt);
}

TEST_F(FilesTargetTest, ATouchedFileIsStillTheSame) {
  const auto target = Make(R"({"files": "a.csv"})");
  const auto receipt = Put(*target, rows_);
  std::filesystem::last_write_time(
      directory() / "a.csv", std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(target->Holds(*receipt).value());
}

TEST_F(FilesTargetTest, PlacesThatCannotBeTakenAreRefusedBeforeAnythingRuns) {
  directory().Write("dir.csv/x", "");
  EXPECT_EQ(BindTo(*Make(R"({"files": "dir.csv"})"), rows_).slug(), "is-a-directory");
  directory().Write("file", "");
  EXPECT_EQ(BindTo(*Make(R"({"files": "file/"})"), rows_).slug(), "not-a-directory");
  EXPECT_EQ(BindTo(*Make(R"({"files": "file/a.csv"})"), rows_).fault(), Fault::kUser);
}

TEST_F(FilesTargetTest, ADirectoryOfOthersIsNeverReplaced) {
  directory().Write("mine/part-00000.csv", "old\n");
  directory().Write("mine/thesis.tex", "years of work");
  const auto target = Make(R"({"files": "mine/", "format": "csv"})");
  EXPECT_EQ(BindTo(*target, rows_).slug(), "directory-in-use");
  std::filesystem::remove(directory() / "mine/thesis.tex");
  ASSERT_TRUE(BindTo(*target, rows_).ok());
  const auto writer = target->Open({NodeId::New(), 0}, EpochId::New());
  ASSERT_TRUE((*writer)->Write(rows_).ok());
  const component::Receipt receipt = (*writer)->Prepare(EpochId::New()).value();
  directory().Write("mine/thesis.tex", "years of work");
  EXPECT_EQ(target->Commit(std::span(&receipt, 1)).slug(), "directory-in-use");
  EXPECT_TRUE(std::filesystem::exists(directory() / "mine/thesis.tex"));
}

TEST_F(FilesTargetTest, DirectoriesAreCutByRows) {
  const auto target =
      Make(R"({"files": "parts/", "format": "ndjson", "codec": "zstd", "max_rows_per_file": 2})");
  const auto receipt = Put(*target, rows_);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_THAT(LocalFileSystem().List(directory() / "parts").value(),
              ElementsAre("part-00000.ndjson.zst", "part-00001.ndjson.zst"));
  EXPECT_EQ(TextOf(directory() / "parts/part-00001.ndjson.zst"), "{\"id\":3,\"n\":\"\"}\n");
  EXPECT_THAT(target->Describe(*receipt), HasSubstr("in 2 files"));
}

TEST_F(FilesTargetTest, AnAppendedEpochIsRolledBySize) {
  directory().Write("parts/others", "stay");
  const auto target =
      Make(R"({"files": "parts/", "format": "csv", "header": false, "roll": {"size": "1"}})");
  data::EdgeType edge;
  edge.schema = rows_->schema();
  edge.bounded = false;
  ASSERT_TRUE(
      target->Bind(data::FromArrow(*rows_->schema()).value(), edge, component::WriteMode::kAppend)
          .ok());
  const EpochId epoch = EpochId::New();
  const auto writer = target->Open({NodeId::New(), 3}, epoch).value();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(writer->Write(rows_).ok());
  const auto receipt = writer->Prepare(epoch).value();
  ASSERT_TRUE(target->Commit(std::span(&receipt, 1)).ok());
  EXPECT_THAT(LocalFileSystem().List(directory() / "parts").value(),
              ElementsAre("others", "part-" + epoch.str() + "-03-00000.csv",
                          "part-" + epoch.str() + "-03-00001.csv"));
  EXPECT_THAT(target->Describe(receipt), HasSubstr("6 rows"));
}

TEST_F(FilesTargetTest, ColumnsThatParquetCannotHoldAreRefused) {
  const auto target = Make(R"({"files": "a.parquet"})");
  data::EdgeType edge;
  edge.schema = rows_->schema();
  EXPECT_EQ(
      target->Bind({{0, "i", "interval"}}, edge, component::WriteMode::kReplace).status().slug(),
      "type-not-storable");
  EXPECT_EQ(
      target->Bind({{0, "i", "integer"}}, edge, component::WriteMode::kAppend).status().code(),
      Code::kUnsupported);
}

TEST_F(FilesTargetTest, LongNamesFitWithTheirTemporaryOnes) {
  const std::string name = std::string(240, 'n') + ".csv";
  EXPECT_TRUE(Put(*Make("{\"files\": \"" + name + "\"}"), rows_).ok());
  EXPECT_TRUE(std::filesystem::exists(directory() / name));
}

}  // namespace
}  // namespace thalweg::connectors
