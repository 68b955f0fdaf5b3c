#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg {
inline namespace base {

/// What shall go wrong, and when. The text forms are those of LocalFileSystem().
struct FaultPlan {
  enum class Kind { kNone, kKill, kPowerCut, kFail, kNoSpace, kCount, kTrace };
  Kind kind = Kind::kNone;
  std::int64_t at = 0;         ///< the number of the operation, from 1
  bool onward = false;         ///< kFail, kNoSpace: that one and all after it
  std::string file;            ///< kCount, kTrace: where to write; kTrace may do without
  std::string point;           ///< with point_nth, besides the kind: SIGKILL at a named point
  std::int64_t point_nth = 0;  ///< from 1

  bool active() const { return kind != Kind::kNone || !point.empty(); }
};

/// `fault` as in THALWEG_FAULT, `kill_at` as in THALWEG_KILL_AT; empty texts ask for nothing.
Result<FaultPlan> ParseFaultPlan(std::string_view fault, std::string_view kill_at);

}  // namespace base
}  // namespace thalweg
