#include "cli/console.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "cli/testing/captured_console.h"

namespace thalweg::cli {
namespace {

TEST(Console, StdoutComesBeforeWhatFollowsItOnStderr) {
  UniqueFd both(memfd_create("both", MFD_CLOEXEC));
  Console console(both.get(), both.get(), ColorMode::kNever);
  console.Out("rows\n");
  console.Err("next\n");
  console.Out("more\n");
  ASSERT_TRUE(console.Flush().ok());
  std::string text(15, '\0');
  ASSERT_EQ(pread(both.get(), text.data(), text.size(), 0), 15);
  EXPECT_EQ(text, "rows\nnext\nmore\n");
}

TEST(Console, AReaderThatLeavesIsNoError) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  UniqueFd write_end(ends[1]);
  close(ends[0]);
  Console console(write_end.get(), 2, ColorMode::kNever);
  console.Out("x");
  EXPECT_TRUE(console.Flush().ok());
  EXPECT_TRUE(console.reader_gone());
  EXPECT_TRUE(console.broken());
}

TEST(Console, AFullDiskIsAnError) {
  UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  Console console(full.get(), 2, ColorMode::kNever);
  console.Out("x");
  const Status status = console.Flush();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kDiskFull);
  EXPECT_TRUE(console.broken());
  EXPECT_FALSE(console.reader_gone());
}

TEST(Console, FilesHaveNoWidthAndNoColor) {
  CapturedConsole captured;
  EXPECT_FALSE(captured->out().terminal);
  EXPECT_FALSE(captured->out().color);
  EXPECT_EQ(captured->out().width, 0);
}

TEST(Paint, LeavesTheTextAloneWithoutColor) {
  EXPECT_EQ(Paint(Tone::kBad, "failed", false), "failed");
  EXPECT_EQ(Paint(Tone::kBad, "failed", true), "\x1b[31mfailed\x1b[0m");
  EXPECT_EQ(Paint(Tone::kPlain, "x", true), "x");
}

}  // namespace
}  // namespace thalweg::cli
