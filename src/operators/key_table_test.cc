#include "operators/key_table.h"

#include <map>

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/testing/batch.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators {
namespace {

using ::testing::ElementsAre;
using Slots = std::vector<std::uint32_t>;

Slots Map(KeyTable* table, const data::Batch& batch) {
  Slots slots(static_cast<std::size_t>(batch->num_rows()));
  table->Map(*batch, slots.data());
  return slots;
}
std::vector<std::string> Keys(const KeyTable& table, const Slots& slots) {
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema(table.fields()), static_cast<std::int64_t>(slots.size()), table.Columns(slots));
  EXPECT_TRUE(batch->ValidateFull().ok());
  return testing::Render(batch);
}

/// docs/specs/state.md, section 1: stored snapshots are cut by these.
TEST(KeyGroup, IsFrozen) {
  EXPECT_EQ(HashIntegerKey(1), 0x9e3779b97f4a7c15u);
  EXPECT_EQ(HashIntegerKey(-1), 0x80b583eb00000000u);
  EXPECT_EQ(KeyGroupOfInteger(0), 0);
  EXPECT_EQ(KeyGroupOfInteger(1), 158);
  EXPECT_EQ(KeyGroupOfInteger(-1), 128);
  EXPECT_EQ(KeyGroupOfBytes(""), 45);
}

TEST(KeyGroup, SpreadsSmallIntegers) {
  std::map<int, int> groups;
  for (int key = 0; key < 25600; ++key) ++groups[KeyGroupOfInteger(key)];
  EXPECT_EQ(groups.size(), 256u);
  for (const auto& [group, keys] : groups) EXPECT_LT(keys, 200) << group;
}

struct Case {
  std::string type, values;
};
class KeyTableTest : public ::testing::TestWithParam<Case> {};

/// Every form numbers keys by first sight, finds them again, gives them back, and forgets what it
/// is told to.
TEST_P(KeyTableTest, NumbersAndGivesBackKeys) {
  const auto batch = data::MakeBatch({{"k", GetParam().type, GetParam().values}});
  KeyTable table = KeyTable::Make(*batch->schema(), {"k"}).value();
  EXPECT_THAT(Map(&table, batch), ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_EQ(table.size(), 3u);
  EXPECT_EQ(Keys(table, {0, 1, 2, 0, 1, 2}), testing::Render(batch));
  const std::vector<int> groups = {table.KeyGroup(2), table.KeyGroup(1)};
  table.Keep(Slots{2, 1});
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(groups, (std::vector<int>{table.KeyGroup(0), table.KeyGroup(1)}));
  EXPECT_THAT(Map(&table, batch), ElementsAre(2, 1, 0, 2, 1, 0));
  // Key columns alone, as a snapshot holds them, give the same numbers and groups.
  KeyTable restored = KeyTable::Make(*batch->schema(), {"k"}).value();
  Slots slots(6);
  restored.MapKeys(*batch, slots.data());
  EXPECT_THAT(slots, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_EQ(restored.KeyGroup(1), groups[1]);
}

INSTANTIATE_TEST_SUITE_P(
    Types, KeyTableTest,
    ::testing::Values(
        Case{"bigint", "[0, -7, null, 0, -7, null]"}, Case{"integer", "[null, 1, 2, null, 1, 2]"},
        Case{"utinyint", "[1, null, 255, 1, null, 255]"},
        Case{
            "varchar",
            R"j(["", null, "long enough to be longer than sixteen", "", null, "long enough to be longer than sixteen"])j"},
        Case{
            "varchar",
            R"j(["0123456789abcdef", "0123456789abcdeg", "x", "0123456789abcdef", "0123456789abcdeg", "x"])j"},
        Case{"double", "[0.5, null, -1, 0.5, null, -1]"},
        Case{"boolean", "[true, null, false, true, null, false]"},
        Case{"decimal(10,2)", R"j(["1.00", null, "2.50", "1.00", null, "2.50"])j"}));

TEST(KeyTable, SeveralColumnsDoNotRunTogether) {
  const auto batch = data::MakeBatch(
      {{"a", "varchar", R"(["a", "ab", null, ""])"}, {"b", "varchar", R"(["bc", "c", "", null])"}});
  KeyTable table = KeyTable::Make(*batch->schema(), {"a", "b"}).value();
  EXPECT_THAT(Map(&table, batch), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(Keys(table, {0, 1, 2, 3}), testing::Render(batch));
}

TEST(KeyTable, ZerosAreOneKeyAndSoAreNaNs) {
  const auto batch = data::MakeBatch({{"k", "double", "[0.0, -0.0]"}});
  KeyTable table = KeyTable::Make(*batch->schema(), {"k"}).value();
  EXPECT_THAT(Map(&table, batch), ElementsAre(0, 0));
}

TEST(KeyTable, ManyKeysInSlices) {
  std::string values = "[";
  for (int i = 0; i < 20000; ++i) values += (i ? "," : "") + std::to_string(i * 977 % 9973);
  for (const char* type : {"bigint", "varchar"}) {
    std::string typed = values + "]";
    if (std::string(type) == "varchar") {
      typed = "[\"";
      for (const char c : values.substr(1)) c == ',' ? typed += "\",\"" : typed += c;
      typed += "\"]";
    }
    const auto batch = data::MakeBatch({{"k", type, typed}});
    KeyTable whole = KeyTable::Make(*batch->schema(), {"k"}).value(),
             sliced = KeyTable::Make(*batch->schema(), {"k"}).value();
    const Slots expected = Map(&whole, batch);
    Slots slots;
    for (std::int64_t begin = 0; begin < 20000; begin += 333) {
      const Slots part = Map(&sliced, batch->Slice(begin, 333));
      slots.insert(slots.end(), part.begin(), part.end());
    }
    EXPECT_EQ(slots, expected);
    EXPECT_EQ(whole.size(), 9973u);
  }
}

TEST(KeyTable, UnknownColumnsAndNestedTypesAreRefused) {
  const auto batch = data::MakeBatch({{"k", "bigint[]", "[[1]]"}});
  EXPECT_EQ(KeyTable::Make(*batch->schema(), {"k"}).status().slug(), "bad-key-type");
  EXPECT_EQ(KeyTable::Make(*batch->schema(), {"x"}).status().slug(), "unknown-column");
}

}  // namespace
}  // namespace thalweg::operators
