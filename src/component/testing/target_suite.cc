#include "component/testing/target_suite.h"

#include <gmock/gmock.h>

#include <arrow/record_batch.h>

#include "base/fault_file_system.h"
#include "base/testing/fault_file_system.h"
#include "base/testing/temp_directory.h"
#include "data/testing/batch.h"
#include "data/types.h"

namespace thalweg::component {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;

constexpr char kNothing[] = "nothing";

/// Rows of three epochs: none is equal to another in number or content.
data::Batch OldRows() {
  return data::MakeBatch({{"id", "integer", "[1, 2]"}, {"name", "varchar", R"(["a", null])"}});
}
data::Batch NewRows() {
  return data::MakeBatch(
      {{"id", "integer", "[1, 2, 3]"}, {"name", "varchar", R"(["x", "y", "z"])"}});
}
data::Batch NoRows() {
  return OldRows()->Slice(0, 0);
}

const WriterId& Us() {
  static const WriterId id{NodeId::New(), 0};
  return id;
}

Status BindTo(Target& target, WriteMode mode = WriteMode::kReplace) {
  data::EdgeType edge;
  edge.schema = OldRows()->schema();
  TW_ASSIGN_OR_RETURN(const data::Columns columns, data::FromArrow(*edge.schema));
  return target.Bind(columns, edge, mode).status();
}

Result<Receipt> PrepareRows(const TargetCase& one, Target& target, const data::Batch& rows,
                            const WriterId& who = Us()) {
  TW_RETURN_IF_ERROR(BindTo(target, one.mode));
  const EpochId epoch = EpochId::New();
  TW_ASSIGN_OR_RETURN(const auto writer, target.Open(who, epoch));
  for (std::int64_t row = 0; row < rows->num_rows(); ++row)
    TW_RETURN_IF_ERROR(writer->Write(rows->Slice(row, 1)));
  return writer->Prepare(epoch);
}

Status CommitOne(Target& target, const Receipt& receipt) {
  return target.Commit(std::span(&receipt, 1));
}

/// Puts rows in place on a file system that works; returns the receipt.
Receipt Put(const TargetCase& one, TargetStand& stand, const data::Batch& rows) {
  const auto target = stand.Make(LocalFileSystem());
  const auto receipt = PrepareRows(one, *target, rows);
  EXPECT_TRUE(receipt.ok()) << receipt.status();
  const Status status = CommitOne(*target, receipt.value());
  EXPECT_TRUE(status.ok()) << status;
  return *receipt;
}

/// What is visible after these rows were put, in a place of its own.
std::string VisibleAfter(const TargetCase& one, const data::Batch& rows) {
  const auto stand = one.make();
  Put(one, *stand, rows);
  return stand->Visible();
}

/// What is visible after the old rows and then the new ones.
std::string VisibleAfterBoth(const TargetCase& one) {
  const auto stand = one.make();
  Put(one, *stand, OldRows());
  Put(one, *stand, NewRows());
  return stand->Visible();
}

/// After a crash: old or new is there, what was prepared can be committed, anything else is swept
/// and written anew.
void Restart(const TargetCase& one, TargetStand& stand, const std::optional<Receipt>& receipt,
             const std::string& before, const std::string& after) {
  EXPECT_THAT(stand.Visible(), AnyOf(before, after));
  const auto target = stand.Make(LocalFileSystem());
  const std::vector<Receipt> wanted =
      receipt ? std::vector<Receipt>{*receipt} : std::vector<Receipt>();
  const Status recovered = target->Recover(Us(), wanted);
  EXPECT_TRUE(recovered.ok()) << recovered;
  if (receipt) {
    const Status again = CommitOne(*target, *receipt);
    EXPECT_TRUE(again.ok()) << again;
  } else {
    EXPECT_EQ(stand.Visible(), before);
    Put(one, stand, NewRows());
  }
  EXPECT_EQ(stand.Visible(), after);
  EXPECT_THAT(stand.Leftovers(), IsEmpty());
}

/// One epoch on a file system with a fault. True: it went through.
bool PutWithFault(const TargetCase& one, FaultPlan plan, const std::string& before,
                  const std::string& after) {
  const auto stand = one.make();
  Put(one, *stand, OldRows());
  FaultFileSystem files(LocalFileSystem(), plan);
  std::optional<Receipt> receipt;
  Status status;
  {
    const auto target = stand->Make(files);
    auto prepared = PrepareRows(one, *target, NewRows());
    if (prepared.ok()) {
      EXPECT_EQ(stand->Visible(), before);
      receipt = *prepared;
      status = CommitOne(*target, *receipt);
    } else {
      status = prepared.status();
    }
  }
  Restart(one, *stand, receipt, before, after);
  return status.ok();
}

/// One epoch in a process that a power cut ends. True: it went through.
bool PutWithPowerCut(const TargetCase& one, std::int64_t at, const std::string& before,
                     const std::string& after) {
  const auto stand = one.make();
  Put(one, *stand, OldRows());
  // What the catalog would know: it is synced before anything is committed.
  const TempDirectory catalog;
  const std::string ledger = catalog / "receipt";
  const ForkedEnd end =
      RunForked({.kind = FaultPlan::Kind::kPowerCut, .at = at}, [&](FaultFileSystem& files) {
        const auto target = stand->Make(files);
        const auto receipt = PrepareRows(one, *target, NewRows());
        ASSERT_TRUE(receipt.ok()) << receipt.status();
        ASSERT_TRUE(WriteFileAtomically(LocalFileSystem(), ledger, receipt->text).ok());
        ASSERT_TRUE(CommitOne(*target, *receipt).ok());
      });
  EXPECT_TRUE(end.killed || end.exit_code == 0);
  std::optional<Receipt> receipt;
  if (const auto text = ReadFile(LocalFileSystem(), ledger); text.ok()) {
    receipt = Receipt{stand->Make(LocalFileSystem())->identity(), *text};
  }
  Restart(one, *stand, receipt, before, after);
  return !end.killed;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const TargetCase& one) {
  return out << one.name;
}

void ExpectVisibleAtCommitOnly(const TargetCase& one) {
  const auto stand = one.make();
  std::string before = kNothing;
  ASSERT_EQ(stand->Visible(), before);
  for (const data::Batch& rows : {OldRows(), NewRows(), NoRows()}) {
    const auto target = stand->Make(LocalFileSystem());
    const auto receipt = PrepareRows(one, *target, rows);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    EXPECT_EQ(receipt->target, target->identity());
    EXPECT_FALSE(target->Describe(*receipt).empty());
    EXPECT_EQ(stand->Visible(), before);
    const Status status = CommitOne(*target, *receipt);
    ASSERT_TRUE(status.ok()) << status;
    const bool changes = one.mode == WriteMode::kReplace || rows->num_rows() > 0;
    EXPECT_EQ(stand->Visible() != before, changes);
    before = stand->Visible();
  }
  EXPECT_THAT(stand->Leftovers(), IsEmpty());
}

void ExpectCommitIsIdempotent(const TargetCase& one) {
  for (const data::Batch& rows : {NewRows(), NoRows()}) {
    const auto stand = one.make();
    Put(one, *stand, OldRows());
    const Receipt receipt = Put(one, *stand, rows);
    const std::string after = stand->Visible();
    for (int again = 0; again < 2; ++again) {
      const auto target = stand->Make(LocalFileSystem());
      const Status status = CommitOne(*target, receipt);
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(stand->Visible(), after);
    }
    EXPECT_THAT(stand->Leftovers(), IsEmpty());
  }
  // Two epochs that were prepared and not committed.
  const auto stand = one.make();
  const auto target = stand->Make(LocalFileSystem());
  const std::vector<Receipt> receipts = {PrepareRows(one, *target, OldRows()).value(),
                                         PrepareRows(one, *target, NewRows()).value()};
  for (int again = 0; again < 2; ++again) {
    const Status status = target->Commit(receipts);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(stand->Visible(), VisibleAfterBoth(one));
  }
  EXPECT_THAT(stand->Leftovers(), IsEmpty());
}

void ExpectAbortLeavesNothing(const TargetCase& one) {
  const auto stand = one.make();
  const auto target = stand->Make(LocalFileSystem());
  ASSERT_TRUE(BindTo(*target, one.mode).ok());
  for (const bool explicitly : {true, false}) {
    auto writer = target->Open(Us(), EpochId::New());
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Write(OldRows()).ok());
    if (explicitly) (*writer)->Abort();
    writer->reset();
    EXPECT_EQ(stand->Visible(), kNothing);
    EXPECT_THAT(stand->Leftovers(), IsEmpty());
  }
}

