#include "runs/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs/lower_checks.h"

namespace thalweg::runs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CheckResults, SeverityIsText) {
  const std::vector<CheckResult> results = {
      {"not_null(a)", spec::Severity::kWarn, false, 2, "2 rows", "{\"a\":null}"},
      {"rows", spec::Severity::kFail, false, 1, "1 row, fewer than 2", ""}};
  const std::string json = EncodeChecks(results);
  EXPECT_THAT(json, HasSubstr("\"severity\":\"warn\""));
  EXPECT_THAT(json, HasSubstr("\"severity\":\"fail\""));
  const auto decoded = DecodeChecks(json);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(ToString(decoded->at(0)), "not_null(a): 2 rows, such as {\"a\":null}");
  EXPECT_EQ(decoded->at(0).severity, spec::Severity::kWarn);
  EXPECT_EQ(ToString(decoded->at(1)), "rows: 1 row, fewer than 2");
}

TEST(CheckResults, ThoseOfEarlierVersionsAreRead) {
  const auto decoded = DecodeChecks(
      R"([{"name":"rows","severity":0,"passed":false,"violations":1,"sample":"4 rows"}])");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->at(0).severity, spec::Severity::kWarn);
  EXPECT_EQ(ToString(decoded->at(0)), "rows: 1 row, such as 4 rows");
  EXPECT_FALSE(DecodeChecks("{").ok());
}

TEST(UsedParameters, AreThoseOfTheTokens) {
  const std::vector<component::Parameter> all = {
      {"a", "integer", "1"}, {"ab", "integer", "2"}, {"c", "integer", "3"}};
  const auto used = [&](const std::string& sql) {
    std::vector<std::string> names;
    for (const auto& parameter : UsedParameters(sql, all)) names.push_back(parameter.name);
    return names;
  };
  EXPECT_THAT(used("x > $AB AND y <> '$c'"), ElementsAre("ab"));
  EXPECT_THAT(used("x > $\"a\" + $c"), ElementsAre("a", "c"));
}

TEST(Enclosed, BlanksComments) {
  EXPECT_EQ(Enclosed("a < 9 -- note"), "(a < 9        )");
}

}  // namespace
}  // namespace thalweg::runs
