#include "operators/key_group.h"

#include <arrow/record_batch.h>
#include <gtest/gtest.h>

#include "data/testing/batch.h"
#include "operators/key_table.h"

namespace thalweg::operators {
namespace {

int GroupOfNull(const std::string& type) {
  const auto batch = data::MakeBatch({{"k", type, "[null]"}});
  KeyTable table = KeyTable::Make(*batch->schema(), {"k"}).value();
  std::uint32_t slot = 0;
  table.Map(*batch, &slot);
  return table.KeyGroup(slot);
}

/// docs/specs/state.md, section 1.
TEST(KeyGroup, OfOneNullDependsOnTheFormOfItsType) {
  for (const char* type : {"bigint", "integer", "varchar", "timestamptz"})
    EXPECT_EQ(GroupOfNull(type), 0) << type;
  EXPECT_EQ(Hash64(std::string_view("\0", 1)), 0xc44bdff4074eecdbu);
  for (const char* type : {"boolean", "double", "decimal(9,2)"})
    EXPECT_EQ(GroupOfNull(type), 196) << type;
}

}  // namespace
}  // namespace thalweg::operators