void ExpectRecoverRemovesLeftovers(const TargetCase& one) {
  const auto stand = one.make();
  const auto target = stand->Make(LocalFileSystem());
  const WriterId other{NodeId::New(), 0};
  ASSERT_TRUE(target->Recover(Us(), {}).ok()) << "before the place exists";
  const auto wanted = PrepareRows(one, *target, NewRows());
  const auto unwanted = PrepareRows(one, *target, OldRows());
  const auto others = PrepareRows(one, *target, OldRows(), other);
  ASSERT_TRUE(wanted.ok() && unwanted.ok() && others.ok());
  const std::size_t all = stand->Leftovers().size();
  const Status status = target->Recover(Us(), std::span(&*wanted, 1));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(stand->Leftovers().size(), all - 1);
  ASSERT_TRUE(target->Recover(other, {}).ok());
  EXPECT_EQ(stand->Leftovers().size(), all - 2);
  EXPECT_EQ(stand->Visible(), kNothing);
  ASSERT_TRUE(CommitOne(*target, *wanted).ok());
  EXPECT_EQ(stand->Visible(), VisibleAfter(one, NewRows()));
  EXPECT_THAT(stand->Leftovers(), IsEmpty());
  // What is lost cannot be committed, and that is said.
  EXPECT_FALSE(CommitOne(*target, *unwanted).ok());
  EXPECT_EQ(stand->Visible(), VisibleAfter(one, NewRows()));
}

