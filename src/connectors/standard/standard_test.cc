#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "connectors/files/testing/source_stand.h"
#include "connectors/standard/register.h"
#include "connectors/standard/stdin_source.h"
#include "connectors/standard/stdout_target.h"
#include "connectors/streams/testing/stream_stand.h"
#include "data/testing/batch.h"
#include "data/types.h"

namespace thalweg::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Pipe {
  Pipe() {
    int fds[2];
    TW_CHECK(::pipe2(fds, O_CLOEXEC) == 0);
    out = UniqueFd(fds[0]), in = UniqueFd(fds[1]);
  }
  void Put(std::string_view text) const {
    ASSERT_EQ(::write(in.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  UniqueFd out, in;
};

template <typename Body>
Body BodyOf(std::string_view json) {
  Diagnostics diagnostics;
  const component::Value value = ParseBody(json);
  Body body;
  EXPECT_TRUE(Body::Describe().Read(value, {}, &body, diagnostics) &&
              body.Check(value, diagnostics))
      << diagnostics.ToStatus();
  return body;
}

class StdinTest : public ::testing::Test {
 protected:
  std::unique_ptr<component::Reader> Open(std::string_view json) {
    component::SourceContext context;
    context.clock = &SystemClock();
    context.stop = stop_.get_token();
    source_ = std::make_unique<StdinSource>(BodyOf<StdinBody>(json), context, pipe_.out.get());
    return source_->Open(source_->Discover({}).value().front(), {}).value();
  }
  std::stop_source stop_;
  Pipe pipe_;
  std::unique_ptr<StdinSource> source_;
};

TEST_F(StdinTest, RowsComeAsTheirLinesDo) {
  const auto reader = Open(R"({"stdin": "ndjson", "columns": {"a": "integer",
                                "t": {"type": "timestamptz", "from": "epoch_ms"}}})");
  EXPECT_FALSE(source_->Bind().value().bounded);
  EXPECT_EQ(source_->replay(), component::Replay::kNever);
  ReaderDriver driver(*reader);
  pipe_.Put("{\"a\":1,\"t\":1000,\"x\":[]}\n{\"a\":");
  driver.ReadRows(1);
  driver.ExpectBlocked();
  pipe_.Put("2}\nno\n");
  driver.ReadRows(3);
  pipe_.in.Reset();
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows,
              ElementsAre(R"({"a":1,"t":"1970-01-01T00:00:01Z"})", R"({"a":2,"t":null})"));
  EXPECT_EQ(driver.text().rejects.size(), 1);
}

TEST_F(StdinTest, WhatIsTornAtTheEndIsAReject) {
  const auto reader = Open(R"({"stdin": "ndjson", "columns": {"a": "integer"}})");
  pipe_.Put("{\"a\":1}\n{\"a\":2");
  pipe_.in.Reset();
  ReaderDriver driver(*reader);
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"a":1})"));
  EXPECT_EQ(driver.text().rejects.size(), 1);
}

TEST_F(StdinTest, RowsAreNeverTornWhateverTheyArriveIn) {
  const auto reader =
      Open(R"({"stdin": "csv", "header": false, "columns": {"a": "integer", "b": "varchar"}})");
  ReaderDriver driver(*reader);
  for (const char c : std::string_view("1,\"x\ny\"\r\n2,\"z\"\"\"\n")) pipe_.Put(std::string(1, c));
  pipe_.in.Reset();
  driver.ReadToEnd();
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"a":1,"b":"x\ny"})", R"({"a":2,"b":"z\""})"));
}

TEST_F(StdinTest, AReaderThatNobodyFeedsCanBeLeft) {
  const auto reader = Open(R"({"stdin": "lines"})");
  ReaderDriver driver(*reader);
  driver.ExpectBlocked();
  stop_.request_stop();
}

data::Batch Rows(const std::string& numbers) {
  return data::MakeBatch({{"a", "integer", numbers}});
}

class StdoutTest : public ::testing::Test {
 protected:
  std::unique_ptr<StdoutTarget> Bound(std::string_view json) {
    component::TargetContext context;
    context.clock = &SystemClock();
    context.stop = stop_.get_token();
    auto target = std::make_unique<StdoutTarget>(BodyOf<StdoutBody>(json), context, pipe_.in.get());
    data::EdgeType edge;
    edge.schema = Rows("[]")->schema();
    const auto guarantee =
        target->Bind(data::FromArrow(*edge.schema).value(), edge, component::WriteMode::kAppend);
    EXPECT_TRUE(guarantee.ok()) << guarantee.status();
    return target;
  }
  std::string Written() {
    std::string text(1 << 16, '\0');
    const ssize_t got = ::read(pipe_.out.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  std::stop_source stop_;
  Pipe pipe_;
};

TEST_F(StdoutTest, EpochsFollowOneAnotherWithOneHeader) {
  const auto target = Bound(R"({"stdout": "csv"})");
  for (const std::string numbers : {"[1, 2]", "[3]"}) {
    const auto writer = target->Open({NodeId::New(), 0}, EpochId::New()).value();
    ASSERT_TRUE(writer->Write(Rows(numbers)).ok());
    const auto receipt = writer->Prepare(EpochId::New());
    ASSERT_TRUE(receipt.ok());
    EXPECT_TRUE(target->Commit(std::span(&*receipt, 1)).ok());
    EXPECT_THAT(target->Describe(*receipt), HasSubstr(numbers == "[3]" ? "1 row," : "2 rows,"));
  }
  EXPECT_EQ(Written(), "a\n1\n2\n3\n");
}

TEST_F(StdoutTest, AStopEndsAWriteThatNobodyReads) {
  const auto target = Bound(R"({"stdout": "ndjson"})");
  const auto writer = target->Open({NodeId::New(), 0}, EpochId::New()).value();
  std::string many = "[0";
  for (int i = 0; i < 20'000; ++i) many += ",1";
  Status status;
  std::jthread thread([&] { status = writer->Write(Rows(many + "]")); });
  stop_.request_stop();
  thread.join();
  EXPECT_EQ(status.code(), Code::kCancelled);
}

TEST(StandardTest, MistakesAreNamed) {
  StreamStand stand(RegisterStandard);
  EXPECT_THAT(stand.SourceMistake("stdin", R"({"stdin": "ndjson"})"), HasSubstr("no-columns"));
  EXPECT_THAT(stand.SourceMistake("stdin", R"({"stdin": "ndjson", "columns": {"a": {}}})"),
              HasSubstr("missing-type"));
  EXPECT_THAT(stand.SourceMistake(
                  "stdin", R"({"stdin": "ndjson", "header": false, "columns": {"a": "integer"}})"),
              HasSubstr("wrong-format"));
  EXPECT_THAT(stand.TargetMistake("stdout", R"({"stdout": "ndjson", "nulls": "NA"})"),
              HasSubstr("wrong-format"));
}

}  // namespace
}  // namespace thalweg::connectors
