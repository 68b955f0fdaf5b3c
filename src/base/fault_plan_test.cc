#include "base/fault_plan.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

#ifdef THALWEG_TEST_HOOKS
using Kind = FaultPlan::Kind;

TEST(FaultPlanTest, ReadsEveryForm) {
  const struct {
    const char* text;
    Kind kind;
    std::int64_t at;
    bool onward;
    const char* file;
  } cases[] = {
      {"kill:1", Kind::kKill, 1, false, ""},
      {"powercut:37", Kind::kPowerCut, 37, false, ""},
      {"fail:2", Kind::kFail, 2, false, ""},
      {"fail:2+", Kind::kFail, 2, true, ""},
      {"nospace:3", Kind::kNoSpace, 3, false, ""},
      {"nospace:3+", Kind::kNoSpace, 3, true, ""},
      {"count:/tmp/a:b", Kind::kCount, 0, false, "/tmp/a:b"},
      {"trace:t", Kind::kTrace, 0, false, "t"},
      {"", Kind::kNone, 0, false, ""},
  };
  for (const auto& expected : cases) {
    const auto plan = ParseFaultPlan(expected.text, "");
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ(plan->kind, expected.kind) << expected.text;
    EXPECT_EQ(plan->at, expected.at);
    EXPECT_EQ(plan->onward, expected.onward);
    EXPECT_EQ(plan->file, expected.file);
    EXPECT_EQ(plan->active(), expected.kind != Kind::kNone);
  }
}

TEST(FaultPlanTest, ReadsKillPoints) {
  const auto plan = ParseFaultPlan("count:f", "commit:before:2").value();
  EXPECT_EQ(plan.kind, Kind::kCount);
  EXPECT_EQ(plan.point, "commit:before");
  EXPECT_EQ(plan.point_nth, 2);
  EXPECT_TRUE(ParseFaultPlan("", "commit:1")->active());
}

TEST(FaultPlanTest, RefusesWhatWouldTestNothing) {
  for (const char* const text :
       {"kill", "kill:", "kill:0", "kill:-1", "kill:1+", "powercut:1+", "fail:x", "fail:1x",
        "fail:+", "crash:1", ":1", "count:", "trace:", " kill:1"}) {
    EXPECT_EQ(ParseFaultPlan(text, "").status().code(), Code::kInvalid) << text;
  }
  for (const char* const text : {"commit", "commit:", "commit:0", ":1", "commit:x"}) {
    EXPECT_EQ(ParseFaultPlan("", text).status().code(), Code::kInvalid) << text;
  }
}
#else
TEST(FaultPlanTest, NeedsTestHooks) {
  GTEST_SKIP() << "built without THALWEG_TEST_HOOKS";
}
#endif

}  // namespace
}  // namespace thalweg
