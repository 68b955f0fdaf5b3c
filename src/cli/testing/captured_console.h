#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/unique_fd.h"
#include "cli/console.h"

namespace thalweg::cli {

/// A console that is no terminal and keeps what is written to it.
class CapturedConsole {
 public:
  Console& operator*() { return console_; }
  Console* operator->() { return &console_; }

  std::string Out() {
    (void)console_.Flush();
    return Read(out_.get());
  }
  std::string Err() { return Read(err_.get()); }

 private:
  static std::string Read(int fd) {
    std::string text(static_cast<std::size_t>(lseek(fd, 0, SEEK_END)), '\0');
    const ssize_t count = pread(fd, text.data(), text.size(), 0);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

  UniqueFd out_{memfd_create("out", MFD_CLOEXEC)};
  UniqueFd err_{memfd_create("err", MFD_CLOEXEC)};
  Console console_{out_.get(), err_.get(), ColorMode::kNever};
};

}  // namespace thalweg::cli
