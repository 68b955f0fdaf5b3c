#include "flow/state_files.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"
#include "operators/state_rows.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::flow {
namespace {

using Mode = component::SnapshotWriter::Mode;
using operators::testing::Render;
using ::testing::ElementsAre;

void Put(StateBuffer& state, const std::vector<std::int64_t>& keys, std::int64_t value,
         char op = operators::kPut) {
  const operators::Fields fields{arrow::field("k", arrow::int64()),
                                 arrow::field("v", arrow::int64())};
  std::vector<std::int16_t> groups;
  for (const auto key : keys) groups.push_back(static_cast<std::int16_t>(key));
  ASSERT_TRUE(operators::WriteState(state, "rows", fields, groups, op,
                                    {operators::MakeWide(arrow::int64(), keys),
                                     operators::MakeWide(arrow::int64(), std::vector<std::int64_t>(
                                                                             keys.size(), value))})
                  .ok());
}

std::vector<std::string> ReadAll(const TempDirectory& home, std::vector<data::DataFile> chain) {
  StateReader reader(LocalFileSystem(), home.path(), std::move(chain));
  std::vector<std::string> all;
  const Status status = reader.Read("rows", [&](const data::Batch& batch) -> Status {
    for (auto& row : Render(batch)) all.push_back(std::move(row));
    return {};
  });
  if (!status.ok()) all.push_back(status.slug());
  return all;
}

std::vector<data::DataFile> Write(const TempDirectory& home, std::uint64_t epoch, int instance,
                                  const StateBuffer& state) {
  EXPECT_TRUE(MakeDirectories(LocalFileSystem(), home / "state/n/a").ok());
  auto files = WriteStateFiles(LocalFileSystem(), home.path(), "state/n/a", epoch, instance, state);
  EXPECT_TRUE(files.ok()) << files.status();
  return std::move(files).value();
}

TEST(StateFiles, ABaseAndItsDeltasComeBackInOrder) {
  TempDirectory home;
  StateBuffer base(Mode::kBase), delta(Mode::kDelta), other(Mode::kBase);
  Put(base, {0, 1}, 10);
  Put(base, {2}, 10);
  Put(delta, {0}, 11);
  Put(delta, {1}, 0, operators::kRemove);
  Put(other, {200}, 12);
  auto chain = Write(home, 5, 0, base);
  chain = Follow(chain, Write(home, 5, 1, other));
  chain = Follow(chain, Write(home, 6, 0, delta));
  EXPECT_THAT(ReadAll(home, chain), ElementsAre("0|U|0|10", "1|U|1|10", "2|U|2|10", "0|U|0|11",
                                                "1|D|1|0", "200|U|200|12"));
  // A new base of instance 0 stands for what it had; one without rows too.
  chain = Follow(chain, Write(home, 7, 0, StateBuffer(Mode::kBase)));
  EXPECT_THAT(ReadAll(home, chain), ElementsAre("200|U|200|12"));
}

TEST(StateFiles, NamesAreReadBackAndNothingElse) {
  const StateFileName name{12, 3, true, "left"};
  EXPECT_EQ(ToString(name), "00000000000000000012-003-base-left.parquet");
  const auto parsed = ParseStateFileName("state/n/a/" + ToString(name));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->epoch, 12u);
  EXPECT_EQ(parsed->instance, 3);
  EXPECT_TRUE(parsed->base);
  EXPECT_EQ(parsed->table, "left");
  for (const auto* wrong : {"", "part-0.parquet", "00000000000000000012-003-other-left.parquet",
                            "0000000000000000001x-003-base-left.parquet"})
    EXPECT_FALSE(ParseStateFileName(wrong).ok()) << wrong;
}

TEST(StateFiles, DamageIsNamed) {
  TempDirectory home;
  StateBuffer base(Mode::kBase);
  Put(base, {0}, 1);
  const auto chain = Write(home, 1, 0, base);
  home.Write(chain[0].path, "torn");
  StateReader reader(LocalFileSystem(), home.path(), chain);
  const Status status = reader.Read("rows", [](const data::Batch&) { return Status(); });
  EXPECT_EQ(status.code(), Code::kCorrupt);
  EXPECT_THAT(status.message(), ::testing::HasSubstr(chain[0].path));
}

}  // namespace
}  // namespace thalweg::flow
