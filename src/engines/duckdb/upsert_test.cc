// Tables with a merge key, read as the engine reads every table, against a map.
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engines/duckdb/testing/engine_fixture.h"

namespace thalweg::engines {
namespace {

class UpsertTest : public EngineFixture {
 protected:
  data::Manifest manifest_{.columns = {{1, "k", "bigint"}, {2, "s", "varchar"}, {3, "v", "bigint"}},
                           .merge_key = {"k", "s"}};
  std::map<std::string, std::string> expected_;
  int value_ = 0;

  void AddFile(const std::string& values) {
    auto result = Run(Sql("SELECT k::BIGINT AS k, s::VARCHAR AS s, v::BIGINT AS v FROM (VALUES " +
                          values + ") t(k, s, v)"));
    ASSERT_TRUE(result.ok()) << result.status();
    for (const auto& file : result->files) manifest_.files.push_back(file);
    manifest_.rows += result->rows_out;
  }
  component::TableInput Input() const { return {manifest_, ""}; }

  std::map<std::string, std::string> Read(const data::Manifest& manifest) {
    const auto rows = Run(Sql("SELECT k, s, v FROM t", "t", component::TableInput{manifest, ""}));
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::map<std::string, std::string> read;
    for (const auto& file : rows->files) {
      for (const auto& row : Fetch("SELECT k::VARCHAR, s, v::VARCHAR FROM '" + file.path + "'")) {
        const std::string key = row[0].value_or("NULL") + "|" + row[1].value_or("NULL");
        EXPECT_TRUE(read.emplace(key, row[2].value_or("NULL")).second) << key;
      }
    }
    return read;
  }
};

TEST_F(UpsertTest, TheLastRowOfAKeyIsTheOne) {
  AddFile("(1, 'a', 1), (2, 'a', 2), (1, 'a', 3), (NULL, 'a', 4)");
  AddFile("(NULL, 'a', 5), (2, NULL, 6), (2, NULL, NULL)");
  const std::map<std::string, std::string> expected{
      {"1|a", "3"}, {"2|a", "2"}, {"NULL|a", "5"}, {"2|NULL", "NULL"}};
  EXPECT_EQ(Read(manifest_), expected);
}

TEST_F(UpsertTest, ABaseIsReadAsItIs) {
  AddFile("(1, 'a', 1), (NULL, NULL, 2)");
  manifest_.base_files = 1;
  EXPECT_TRUE(manifest_.rows_exact());
  EXPECT_EQ(Read(manifest_).size(), 2U);
  AddFile("(NULL, NULL, 3)");
  EXPECT_FALSE(manifest_.rows_exact());
  EXPECT_EQ(Read(manifest_),
            (std::map<std::string, std::string>{{"1|a", "1"}, {"NULL|NULL", "3"}}));
}

TEST_F(UpsertTest, AColumnThatHidesTheOrderIsRefused) {
  manifest_.columns[2].name = "File_Index";
  manifest_.files = {{.path = Path("a.parquet"), .rows = 1}};
  const auto rows = Run(Sql("SELECT * FROM t", "t", Input()));
  EXPECT_EQ(rows.status().code(), Code::kUnsupported) << rows.status();
}

TEST_F(UpsertTest, RandomChangesFoldIntoTheSameRowsAtEveryVersion) {
  std::mt19937 random(7);
  std::vector<std::pair<data::Manifest, std::map<std::string, std::string>>> versions;
  for (int step = 0; step < 24; ++step) {
    std::string values;
    for (int i = 0; i < 20; ++i) {
      const auto number = random() % 6;
      const std::string k = number == 0 ? "NULL" : fmt::format("{}", number);
      const std::string s = random() % 4 == 0 ? "" : fmt::format("x{}", random() % 3);
      const std::string v = fmt::format("{}", ++value_);
      values += fmt::format("{}({}, {}, {})", i > 0 ? ", " : "", k,
                            s.empty() ? "NULL" : "'" + s + "'", v);
      expected_[k + "|" + (s.empty() ? "NULL" : s)] = v;
    }
    AddFile(values);
    if (step % 9 == 8) {  // as a compaction does
      const auto folded = Run(Sql("SELECT * FROM t ORDER BY k, s", "t", Input()));
      ASSERT_TRUE(folded.ok()) << folded.status();
      manifest_.files = folded->files;
      manifest_.base_files = static_cast<std::int64_t>(folded->files.size());
      manifest_.rows = folded->rows_out;
      EXPECT_EQ(manifest_.rows, static_cast<std::int64_t>(expected_.size()));
    }
    versions.emplace_back(manifest_, expected_);
  }
  for (const auto& [manifest, rows] : versions) EXPECT_EQ(Read(manifest), rows);
}

}  // namespace
}  // namespace thalweg::engines
