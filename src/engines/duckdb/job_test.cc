#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engines/duckdb/testing/engine_fixture.h"

namespace thalweg::engines {
namespace {

using component::Job;
using component::JobState;
using ::testing::HasSubstr;

class JobTest : public EngineFixture {
 protected:
  /// Polls until `condition` holds of a state, or the job has ended.
  template <typename Condition>
  JobState PollUntil(const component::JobId& id, Condition condition) {
    while (true) {
      JobState state = engine_->Poll(id).value();
      if (state.state != JobState::State::kRunning || condition(state)) return state;
      std::this_thread::yield();
    }
  }
  static constexpr const char* kEndless =
      "SELECT sum(hash(a.range + b.range)) AS s FROM range(10000000) a, range(10000000) b";
};

TEST_F(JobTest, ManyAtATime) {
  std::vector<component::JobId> jobs;
  std::atomic<int> woken = 0;
  for (int i = 0; i < 20; ++i) {
    jobs.push_back(
        engine_
            ->Submit(MakeJob(Sql(fmt::format("SELECT range * {} AS x FROM range(1000)", i))),
                     [&] { ++woken; })
            .value());
  }
  for (int i = 0; i < 20; ++i) {
    const JobState state =
        PollUntil(jobs[static_cast<std::size_t>(i)], [](const JobState&) { return false; });
    ASSERT_EQ(state.state, JobState::State::kDone) << state.error;
    EXPECT_EQ(Text("SELECT max(x) FROM '" + state.result->files[0].path + "'"),
              std::to_string(999 * i));
  }
  engine_.reset();  // every wake has been called
  EXPECT_EQ(woken, 20);
}

TEST_F(JobTest, CancelEndsItSoon) {
  const auto id = engine_->Submit(MakeJob(Sql(kEndless)), [] {}).value();
  ASSERT_TRUE(engine_->Cancel(id).ok());
  const auto begin = std::chrono::steady_clock::now();
  const JobState state = PollUntil(id, [](const JobState&) { return false; });
  EXPECT_EQ(state.state, JobState::State::kFailed);
  EXPECT_EQ(state.error.code(), Code::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(engine_->Cancel(id).ok());  // again, and too late
  EXPECT_EQ(engine_->Poll(component::JobId::New()).status().code(), Code::kNotFound);
}

TEST_F(JobTest, TheEndOfTheEngineEndsItsJobs) {
  std::atomic<int> woken = 0;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(engine_->Submit(MakeJob(Sql(kEndless)), [&] { ++woken; }).ok());
  engine_.reset();
  EXPECT_EQ(woken, 3);
}

TEST_F(JobTest, TellsItsProgress) {
  const auto numbers = Run(Sql("SELECT range AS x FROM range(15000000)"));
  ASSERT_TRUE(numbers.ok()) << numbers.status();
  const auto id =
      engine_
          ->Submit(MakeJob(Sql("SELECT hash(x) % 10 AS h, count(*) AS n FROM t GROUP BY 1", "t",
                               Table(*numbers))),
                   [] {})
          .value();
  const JobState running =
      PollUntil(id, [](const JobState& s) { return s.progress.fraction > 0.05; });
  EXPECT_EQ(running.state, JobState::State::kRunning);
  EXPECT_LE(running.progress.fraction, 1);
  const JobState done = PollUntil(id, [](const JobState&) { return false; });
  ASSERT_EQ(done.state, JobState::State::kDone) << done.error;
  EXPECT_EQ(done.progress.fraction, 1);
  EXPECT_EQ(done.result->rows_in, 15000000);
  EXPECT_EQ(done.result->rows_out, 10);
}

TEST_F(JobTest, SaysWhatToDoWhenMemoryIsShort) {
  Open({.memory = Bytes::MiB(64), .threads = 1, .spill_directory = ""});
  const Status status =
      Run(Sql("SELECT hash(range) AS h, range FROM range(6000000) ORDER BY h")).status();
  EXPECT_EQ(status.code(), Code::kOutOfMemory);
  EXPECT_EQ(status.fault(), Fault::kResource);
  EXPECT_THAT(status.hint(), HasSubstr("memory"));
  EXPECT_THAT(status.hint(), HasSubstr("spill directory"));
}

TEST_F(JobTest, MovesToDiskWhatDoesNotFit) {
  Open({.memory = Bytes::MiB(64), .threads = 2, .spill_directory = Path("spill")});
  const auto id =
      engine_
          ->Submit(MakeJob(Sql("SELECT hash(range) AS h, range FROM range(6000000) ORDER BY h")),
                   [] {})
          .value();
  const JobState state = PollUntil(id, [](const JobState&) { return false; });
  ASSERT_EQ(state.state, JobState::State::kDone) << state.error;
  EXPECT_GT(state.result->spilled, Bytes());
  EXPECT_GT(state.result->peak_memory, Bytes::MiB(16));
  // DuckDB counts above its limit while a sort writes its runs: 107 MiB were seen at a budget
  // of 64.
  EXPECT_LE(state.result->peak_memory, Bytes::MiB(128));
}

TEST_F(JobTest, ALimitForSpillingIsADiskThatIsFull) {
  Open({.memory = Bytes::MiB(64),
        .threads = 1,
        .spill_directory = Path("spill"),
        .spill_limit = Bytes::MiB(20)});
  const Status status =
      Run(Sql("SELECT hash(range) AS h, range FROM range(6000000) ORDER BY h")).status();
  EXPECT_EQ(status.code(), Code::kDiskFull) << status;
  EXPECT_THAT(status.hint(), HasSubstr(Path("spill")));
}

TEST_F(JobTest, TheNextJobRunsAfterAFailure) {
  EXPECT_FALSE(Run(Sql("SELECT CAST('x' || range AS integer) AS c FROM range(3)")).ok());
  EXPECT_TRUE(Run(Sql("SELECT 1 AS c")).ok());
}

TEST_F(JobTest, AnOutputDirectoryThatIsNotThereIsAnError) {
  Job job = MakeJob(Sql("SELECT 1 AS c"));
  job.out_directory = Path("nowhere/at/all");
  const Status status = Run(std::move(job)).status();
  EXPECT_TRUE(status.code() == Code::kIo || status.code() == Code::kNotFound) << status;
  EXPECT_THAT(status.message(), HasSubstr("nowhere"));
}

TEST_F(JobTest, AnnouncesTheFilesThatTheDatabaseWrites) {
  class Watcher : public FileSystem {
   public:
    Result<std::unique_ptr<WritableFile>> Create(const std::string& p) override {
      return local_.Create(p);
    }
    Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& p) override {
      return local_.OpenForRead(p);
    }
    Result<FileInfo> Stat(const std::string& p) override { return local_.Stat(p); }
    Result<std::vector<std::string>> List(const std::string& p) override { return local_.List(p); }
    Result<std::vector<DirectoryEntry>> ListEntries(const std::string& p) override {
      return local_.ListEntries(p);
    }
    Status MakeDirectory(const std::string& p) override { return local_.MakeDirectory(p); }
    Status Rename(const std::string& a, const std::string& b) override {
      return local_.Rename(a, b);
    }
    Status Exchange(const std::string& a, const std::string& b) override {
      return local_.Exchange(a, b);
    }
    Status Remove(const std::string& p) override { return local_.Remove(p); }
    Status SyncFile(const std::string& p) override { return local_.SyncFile(p); }
    Status SyncDirectory(const std::string& p) override { return local_.SyncDirectory(p); }
    void WillWriteOutside(const std::string& p) override {
      announced.push_back(p + (std::filesystem::exists(p) ? " late" : ""));
    }
    void Point(std::string_view) override {}
    std::vector<std::string> announced;

   private:
    FileSystem& local_ = LocalFileSystem();
  } watcher;
  Open({.memory = Bytes::MiB(256), .threads = 1, .files = watcher});
  const auto result = Run(Sql("SELECT 1 AS c"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(watcher.announced, ::testing::ElementsAre(result->files[0].path));
  engine_.reset();
}

}  // namespace
}  // namespace thalweg::engines
