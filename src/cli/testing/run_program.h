#pragma once

#include <string>
#include <vector>

namespace thalweg::cli {

struct ProgramOutcome {
  int exit_code = -1;  ///< 128 + signal when one ended it
  std::string out, err;
};

/// Runs the program under test (THALWEG_BINARY) in `directory` and waits for its end.
/// `environment`: NAME=VALUE, added.
ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const std::string& directory,
                          const std::string& input = "",
                          const std::vector<std::string>& environment = {});

/// The same, but sends `signal` as soon as the program has written `until` to stderr. Its stdout is
/// not kept.
ProgramOutcome RunAndSignal(const std::vector<std::string>& arguments, const std::string& directory,
                            const std::string& until, int signal);

}  // namespace thalweg::cli
