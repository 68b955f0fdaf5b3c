#include "sql/parameter_name.h"

#include <gtest/gtest.h>

namespace thalweg::sql {
namespace {

TEST(ParameterName, IsWithoutQuotesAndInLowerCase) {
  EXPECT_EQ(ParameterName("$least"), "least");
  EXPECT_EQ(ParameterName("$Least"), "least");
  EXPECT_EQ(ParameterName("$\"Least\""), "least");
  EXPECT_EQ(ParameterName("$\""), "\"");
  EXPECT_EQ(ParameterName("$1"), "1");
  EXPECT_EQ(ParameterName("?"), "");
}

}  // namespace
}  // namespace thalweg::sql
