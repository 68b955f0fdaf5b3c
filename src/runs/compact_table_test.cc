#include "runs/compact_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"
#include "engines/duckdb/duckdb_engine.h"

namespace thalweg::runs {
namespace {

class CompactTableTest : public ::testing::Test {
 protected:
  CompactTableTest()
      : engine_(engines::OpenDuckDb(
                    {.memory = Bytes::MiB(256), .threads = 2, .spill_directory = home_ / "spill"})
                    .value()) {
    manifest_.id = VersionId::New();
    manifest_.columns = {{1, "k", "bigint"}, {2, "v", "varchar"}};
  }

  std::string NewDirectory() {
    const std::string path = home_ / fmt::format("out{}", ++directories_);
    EXPECT_TRUE(LocalFileSystem().MakeDirectory(path).ok());
    return path;
  }
  void AddFile(const std::string& values) {
    const std::string path = JoinPath(NewDirectory(), "part-0.parquet");
    const auto connection = engine_->database().Connect().value();
    const auto rows = connection->Fetch(
        fmt::format("COPY (SELECT k::BIGINT AS k, v::VARCHAR AS v FROM (VALUES {}) t(k, v)) TO "
                    "'{}' (FORMAT parquet)",
                    values, path));
    ASSERT_TRUE(rows.ok()) << rows.status();
    const auto count = std::stoll(rows->front().front().value());
    manifest_.files.push_back({.path = path.substr(std::string(home_ / "").size() + 1),
                               .rows = count,
                               .size = Bytes(1000)});
    manifest_.rows += count;
  }
  Result<data::Manifest> Compact(std::stop_token stop = {}) {
    return CompactTable(*engine_, manifest_,
                        {.home = home_ / "", .out_directory = NewDirectory(), .label = "t"}, stop);
  }
  std::string Rows(const data::DataFile& file) {
    std::string text;
    const auto connection = engine_->database().Connect().value();
    const auto rows =
        connection->Fetch(fmt::format("SELECT k::VARCHAR, v FROM '{}'", home_ / file.path)).value();
    for (const auto& row : rows)
      text += row[0].value_or("NULL") + "=" + row[1].value_or("NULL") + " ";
    return text;
  }

  TempDirectory home_;
  std::unique_ptr<engines::DuckDbEngine> engine_;
  data::Manifest manifest_;
  int directories_ = 0;
};

TEST_F(CompactTableTest, AnUpsertTableBecomesOneSortedBase) {
  manifest_.merge_key = {"k"};
  AddFile("(3, 'a'), (1, 'b')");
  AddFile("(3, 'c'), (2, NULL), (NULL, 'x')");
  AddFile("(NULL, 'y')");
  const auto compacted = Compact();
  ASSERT_TRUE(compacted.ok()) << compacted.status();
  ASSERT_EQ(compacted->files.size(), 1U);
  EXPECT_EQ(compacted->base_files, 1);
  EXPECT_TRUE(compacted->rows_exact());
  EXPECT_EQ(compacted->rows, 4);
  EXPECT_EQ(compacted->bytes, compacted->files[0].size);
  EXPECT_EQ(compacted->parent, manifest_.id);
  EXPECT_NE(compacted->id, manifest_.id);
  EXPECT_FALSE(compacted->files[0].outside());
  EXPECT_EQ(Rows(compacted->files[0]), "NULL=y 1=b 2=NULL 3=c ");
}

TEST_F(CompactTableTest, OfATableThatGrowsTheSmallFilesBecomeOne) {
  AddFile("(1, 'a')");
  AddFile("(2, 'b')");
  manifest_.files[1].size = Bytes::MiB(4);
  AddFile("(1, 'a')");
  const auto compacted = Compact();
  ASSERT_TRUE(compacted.ok()) << compacted.status();
  ASSERT_EQ(compacted->files.size(), 2U);
  EXPECT_EQ(Rows(compacted->files[0]), "1=a 1=a ");
  EXPECT_EQ(compacted->files[1], manifest_.files[1]);
  EXPECT_EQ(compacted->rows, 3);
}

TEST_F(CompactTableTest, AStopIsNoResult) {
  manifest_.merge_key = {"k"};
  AddFile("(1, 'a')");
  std::stop_source stop;
  stop.request_stop();
  const auto compacted = Compact(stop.get_token());
  // The job may have been quicker.
  if (!compacted.ok()) {
    EXPECT_EQ(compacted.status().code(), Code::kCancelled) << compacted.status();
  }
}

TEST(CompactionRuleTest, SaysWhen) {
  data::Manifest manifest;
  const auto add = [&](std::int64_t rows) {
    manifest.files.push_back({.path = "tables/x", .rows = rows, .size = Bytes(10)});
  };
  for (int i = 0; i < 32; ++i) add(1);
  EXPECT_FALSE(WantsCompaction(manifest));
  add(1);
  EXPECT_TRUE(WantsCompaction(manifest));
  manifest.files.front().size = Bytes::MiB(2);
  EXPECT_FALSE(WantsCompaction(manifest));

  manifest.files.clear();
  manifest.merge_key = {"k"};
  add(5);
  EXPECT_FALSE(WantsCompaction(manifest));  // no base: their number decides
  manifest.base_files = 1;
  add(5);
  EXPECT_FALSE(WantsCompaction(manifest));
  add(1);
  EXPECT_TRUE(WantsCompaction(manifest));
  manifest.files.front().rows = 1000;
  EXPECT_FALSE(WantsCompaction(manifest));
  while (manifest.files.size() < 17) add(1);
  EXPECT_FALSE(WantsCompaction(manifest));
  add(1);
  EXPECT_TRUE(WantsCompaction(manifest));
}

}  // namespace
}  // namespace thalweg::runs
