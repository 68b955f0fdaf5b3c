#include "flow/flow.h"

#include <random>

#include <arrow/record_batch.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/testing/flow_stand.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::flow {
namespace {

using operators::testing::Edge;
using operators::testing::kSecond;
using operators::testing::MakeSpec;
using operators::testing::Rows;
using testing::FlowStand;

/// Rows of ten keys, mostly in order, some of them late.
std::vector<data::Batch> Events(int rows, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<data::Batch> batches;
  for (int begin = 0; begin < rows; begin += 50) {
    std::string times = "[", keys = "[", values = "[";
    for (int i = begin; i < std::min(rows, begin + 50); ++i) {
      const char* comma = i == begin ? "" : ", ";
      const int late = random() % 20 == 0 ? 30 : static_cast<int>(random() % 3);
      times += fmt::format("{}{}", comma, std::max(0, i / 5 - late));
      keys += fmt::format("{}{}", comma, random() % 10);
      values += fmt::format("{}{}", comma, random() % 100);
    }
    batches.push_back(Rows({{"ts", "seconds", times + "]"},
                            {"k", "bigint", keys + "]"},
                            {"v", "bigint", values + "]"}}));
  }
  return batches;
}

FlowStand Stand(const std::string& name, const std::string& options) {
  const auto batches = Events(1000, 7);
  return FlowStand(MakeSpec(name, options), Edge(batches[0], "ts"), {batches},
                   EventTime{"ts", std::chrono::seconds(5), {}});
}

std::vector<FlowStand::Way> Ways() {
  return {
      {.cut = 1},
      {.cut = 7, .threads = 1},
      {.cut = 7, .instances = {2}},
      {.cut = 7, .instances = {3}, .channel_limit = Bytes(1)},
      {.cut = 7, .checkpoint_after_elements = 1},
      {.checkpoint_after_elements = 1, .break_after_commits = 1},
      {.cut = 40, .instances = {1, 2, 1}, .checkpoint_after_elements = 1, .break_after_commits = 3},
      {.cut = 40,
       .threads = 1,
       .instances = {2, 1},
       .checkpoint_after_elements = 2,
       .break_after_commits = 2,
       .channel_limit = Bytes(100)},
  };
}

struct OperatorCase {
  std::string name, op, options;
};

class FlowMatrix : public ::testing::TestWithParam<OperatorCase> {};

TEST_P(FlowMatrix, ResultsDoNotDependOnTheWay) {
  FlowStand stand = Stand(GetParam().op, GetParam().options);
  const auto expected = stand.Run({});
  ASSERT_TRUE(expected.ok()) << expected.status();
  ASSERT_GT(expected->size(), 20u);
  int breaks = 0;
  for (const auto& way : Ways()) {
    const auto rows = stand.Run(way);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(fmt::format("{}", fmt::join(*rows, "\n")),
              fmt::format("{}", fmt::join(*expected, "\n")))
        << "cut=" << way.cut << " break=" << way.break_after_commits;
    breaks += stand.breaks();
  }
  EXPECT_GT(breaks, 10);
}

INSTANTIATE_TEST_SUITE_P(
    , FlowMatrix,
    ::testing::Values(
        OperatorCase{"tumbling", "aggregate",
                     R"j({"by": ["k"], "window": {"tumbling": "10s"},
                         "columns": {"n": "count(*)", "s": "sum(v)"}})j"},
        OperatorCase{"hopping", "aggregate",
                     R"j({"by": ["k"], "window": {"hopping": {"size": "20s", "every": "5s"}},
                         "columns": {"n": "count(*)", "most": "max(v)"}})j"},
        OperatorCase{
            "session", "aggregate",
            R"j({"by": ["k"], "window": {"session": "3s"}, "columns": {"n": "count(*)"}})j"},
        OperatorCase{"threshold", "threshold",
                     R"j({"by": ["k"], "watch": "v", "default": 10, "increase_scale": 2,
                         "increase_after": "2s"})j"},
        OperatorCase{"filter", "filter", R"j("v > 50")j"}),
    [](const auto& test) { return test.param.name; });

