#pragma once

#include "base/status.h"

namespace thalweg::cli {

/// What the process says to the one that started it. Part of the interface: scripts rely on the
/// numbers.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,         ///< a run or a command failed
  kUsage = 2,          ///< the command line, or a statement on it, is wrong
  kInvalidFile = 3,    ///< the pipeline file is missing or wrong
  kRejected = 4,       ///< a gate was rejected
  kNotFound = 5,       ///< something that was named does not exist
  kWaiting = 6,        ///< a gate waits for a signature
  kTimeout = 7,        ///< a limit of time was reached
  kBug = 70,           ///< a mistake of ours
  kInterrupted = 130,  ///< SIGINT
  kTerminated = 143,   ///< SIGTERM
};

/// For an error that nothing more is known about. Commands that know more choose themselves.
ExitCode ExitFor(const Status& error);

}  // namespace thalweg::cli
