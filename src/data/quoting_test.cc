#include "data/quoting.h"

#include <gtest/gtest.h>

namespace thalweg::data {
namespace {

TEST(QuoteTest, DoublesTheMark) {
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteIdentifier("a \"b\""), "\"a \"\"b\"\"\"");
}

}  // namespace
}  // namespace thalweg::data
