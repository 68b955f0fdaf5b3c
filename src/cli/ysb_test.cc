#include "cli/ysb.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/testing/run_program.h"

namespace thalweg::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class YsbTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "ysb-" + std::to_string(::getpid()) + "-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Read(const std::string& name) const {
    std::ifstream file(directory_ + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string directory_;
};

data::Batch Result(const std::vector<std::vector<std::int64_t>>& columns) {
  arrow::FieldVector fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  const auto rows = static_cast<std::int64_t>(columns[0].size());
  for (const auto& column : columns) {
    fields.push_back(arrow::field("c", arrow::int64()));
    arrays.push_back(arrow::MakeArray(arrow::ArrayData::Make(
        arrow::int64(), rows, {nullptr, arrow::Buffer::FromVector(column)}, 0)));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
}

TEST_F(YsbTest, CountsAreThoseOfTheText) {
  const auto ysb = Ysb::Make(LocalFileSystem(), directory_, {.events = 70'000, .shuffle = true});
  ASSERT_TRUE(ysb.ok());
  std::map<std::string, std::int64_t> campaign_of;
  std::istringstream campaigns(Read("campaigns.csv"));
  std::string line;
  std::getline(campaigns, line);
  while (std::getline(campaigns, line))
    campaign_of[line.substr(0, line.find(','))] = std::stoll(line.substr(line.find(',') + 1));
  EXPECT_EQ(campaign_of.size(), 1000u);

  Ysb::Counts counts;
  std::istringstream events(Read("events.ndjson"));
  std::int64_t rows = 0, latest = 0, worst = 0, late = 0;
  while (std::getline(events, line)) {
    ++rows;
    const auto event = nlohmann::json::parse(line);
    EXPECT_EQ(event.size(), 7u);
    const auto time = event["event_time"].get<std::int64_t>();
    worst = std::max(worst, latest - time);
    late += latest - time > 1100 ? 1 : 0;
    latest = std::max(latest, time);
    if (event["event_type"] == "view")
      ++counts[{campaign_of.at(event["ad_id"].get<std::string>()), time - time % 10'000}];
  }
  EXPECT_EQ(rows, 70'000);
  EXPECT_EQ(counts, ysb->counts());
  EXPECT_GT(late, 0);
  EXPECT_LE(worst, 60'100) << "later than the pipeline waits";
}

TEST_F(YsbTest, TheSameEventsAgain) {
  ASSERT_TRUE(Ysb::Make(LocalFileSystem(), directory_, {.events = 100}).ok());
  const std::string first = Read("events.ndjson");
  ASSERT_TRUE(Ysb::Make(LocalFileSystem(), directory_, {.events = 100}).ok());
  EXPECT_EQ(Read("events.ndjson"), first);
}

TEST(YsbDifferences, EveryKindIsFound) {
  const Ysb::Counts expected = {{{1, 0}, 5}, {{2, 0}, 6}, {{3, 10'000}, 7}};
  EXPECT_THAT(
      Differences(expected, {Result({{1, 2}, {0, 0}, {5, 6}}), Result({{3}, {10'000}, {7}})}),
      IsEmpty());
  EXPECT_THAT(Differences(expected, {Result({{1, 1, 2, 9}, {0, 0, 0, 0}, {5, 5, 4, 1}})}),
              ElementsAre(HasSubstr("campaign 1, window 1970-01-01T00:00:00.000000Z: there twice"),
                          HasSubstr("campaign 2, window 1970-01-01T00:00:00.000000Z: 4 counted, 6"),
                          HasSubstr("campaign 9"), HasSubstr("missing, 7 made")));
}

TEST_F(YsbTest, TheProgramCountsExactly) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"--shuffle", "--parallel", "2"}}) {
    std::vector<std::string> all = {"bench", "ysb", "--events", "150000", "-o", "json"};
    all.insert(all.end(), words.begin(), words.end());
    const ProgramOutcome outcome = RunProgram(all, directory_);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto document = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(document["wrong"], 0);
    EXPECT_EQ(document["rejected"], 0);
    EXPECT_GT(document["late"], 0);
    EXPECT_GT(document["windows"], 1500);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_)) << "it leaves something behind";
}

}  // namespace
}  // namespace thalweg::cli
