#include "catalog/event_log.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> WhatsIn(const TestHome& home, std::int64_t run) {
  const std::string path = JoinPath(home.home().RunDirectory(run), "events.ndjson");
  std::istringstream lines(ReadFile(LocalFileSystem(), path).value());
  std::vector<std::string> whats;
  for (std::string line; std::getline(lines, line);)
    whats.push_back(nlohmann::json::parse(line)["what"]);
  return whats;
}

TEST(EventLogTest, MirrorsTheEventsOfItsRunAlsoThoseOfOthers) {
  TestHome home;
  const RunRecord run = home.CreateRun({"a"});
  home.CreateRun({"b"});
  const auto log = EventLog::Open(home.home(), home.catalog(), run.number).value();
  EXPECT_THAT(WhatsIn(home, 1), ElementsAre("created", "state: queued -> running"));
  ASSERT_TRUE(home.catalog().SetRunState(run.id, RunState::kWaiting, kAnn).ok());
  {
    const auto other = Catalog::Open(home.home(), home.clock()).value();
    ASSERT_TRUE(
        other->SetRunState(run.id, RunState::kRunning, {"ann", "\"approved\"\nat \xFF last"}).ok());
  }
  ASSERT_TRUE(log->CatchUp().ok());
  ASSERT_TRUE(log->CatchUp().ok());
  EXPECT_THAT(WhatsIn(home, 1),
              ElementsAre("created", "state: queued -> running", "state: running -> waiting",
                          "state: waiting -> running"));
}

TEST(EventLogTest, IsMadeAnewByTheNextProcess) {
  TestHome home;
  const RunRecord run = home.CreateRun({"a"});
  ASSERT_TRUE(EventLog::Open(home.home(), home.catalog(), run.number).ok());
  ASSERT_TRUE(home.catalog().SetRunState(run.id, RunState::kFailed, kAnn).ok());
  ASSERT_TRUE(EventLog::Open(home.home(), home.catalog(), run.number).ok());
  EXPECT_THAT(WhatsIn(home, 1),
              ElementsAre("created", "state: queued -> running", "state: running -> failed"));
}

TEST(EventLogTest, CopiesMoreEventsThanOnePage) {
  TestHome home;
  std::vector<std::string> names;
  for (int i = 0; i < 1500; ++i) names.push_back("node_" + std::to_string(i));
  const RunRecord run = home.CreateRun(names);
  std::vector<std::pair<NodeRunId, Catalog::NodeRunChange>> changes;
  for (const auto& node : home.catalog().NodeRuns(run.id).value()) {
    changes.push_back({node.id, {.state = NodeState::kSkipped, .actor = kAnn}});
  }
  ASSERT_TRUE(home.catalog().SetNodeRuns(changes).ok());
  ASSERT_TRUE(EventLog::Open(home.home(), home.catalog(), run.number).ok());
  EXPECT_EQ(WhatsIn(home, 1).size(), 1502u);
}

}  // namespace
}  // namespace thalweg::catalog