void ExpectHoldsNoticesChanges(const TargetCase& one) {
  const auto stand = one.make();
  const Receipt old = Put(one, *stand, OldRows());
  const auto holds = [&](const Receipt& receipt) {
    const auto held = stand->Make(LocalFileSystem())->Holds(receipt);
    EXPECT_TRUE(held.ok()) << held.status();
    return held.ok() && *held;
  };
  EXPECT_TRUE(holds(old));
  const Receipt current = Put(one, *stand, NewRows());
  EXPECT_TRUE(holds(current));
  EXPECT_EQ(holds(old), one.mode == WriteMode::kAppend);
  stand->Damage();
  EXPECT_FALSE(holds(current));
  const Receipt repaired = Put(one, *stand, NewRows());
  EXPECT_TRUE(holds(repaired));
  stand->Remove();
  EXPECT_FALSE(holds(repaired));
}

void ExpectFaultsLeaveOldOrNew(const TargetCase& one) {
  constexpr int kTooMany = 1000;
  const std::string before = VisibleAfter(one, OldRows()), after = VisibleAfterBoth(one);
  ASSERT_NE(before, after);
  for (const bool onward : {false, true}) {
    int at = 1;
    for (bool passed = false; !passed; ++at) {
      ASSERT_LT(at, kTooMany);
      SCOPED_TRACE(::testing::Message()
                   << "fault at operation " << at << (onward ? " and all after it" : ""));
      passed = PutWithFault(one, {.kind = FaultPlan::Kind::kFail, .at = at, .onward = onward},
                            before, after);
      if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(at, 4) << "an epoch of fewer operations cannot be durable";
  }
}

void ExpectPowerCutsLeaveOldOrNew(const TargetCase& one) {
  constexpr int kTooMany = 1000;
  const std::string before = VisibleAfter(one, OldRows()), after = VisibleAfterBoth(one);
  int at = 1;
  for (bool passed = false; !passed; ++at) {
    ASSERT_LT(at, kTooMany);
    SCOPED_TRACE(::testing::Message() << "power cut in front of operation " << at);
    passed = PutWithPowerCut(one, at, before, after);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(at, 4) << "an epoch of fewer operations cannot be durable";
}

void ExpectOtherModesAreRefused(const TargetCase& one) {
  const auto stand = one.make();
  for (const WriteMode mode : {WriteMode::kAppend, WriteMode::kMerge}) {
    const Status status = BindTo(*stand->Make(LocalFileSystem()), mode);
    EXPECT_TRUE(status.ok() || status.code() == Code::kUnsupported) << status;
  }
}

}  // namespace thalweg::component
