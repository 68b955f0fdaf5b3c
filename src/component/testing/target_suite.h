#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "component/target.h"

namespace thalweg::component {

/// A target that stages epochs and replaces what was there, or adds to it, in a place of its own.
class TargetStand {
 public:
  virtual ~TargetStand() = default;
  /// A new instance on the same place; all its file operations go through `files`.
  virtual std::unique_ptr<Target> Make(FileSystem& files) = 0;
  /// The rows that somebody outside sees now, in a form of the test's own; "nothing" when there is
  /// nothing.
  virtual std::string Visible() = 0;
  /// Everything in the place that is not what somebody outside shall see.
  virtual std::vector<std::string> Leftovers() = 0;
  /// Changes what is visible, as somebody else might, and removes it.
  virtual void Damage() = 0;
  virtual void Remove() = 0;
};

struct TargetCase {
  std::string name;  ///< letters and digits
  std::function<std::unique_ptr<TargetStand>()> make;
  /// kReplace: an epoch's rows take the place of those before; kAppend: they are added, and an
  /// epoch without rows changes nothing. Then TargetStand::Damage changes what came last.
  WriteMode mode = WriteMode::kReplace;
};
std::ostream& operator<<(std::ostream& out, const TargetCase& one);

// What every such target must do. Each records failures of its own.
void ExpectVisibleAtCommitOnly(const TargetCase& one);
void ExpectCommitIsIdempotent(
    const TargetCase& one);  ///< also by another instance, and for an empty epoch
void ExpectAbortLeavesNothing(const TargetCase& one);  ///< also the destructor
void ExpectRecoverRemovesLeftovers(
    const TargetCase& one);  ///< of this writer, and not what is wanted
void ExpectHoldsNoticesChanges(const TargetCase& one);
void ExpectFaultsLeaveOldOrNew(
    const TargetCase& one);  ///< a file system that fails at each operation, once or from there on
void ExpectPowerCutsLeaveOldOrNew(
    const TargetCase& one);  ///< everything unsynced is lost in front of each operation
void ExpectOtherModesAreRefused(
    const TargetCase& one);  ///< append and merge, when Bind does not take them, by kUnsupported

/// The suite for a target, in one line: THALWEG_TARGET_SUITE(Files, FilesCases());
#define THALWEG_TARGET_SUITE(Name, cases)                                                         \
  class Name##TargetSuite : public ::testing::TestWithParam<::thalweg::component::TargetCase> {}; \
  TEST_P(Name##TargetSuite, VisibleAtCommitOnly) {                                                \
    ExpectVisibleAtCommitOnly(GetParam());                                                        \
  }                                                                                               \
  TEST_P(Name##TargetSuite, CommitIsIdempotent) {                                                 \
    ExpectCommitIsIdempotent(GetParam());                                                         \
  }                                                                                               \
  TEST_P(Name##TargetSuite, AbortLeavesNothing) {                                                 \
    ExpectAbortLeavesNothing(GetParam());                                                         \
  }                                                                                               \
  TEST_P(Name##TargetSuite, RecoverRemovesLeftovers) {                                            \
    ExpectRecoverRemovesLeftovers(GetParam());                                                    \
  }                                                                                               \
  TEST_P(Name##TargetSuite, HoldsNoticesChanges) {                                                \
    ExpectHoldsNoticesChanges(GetParam());                                                        \
  }                                                                                               \
  TEST_P(Name##TargetSuite, FaultsLeaveOldOrNew) {                                                \
    ExpectFaultsLeaveOldOrNew(GetParam());                                                        \
  }                                                                                               \
  TEST_P(Name##TargetSuite, PowerCutsLeaveOldOrNew) {                                             \
    ExpectPowerCutsLeaveOldOrNew(GetParam());                                                     \
  }                                                                                               \
  TEST_P(Name##TargetSuite, OtherModesAreRefused) {                                               \
    ExpectOtherModesAreRefused(GetParam());                                                       \
  }                                                                                               \
  INSTANTIATE_TEST_SUITE_P(, Name##TargetSuite, ::testing::ValuesIn(cases),                       \
                           [](const auto& test) { return test.param.name; })

}  // namespace thalweg::component
