#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

namespace thalweg::cli {
namespace {

constexpr std::size_t kCollect = 64 * 1024;
constexpr int kUsualWidth = 80;

bool Set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool DumbTerminal() {
  const char* term = std::getenv("TERM");
  return term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
}

int WidthOf(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const int width = columns == nullptr ? 0 : std::atoi(columns);
  return width > 0 ? width : kUsualWidth;
}

StreamFacts FactsOf(int fd, ColorMode mode) {
  StreamFacts facts;
  facts.terminal = isatty(fd) == 1;
  facts.redraws = facts.terminal && !DumbTerminal();
  facts.color =
      mode == ColorMode::kAlways || (mode == ColorMode::kAuto && facts.redraws && !Set("NO_COLOR"));
  facts.width = facts.terminal ? WidthOf(fd) : 0;
  return facts;
}

/// Writes all of it; 0 or errno.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string_view AnsiCode(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "32";
    case Tone::kBad:
      return "31";
    case Tone::kWarn:
      return "33";
    case Tone::kAccent:
      return "36";
    case Tone::kBold:
      return "1";
    case Tone::kDim:
      return "2";
    case Tone::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Paint(Tone tone, std::string_view text, bool color) {
  if (!color || tone == Tone::kPlain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", AnsiCode(tone), text);
}

Console::Console(int out, int err, ColorMode mode)
    : out_(out), err_(err), out_facts_(FactsOf(out, mode)), err_facts_(FactsOf(err, mode)) {}

Console::~Console() {
  (void)Flush();
}

void Console::Out(std::string_view text) {
  if (broken()) return;
  collected_ += text;
  if (collected_.size() >= kCollect) (void)Flush();
}

void Console::Err(std::string_view text) {
  (void)Flush();
  (void)WriteAll(err_, text);
}

Status Console::Flush() {
  if (!collected_.empty() && !broken()) {
    const int error = WriteAll(out_, collected_);
    reader_gone_ = error == EPIPE;
    if (error != 0 && !reader_gone_) {
      failure_ = Status::FromErrno(error, "cannot write to standard output");
    }
  }
  collected_.clear();
  return failure_;
}

}  // namespace thalweg::cli
