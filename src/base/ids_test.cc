#include "base/ids.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace thalweg {
namespace {

TEST(UlidTest, GrowsStrictlyWithinAProcess) {
  std::string last = NewUlid();
  for (int i = 0; i < 100'000; ++i) {
    std::string next = NewUlid();
    ASSERT_TRUE(IsUlid(next)) << next;
    ASSERT_LT(last, next);
    last = std::move(next);
  }
}

TEST(UlidTest, BeginsWithTheTime) {
  const auto millis = [] {
    return std::chrono::floor<std::chrono::milliseconds>(SystemClock().Now())
        .time_since_epoch()
        .count();
  };
  const auto before = millis();
  const std::string ulid = NewUlid();
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::int64_t time = 0;
  for (const char c : ulid.substr(0, 10)) {
    time = time * 32 + static_cast<std::int64_t>(kAlphabet.find(c));
  }
  // Earlier tests may have pushed the sequence ahead of the clock by a carry, never by more.
  EXPECT_GE(time, before);
  EXPECT_LE(time, millis() + 1);
}

TEST(UlidTest, ThreadsNeverShareOne) {
  constexpr int kThreads = 4, kEach = 5'000;
  std::array<std::vector<std::string>, kThreads> made;
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine] {
        for (int i = 0; i < kEach; ++i) mine.push_back(NewUlid());
      });
    }
  }
  std::vector<std::string> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST(UlidTest, AForkedChildDoesNotContinueTheSequence) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  // Many at once, so that both processes are at work in the same millisecond.
  constexpr std::size_t kCount = 200;
  const auto batch = [] {
    std::string text;
    for (std::size_t i = 0; i < kCount; ++i) text += NewUlid();
    return text;
  };
  (void)NewUlid();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  const std::string mine = batch();
  if (child == 0) {
    _exit(::write(pipe_ends[1], mine.data(), mine.size()) == static_cast<ssize_t>(mine.size()) ? 0
                                                                                               : 1);
  }
  ::close(pipe_ends[1]);
  std::string theirs(mine.size(), ' ');
  for (std::size_t at = 0; at < theirs.size();) {
    const ssize_t got = ::read(pipe_ends[0], theirs.data() + at, theirs.size() - at);
    ASSERT_GT(got, 0);
    at += static_cast<std::size_t>(got);
  }
  ::close(pipe_ends[0]);
  int state = 0;
  ASSERT_EQ(::waitpid(child, &state, 0), child);
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(mine.find(theirs.substr(i * 26, 26)), std::string::npos);
  }
}

TEST(UlidTest, RecognisesOnlyUlids) {
  EXPECT_TRUE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  EXPECT_TRUE(IsUlid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_FALSE(IsUlid(""));
  EXPECT_FALSE(IsUlid("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));  // 129 bits
  EXPECT_FALSE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FA"));
  EXPECT_FALSE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FAVV"));
  EXPECT_FALSE(IsUlid("01arz3ndektsv4rrffq69g5fav"));
  EXPECT_FALSE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FAU"));  // no U in the alphabet
}

}  // namespace
}  // namespace thalweg
