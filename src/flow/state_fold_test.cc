#include "flow/state_fold.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"
#include "flow/state_files.h"
#include "operators/state_rows.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::flow {
namespace {

using Mode = component::SnapshotWriter::Mode;
using ::testing::ElementsAre;

class StateFold : public ::testing::Test {
 protected:
  /// Rows {host, _mode} of a threshold's table.
  static void Put(StateBuffer& state, const std::vector<std::optional<std::string>>& hosts,
                  std::int64_t mode, char op = operators::kPut) {
    const operators::Fields fields{arrow::field("host", arrow::utf8()),
                                   arrow::field("_mode", arrow::int64())};
    const std::vector<std::int16_t> groups(hosts.size(), 7);
    ASSERT_TRUE(
        operators::WriteState(
            state, "thresholds", fields, groups, op,
            {operators::MakeText(arrow::utf8(), hosts),
             operators::MakeWide(arrow::int64(), std::vector<std::int64_t>(hosts.size(), mode))})
            .ok());
  }
  void Write(std::uint64_t epoch, int instance, const StateBuffer& state) {
    ASSERT_TRUE(MakeDirectories(LocalFileSystem(), home_ / "state/n/a").ok());
    auto files =
        WriteStateFiles(LocalFileSystem(), home_.path(), "state/n/a", epoch, instance, state);
    ASSERT_TRUE(files.ok()) << files.status();
    chain_ = Follow(chain_, *files);
  }
  std::vector<std::string> Folded(const std::string& table) {
    std::vector<std::string> rows;
    const Status read =
        ReadFolded(LocalFileSystem(), home_.path(), chain_, table, [&](const data::Batch& batch) {
          for (auto& row : operators::testing::Render(batch)) rows.push_back(std::move(row));
          return Status();
        });
    EXPECT_TRUE(read.ok()) << read;
    return rows;
  }

  TempDirectory home_;
  std::vector<data::DataFile> chain_;
};

TEST_F(StateFold, TheLatestRowOfAKeyCountsAndRemovedOnesAreGone) {
  StateBuffer base(Mode::kBase), first(Mode::kDelta), second(Mode::kDelta), other(Mode::kBase);
  Put(base, {"a", "b", std::nullopt, "c"}, 0);
  Put(other, {"z"}, 5);
  Put(first, {"b", std::nullopt}, 1);
  Put(first, {"a"}, 0, operators::kRemove);
  Put(second, {"d", "a"}, 2);
  Put(second, {"c"}, 0, operators::kRemove);
  Write(1, 0, base);
  Write(1, 1, other);
  Write(2, 0, first);
  Write(3, 0, second);
  EXPECT_THAT(Folded("thresholds"), ElementsAre("7|a|2", "7|b|1", "7|null|1", "7|d|2", "7|z|5"));
  EXPECT_THAT(Folded("nothing"), ElementsAre());
}

TEST_F(StateFold, ATableWithoutAKeyHasOneRowForEachInstance) {
  for (int instance = 0; instance < 2; ++instance) {
    for (std::uint64_t epoch = 1; epoch < 4; ++epoch) {
      StateBuffer state(epoch == 1 ? Mode::kBase : Mode::kDelta);
      ASSERT_TRUE(operators::WriteState(
                      state, "progress", {arrow::field("_watermark", arrow::int64())},
                      {operators::kNoGroup}, operators::kPut,
                      {operators::MakeWide(arrow::int64(),
                                           {100 * instance + static_cast<std::int64_t>(epoch)})})
                      .ok());
      Write(epoch, instance, state);
    }
  }
  EXPECT_THAT(Folded("progress"), ElementsAre("-1|3", "-1|103"));
}

TEST(KeyColumns, FollowFromTheNames) {
  const auto key_columns = [](const std::vector<std::string>& names) {
    arrow::FieldVector fields{arrow::field("_key_group", arrow::int16()),
                              arrow::field("_op", arrow::utf8())};
    for (const auto& name : names) fields.push_back(arrow::field(name, arrow::int64()));
    return KeyColumnsOf(*arrow::schema(fields));
  };
  EXPECT_EQ(key_columns({"a", "_pane", "_rows", "_n_0"}), 2);
  EXPECT_EQ(key_columns({"a", "b", "_first", "_last", "_rows"}), 3);
  EXPECT_EQ(key_columns({"a", "b", "_next", "_period"}), 2);
  EXPECT_EQ(key_columns({"_row", "ts", "host"}), 1);
  EXPECT_EQ(key_columns({"_watermark", "_closed_until"}), 0);
}

}  // namespace
}  // namespace thalweg::flow
