#include "cli/testing/run_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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

/// Starts the program with these as its standard streams.
pid_t Start(const std::vector<std::string>& arguments, const std::string& directory,
            const int (&streams)[3], const std::vector<std::string>& environment) {
  const std::string binary = Binary();
  std::vector<char*> words{const_cast<char*>(binary.c_str())};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  for (int i = 0; i < 3; ++i) dup2(streams[i], i);
  for (const auto& variable : environment) putenv(const_cast<char*>(variable.c_str()));
  if (chdir(directory.c_str()) != 0) _exit(126);
  execv(binary.c_str(), words.data());
  _exit(127);
}

int WaitFor(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const std::string& directory,
                          const std::string& input, const std::vector<std::string>& environment) {
  const UniqueFd in = TextFile(input), out = TextFile(""), err = TextFile("");
  const pid_t child = Start(arguments, directory, {in.get(), out.get(), err.get()}, environment);
  ProgramOutcome outcome;
  outcome.exit_code = WaitFor(child);
  outcome.out = ReadAll(out);
  outcome.err = ReadAll(err);
  return outcome;
}

ProgramOutcome RunAndSignal(const std::vector<std::string>& arguments, const std::string& directory,
                            const std::string& until, int signal) {
  const UniqueFd in = TextFile(""), out = TextFile("");
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t child = Start(arguments, directory, {in.get(), out.get(), write_end.get()}, {});
  write_end.Reset();

  ProgramOutcome outcome;
  bool sent = false;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(read_end.get(), buffer, sizeof buffer)) > 0) {
    outcome.err.append(buffer, static_cast<std::size_t>(count));
    if (sent || outcome.err.find(until) == std::string::npos) continue;
    kill(child, signal);
    sent = true;
  }
  outcome.exit_code = WaitFor(child);
  return outcome;
}

}  // namespace thalweg::cli
