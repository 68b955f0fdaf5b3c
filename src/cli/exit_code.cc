#include "cli/exit_code.h"

namespace thalweg::cli {

ExitCode ExitFor(const Status& error) {
  if (error.fault() == Fault::kBug) return ExitCode::kBug;
  switch (error.code()) {
    case Code::kInvalid:
      return ExitCode::kUsage;
    case Code::kNotFound:
      return ExitCode::kNotFound;
    case Code::kCancelled:
      return ExitCode::kInterrupted;
    case Code::kTimeout:
      return ExitCode::kTimeout;
    case Code::kInternal:
      return ExitCode::kBug;
    case Code::kExists:
    case Code::kConflict:
    case Code::kIo:
    case Code::kDiskFull:
    case Code::kOutOfMemory:
    case Code::kCorrupt:
    case Code::kUnsupported:
    case Code::kRefused:
      return ExitCode::kFailed;
  }
  return ExitCode::kBug;
}

}  // namespace thalweg::cli
