#include "connectors/generator/generator_source.h"

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "component/testing/source_suite.h"
#include "connectors/generator/register.h"
#include "connectors/streams/testing/stream_stand.h"

namespace thalweg::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kMixed[] = R"({"rows": 40, "seed": 7, "generator": {
  "id": {"sequence": 10}, "ad": {"key": {"count": 5, "skew": "zipf"}}, "n": {"uniform": {"min": -3, "max": 3}},
  "x": {"uniform": {"min": 0.5, "max": 1}}, "kind": {"choice": ["view", "click"]},
  "ts": {"time": {"start": "2024-01-01T00:00:00Z", "step": "1ms", "jitter": "5s"}},
  "name": {"text": "{kind}-{ad}/{row}"}}})";

std::vector<component::SourceCase> Cases() {
  const auto make = [](std::string body) {
    return [body = std::move(body)] {
      return StreamStand(RegisterGenerator).Source("generator", body);
    };
  };
  return {{"Mixed", make(kMixed)},
          {"Sequence", make(R"({"rows": 12, "generator": {"id": {"sequence": 0}}})")}};
}

THALWEG_SOURCE_SUITE(Generator, Cases());

class GeneratorTest : public ::testing::Test {
 protected:
  component::ReadText Read(const std::string& body) {
    const auto source = stand_.Source("generator", body);
    const auto reader = source->Open(source->Discover({}).value().front(), {});
    return component::ReadAll(**reader);
  }
  StreamStand stand_{RegisterGenerator};
};

TEST_F(GeneratorTest, RowsAreWhatTheColumnsSay) {
  EXPECT_THAT(Read(R"({"rows": 3, "generator": {"id": {"sequence": 5},
                      "t": {"time": {"start": "2024-01-01T00:00:00Z", "step": "500ms"}},
                      "s": {"text": "a-{id}-{row}!"}, "c": {"choice": ["one"]}}})")
                  .rows,
              ElementsAre(R"({"id":5,"t":"2024-01-01T00:00:00Z","s":"a-5-0!","c":"one"})",
                          R"({"id":6,"t":"2024-01-01T00:00:00.500Z","s":"a-6-1!","c":"one"})",
                          R"({"id":7,"t":"2024-01-01T00:00:01Z","s":"a-7-2!","c":"one"})"));
}

TEST_F(GeneratorTest, AnotherSeedGivesOtherRows) {
  const std::string one = R"({"rows": 20, "seed": 1, "generator": {"k": {"key": 1000}}})";
  const std::string two = R"({"rows": 20, "seed": 2, "generator": {"k": {"key": 1000}}})";
  EXPECT_EQ(Read(one), Read(one));
  EXPECT_NE(Read(one).rows, Read(two).rows);
}

TEST_F(GeneratorTest, SkewedKeysAreSkewed) {
  const auto text =
      Read(R"({"rows": 10000, "generator": {"k": {"key": {"count": 1000, "skew": "zipf"}}}})");
  const auto zeros = std::count(text.rows.begin(), text.rows.end(), R"({"k":0})");
  EXPECT_GT(zeros, 800);
  EXPECT_LT(zeros, 1200);  // ln 2 / ln 1001 of all
}

TEST_F(GeneratorTest, TheRateIsKeptByTheClock) {
  ManualClock clock(Instant{});
  stand_.set_clock(clock);
  const auto source =
      stand_.Source("generator", R"({"rate": 1000, "generator": {"id": {"sequence": 0}}})");
  const auto reader = source->Open({"rows", {}}, {}).value();
  ReaderDriver driver(*reader);
  driver.ExpectBlocked();
  clock.Advance(std::chrono::milliseconds(10));
  driver.ReadRows(10);
  driver.ExpectBlocked();
  EXPECT_EQ(reader->At().text, "10");
  // Rows come in steps of 2 ms, so that a high rate does not mean batches of a row or two.
  clock.Advance(std::chrono::milliseconds(1));
  driver.ExpectBlocked();
  clock.Advance(std::chrono::microseconds(1100));
  driver.ReadRows(12);
  driver.ExpectBlocked();
}

TEST_F(GeneratorTest, ABlockedReaderIsWokenWhenARowIsDue) {
  const auto source = stand_.Source(
      "generator", R"({"rate": 500, "rows": 10, "generator": {"at": {"stamp": true}}})");
  const auto edge = source->Bind().value();
  EXPECT_FALSE(edge.bounded);
  EXPECT_FALSE(edge.deterministic);
  const auto reader = source->Open({"rows", {}}, {}).value();
  ReaderDriver driver(*reader);
  driver.ReadToEnd();
  EXPECT_EQ(driver.text().rows.size(), 10);
}

TEST_F(GeneratorTest, MistakesAreNamed) {
  const auto mistake = [&](const std::string& column) {
    return stand_.SourceMistake("generator", R"({"generator": {"a": )" + column + "}}");
  };
  EXPECT_THAT(mistake("{}"), HasSubstr("needs exactly one way"));
  EXPECT_THAT(mistake(R"({"sequence": 1, "stamp": true})"), HasSubstr("needs exactly one way"));
  EXPECT_THAT(mistake(R"({"key": 0})"), HasSubstr("\"count\""));
  EXPECT_THAT(mistake(R"({"uniform": {"min": 2, "max": 1}})"), HasSubstr("greater"));
  EXPECT_THAT(mistake(R"({"text": "{b}"})"), HasSubstr("{b}"));
  EXPECT_THAT(mistake(R"({"time": {"start": "yesterday", "step": "1s"}})"), HasSubstr("bad-value"));
}

}  // namespace
}  // namespace thalweg::connectors