/// Takes nothing until it is told to.
class BlockedSink : public Sink {
 public:
  Status Write(const data::Batch& batch) override {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    rows_ += batch->num_rows();
    return {};
  }
  Result<Sealed> Seal(std::uint64_t) override { return Sealed{}; }
  void Abort() override {}
  void WaitUntilBlocked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  std::int64_t rows() const { return rows_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waiting_ = false, open_ = false;
  std::int64_t rows_ = 0;
};

TEST(Flow, ABlockedTargetHoldsTheSourceAndLosesNothing) {
  const auto batches = Events(5000, 3);
  const data::EdgeType edge = Edge(batches[0], "ts");
  const auto sink = std::make_shared<BlockedSink>();
  Graph graph;
  graph.steps.push_back({"in",
                         SourceStep{std::make_shared<testing::ListSource>(
                                        edge, std::vector<std::vector<data::Batch>>{batches}, 0),
                                    edge,
                                    {},
                                    EventTime{"ts", std::chrono::seconds(100), {}},
                                    {}},
                         {}});
  graph.steps.push_back({"out", SinkStep{sink}, {{0, ""}}});
  FlowOptions options;
  options.clock = &SystemClock();
  options.channel_limit = Bytes::KiB(4);
  auto flow = Flow::Make(std::move(graph), std::move(options));
  ASSERT_TRUE(flow.ok());
  Status status;
  std::thread run([&] { status = (*flow)->Run({}); });
  sink->WaitUntilBlocked();
  // The source stops once the channel is full: wait until it does not move any more.
  std::int64_t before = -1;
  for (int still = 0; still < 5;) {
    const std::int64_t now = (*flow)->Figures()[0].rows_out;
    still = now == before ? still + 1 : 0;
    before = now;
    std::this_thread::yield();
    (*flow)->Poke();
  }
  EXPECT_LT(before, 5000);
  EXPECT_LE((*flow)->Figures()[1].queued_bytes, 2 * 4096);
  sink->Open();
  run.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink->rows(), 5000);
}

TEST(Flow, AFailingNodeIsNamed) {
  const auto batch = Rows({{"ts", "seconds", "[0, 1]"}, {"s", "varchar", R"(["1", "x"])"}});
  FlowStand stand(MakeSpec("map", R"j({"columns": {"n": "CAST(s AS bigint)"}})j"),
                  Edge(batch, "ts"), {{batch}}, std::nullopt);
  const auto rows = stand.Run({});
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.status().fault(), Fault::kUser);
  EXPECT_THAT(rows.status().message(), ::testing::HasSubstr("\"op\""));
}

TEST(Flow, AStopCommitsWhatWasDone) {
  const auto batches = Events(1000, 5);
  const data::EdgeType edge = Edge(batches[0], "ts");
  const auto sink = std::make_shared<testing::ListSink>();
  // Never ends: behind its rows the split waits for ever.
  class Waiting : public testing::ListSource {
   public:
    using ListSource::ListSource;
    Result<std::unique_ptr<component::Reader>> Open(const component::Split& split,
                                                    const component::Position& from) override {
      class Reader : public component::Reader {
       public:
        explicit Reader(std::unique_ptr<component::Reader> inner) : inner_(std::move(inner)) {}
        Result<component::Polled> Poll(Bytes budget, const component::Wake& wake) override {
          TW_ASSIGN_OR_RETURN(auto polled, inner_->Poll(budget, wake));
          if (polled.state == component::Polled::State::kEnd)
            polled.state = component::Polled::State::kBlocked;
          return polled;
        }
        component::Position At() const override { return inner_->At(); }
        Status Ack(const component::Position& at) override { return inner_->Ack(at); }

       private:
        const std::unique_ptr<component::Reader> inner_;
      };
      TW_ASSIGN_OR_RETURN(auto inner, ListSource::Open(split, from));
      return std::unique_ptr<component::Reader>(std::make_unique<Reader>(std::move(inner)));
    }
  };
  Graph graph;
  graph.steps.push_back({"in",
                         SourceStep{std::make_shared<Waiting>(
                                        edge, std::vector<std::vector<data::Batch>>{batches}, 0),
                                    edge,
                                    {},
                                    std::nullopt,
                                    {}},
                         {}});
  graph.steps.push_back({"out", SinkStep{sink}, {{0, ""}}});
  FlowOptions options;
  options.clock = &SystemClock();
  options.checkpoint_every = std::chrono::nanoseconds(0);
  options.commit = [&](EpochParts parts) -> Status {
    sink->Commit(parts.epoch);
    return {};
  };
  auto flow = Flow::Make(std::move(graph), std::move(options));
  ASSERT_TRUE(flow.ok());
  std::stop_source stop;
  Status status;
  std::thread run([&] { status = (*flow)->Run(stop.get_token()); });
  while ((*flow)->Figures()[1].rows_in < 1000) std::this_thread::yield();
  stop.request_stop();
  run.join();
  EXPECT_EQ(status.code(), Code::kCancelled);
  EXPECT_EQ(sink->Rows().size(), 1000u);
}

