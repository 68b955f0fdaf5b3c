#include "cli/testing/run_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/unique_fd.h"

namespace thalweg::cli {
namespace {

UniqueFd TextFile(const std::string& text) {
  UniqueFd fd(memfd_create("text", MFD_CLOEXEC));
  (void)!::write(fd.get(), text.data(), text.size());
  lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

std::string ReadAll(const UniqueFd& fd) {
  std::string text(static_cast<std::size_t>(lseek(fd.get(), 0, SEEK_END)), '\0');
  const ssize_t count = pread(fd.get(), text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return text;
}

std::string Binary() {
  const char* path = std::getenv("THALWEG_BINARY");
  return std::filesystem::absolute(path != nullptr ? path : "build/thalweg").string();
}

}  // namespace

ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const std::string& directory,
                          const std::string& input, const std::vector<std::string>& environment) {
  const std::string binary = Binary();
  const UniqueFd in = TextFile(input), out = TextFile(""), err = TextFile("");
  std::vector<char*> words{const_cast<char*>(binary.c_str())};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);

  const pid_t child = fork();
  if (child == 0) {
    dup2(in.get(), 0);
    dup2(out.get(), 1);
    dup2(err.get(), 2);
    for (const auto& variable : environment) putenv(const_cast<char*>(variable.c_str()));
    if (chdir(directory.c_str()) != 0) _exit(126);
    execv(binary.c_str(), words.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ProgramOutcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = ReadAll(out);
  outcome.err = ReadAll(err);
  return outcome;
}

}  // namespace thalweg::cli
