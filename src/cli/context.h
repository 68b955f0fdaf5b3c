#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/file_system.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/interrupts.h"
#include "cli/json.h"
#include "cli/program.h"

namespace thalweg::cli {

/// Options that every command takes.
struct GlobalOptions {
  std::string home;  ///< --home, else THALWEG_HOME; empty: found from the working directory
  std::string form;  ///< -o; one of the command's
  Bytes memory = Bytes::MiB(512);
  int threads = 0;
  std::map<std::string, std::string> params;
  bool verify = false;
  ColorMode color = ColorMode::kAuto;
  bool quiet = false;
};

/// What every command gets.
class Context {
 public:
  Context(const Program& program, const Command& command, GlobalOptions options, Console& console);

  const Program& program() const { return program_; }
  const Command& command() const { return command_; }
  const GlobalOptions& options() const { return options_; }
  Console& console() const { return console_; }
  FileSystem& files() const { return LocalFileSystem(); }
  const Clock& clock() const { return SystemClock(); }
  const component::Registry& registry();

  bool json() const { return options_.form == "json"; }
  void Out(std::string_view text) const { console_.Out(text); }
  /// `document` on stdout.
  void Print(const Json& document) const;
  /// For people who watch: to stderr, unless -q or -o json.
  void Say(std::string_view text) const;
  /// A line "next: ..." of Say.
  void SayNext(std::string_view command) const;

  /// Prints an error to stderr, in the form asked for, always with what to do next.
  ExitCode Fail(const Status& error, ExitCode code) const;
  ExitCode Fail(const Status& error) const;
  /// Prints what is wrong with a file or statement; `next` is what to type when it is mended.
  ExitCode Fail(const Diagnostics& diagnostics, const std::string& next, ExitCode code) const;
  /// Warnings and notes; not with -o json, where documents carry them.
  void Warn(const Diagnostics& diagnostics) const;

  /// From here on the first Ctrl-C asks for a stop instead of ending the process. Call before
  /// anything starts threads.
  std::stop_token StopOnInterrupt();
  /// 130 or 143 when a signal asked for the stop, else `code`.
  ExitCode InterruptedOr(ExitCode code) const;

 private:
  const Program& program_;
  const Command& command_;
  const GlobalOptions options_;
  Console& console_;
  std::unique_ptr<component::Registry> registry_;
  std::unique_ptr<Interrupts> interrupts_;
};

}  // namespace thalweg::cli
