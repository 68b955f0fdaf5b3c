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

}  // namespace thalweg::cli