/// One split of two batches. Counts what is open, remembers what was acknowledged, and fails once
/// where it is told to.
class WatchedSource : public component::Source {
 public:
  WatchedSource(data::EdgeType edge, data::Batch batch, int fail_at = -1)
      : edge_(std::move(edge)), batch_(std::move(batch)), fail_at_(fail_at) {}
  Result<data::EdgeType> Bind() override { return edge_; }
  Result<std::optional<component::Fingerprint>> Identity() override {
    return std::optional<component::Fingerprint>();
  }
  component::Replay replay() const override { return component::Replay::kExact; }
  Result<std::vector<component::Split>> Discover(const component::SourceState&) override {
    return std::vector<component::Split>{{"only", ""}};
  }
  Result<std::unique_ptr<component::Reader>> Open(const component::Split&,
                                                  const component::Position& from) override {
    if (open_ > 0) return Status::Internal("opened while the last reader is open");
    ++opened;
    return std::unique_ptr<component::Reader>(
        std::make_unique<Reader>(*this, from.text.empty() ? 0 : std::stoi(from.text)));
  }
  Result<data::Columns> TableColumns() override { return data::Columns(); }

  int opened = 0;
  std::vector<std::string> acked;

 private:
  class Reader : public component::Reader {
   public:
    Reader(WatchedSource& of, int at) : of_(of), at_(at) { ++of_.open_; }
    ~Reader() override { --of_.open_; }
    Result<component::Polled> Poll(Bytes, const component::Wake&) override {
      if (at_ == of_.fail_at_) {
        of_.fail_at_ = -1;
        return Status::Io("the line went dead").Retryable();
      }
      component::Polled polled;
      if (at_ == 2) return polled;
      ++at_;
      polled.state = component::Polled::State::kRows;
      polled.rows = of_.batch_;
      return polled;
    }
    component::Position At() const override { return {std::to_string(at_)}; }
    Status Ack(const component::Position& at) override {
      of_.acked.push_back(at.text);
      return {};
    }

   private:
    WatchedSource& of_;
    int at_;
  };

  const data::EdgeType edge_;
  const data::Batch batch_;
  int fail_at_, open_ = 0;
};

/// Runs a source into a sink to its end. The rows that were committed.
Result<std::size_t> RunToTheEnd(const std::shared_ptr<component::Source>& source,
                                const data::EdgeType& edge, std::int64_t checkpoint_after = 0) {
  const auto sink = std::make_shared<testing::ListSink>();
  Graph graph;
  graph.steps.push_back({"in", SourceStep{source, edge, {}, std::nullopt, {}}, {}});
  graph.steps.push_back({"out", SinkStep{sink}, {{0, ""}}});
  FlowOptions options;
  options.clock = &SystemClock();
  options.checkpoint_every = std::chrono::nanoseconds(0);
  options.checkpoint_after_elements = checkpoint_after;
  options.commit = [&](EpochParts parts) -> Status {
    sink->Commit(parts.epoch);
    return {};
  };
  TW_ASSIGN_OR_RETURN(const auto flow, Flow::Make(std::move(graph), std::move(options)));
  TW_RETURN_IF_ERROR(flow->Run({}));
  return sink->Rows().size();
}

TEST(Flow, ASourceThatEndedIsAcknowledgedToItsEnd) {
  const auto batch = Rows({{"v", "bigint", "[1, 2, 3]"}});
  for (const std::int64_t checkpoint_after : {0, 1, 2}) {
    const auto source = std::make_shared<WatchedSource>(Edge(batch, std::nullopt), batch);
    EXPECT_EQ(RunToTheEnd(source, Edge(batch, std::nullopt), checkpoint_after).value(), 6u);
    ASSERT_FALSE(source->acked.empty());
    EXPECT_EQ(source->acked.back(), "2");
  }
}

TEST(Flow, AReaderThatFailedIsClosedBeforeTheNextIsOpened) {
  const auto batch = Rows({{"v", "bigint", "[1, 2, 3]"}});
  for (const int fail_at : {0, 1, 2}) {
    const auto source = std::make_shared<WatchedSource>(Edge(batch, std::nullopt), batch, fail_at);
    const auto rows = RunToTheEnd(source, Edge(batch, std::nullopt), 1);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(*rows, 6u);
    EXPECT_EQ(source->opened, 2);
    EXPECT_EQ(source->acked.back(), "2");
  }
}

}  // namespace
}  // namespace thalweg::flow
