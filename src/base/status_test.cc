#include "base/status.h"

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(StatusTest, OkIsOnePointerAndHasNothing) {
  const Status ok;
  EXPECT_EQ(sizeof(ok), sizeof(std::shared_ptr<int>));
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ok.message(), "");
  EXPECT_EQ(ok.slug(), "");
  EXPECT_FALSE(ok.place().has_value());
  EXPECT_TRUE(ok.cause().ok());
  EXPECT_TRUE(ok.WithSlug("x").WithHint("y").Annotate("z").Retryable().ok());
}

TEST(StatusTest, CodeDecidesTheFault) {
  const struct {
    Code code;
    Fault fault;
  } cases[] = {
      {Code::kInvalid, Fault::kUser},         {Code::kNotFound, Fault::kUser},
      {Code::kExists, Fault::kUser},          {Code::kConflict, Fault::kUser},
      {Code::kCancelled, Fault::kUser},       {Code::kTimeout, Fault::kExternal},
      {Code::kIo, Fault::kExternal},          {Code::kDiskFull, Fault::kResource},
      {Code::kOutOfMemory, Fault::kResource}, {Code::kCorrupt, Fault::kExternal},
      {Code::kUnsupported, Fault::kUser},     {Code::kRefused, Fault::kUser},
      {Code::kInternal, Fault::kBug},
  };
  for (const auto& expected : cases) {
    const Status status(expected.code, "text");
    EXPECT_EQ(status.fault(), expected.fault) << status;
    EXPECT_EQ(status.slug(), ToString(expected.code));
  }
}

TEST(StatusTest, ErrnoIsTranslated) {
  const struct {
    int error;
    Code code;
    Fault fault;
    bool retryable;
  } cases[] = {
      {ENOSPC, Code::kDiskFull, Fault::kResource, false},
      {EDQUOT, Code::kDiskFull, Fault::kResource, false},
      {ENOENT, Code::kNotFound, Fault::kUser, false},
      {EEXIST, Code::kExists, Fault::kUser, false},
      {EACCES, Code::kIo, Fault::kUser, false},
      {EROFS, Code::kIo, Fault::kUser, false},
      {EISDIR, Code::kInvalid, Fault::kUser, false},
      {ENOMEM, Code::kOutOfMemory, Fault::kResource, false},
      {EMFILE, Code::kIo, Fault::kResource, true},
      {EIO, Code::kIo, Fault::kExternal, false},
      {EAGAIN, Code::kIo, Fault::kExternal, true},
      {ETIMEDOUT, Code::kTimeout, Fault::kExternal, true},
      {EXDEV, Code::kUnsupported, Fault::kUser, false},
  };
  for (const auto& expected : cases) {
    const Status status = Status::FromErrno(expected.error, "cannot open path=a");
    EXPECT_EQ(status.code(), expected.code) << status;
    EXPECT_EQ(status.fault(), expected.fault) << status;
    EXPECT_EQ(status.retryable(), expected.retryable) << status;
    EXPECT_TRUE(status.message().starts_with("cannot open path=a: ")) << status;
  }
}

TEST(StatusTest, ChangesMakeCopies) {
  const Status original = Status::Io("disk failed");
  const Status changed = original.WithSlug("bad-disk")
                             .WithHint("replace it")
                             .WithPlace({"a.yaml", 3, 5, 2})
                             .WithFault(Fault::kResource)
                             .Retryable()
                             .Annotate("while writing");
  EXPECT_EQ(original.slug(), "io");
  EXPECT_EQ(original.message(), "disk failed");
  EXPECT_FALSE(original.retryable());
  EXPECT_EQ(changed.slug(), "bad-disk");
  EXPECT_EQ(changed.hint(), "replace it");
  EXPECT_EQ(changed.fault(), Fault::kResource);
  EXPECT_EQ(changed.message(), "while writing: disk failed");
  EXPECT_EQ(changed.place()->line, 3);
  EXPECT_TRUE(changed.retryable());
}

TEST(StatusTest, CausesFormAChain) {
  const Status root = Status::FromErrno(EIO, "cannot read path=x");
  const Status middle = Status::Invalid("the manifest is torn").WithCause(root);
  const Status top = Status::NotFound("no such version").WithCause(middle);
  EXPECT_EQ(top.cause().code(), Code::kInvalid);
  EXPECT_EQ(top.cause().cause().code(), Code::kIo);
  EXPECT_TRUE(top.cause().cause().cause().ok());
  EXPECT_NE(top.ToString().find("cannot read path=x"), std::string::npos) << top;
  EXPECT_TRUE(top.WithCause(Status::Ok()).cause().ok());
}

Result<int> Half(int number) {
  if (number % 2 != 0) return Status::Invalid("odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  TW_ASSIGN_OR_RETURN(const int half, Half(number));
  TW_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckQuarter(int number) {
  TW_RETURN_IF_ERROR(Quarter(number).status());
  return Status::Ok();
}

TEST(ResultTest, PropagatesThroughTheMacros) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(6).status().code(), Code::kInvalid);
  EXPECT_TRUE(CheckQuarter(8).ok());
  EXPECT_EQ(CheckQuarter(7).code(), Code::kInvalid);
  EXPECT_EQ(Quarter(7).value_or(-1), -1);
}

TEST(ResultTest, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(made);
  EXPECT_EQ(*taken, 5);
}

Result<std::vector<std::string>> Names() {
  return std::vector<std::string>{std::string(100, 'a'), std::string(100, 'b')};
}

TEST(ResultTest, ALoopKeepsTheTemporaryItWalksOver) {
  std::string all;
  for (const std::string& name : Names().value()) all += name;
  for (const std::string& name : *Names()) all += name;
  EXPECT_EQ(all.size(), 400U);
}

TEST(ResultDeathTest, BrokenInvariantsEndTheProcessWithTheCodeOfABug) {
  EXPECT_EXIT((void)Half(3).value(), ::testing::ExitedWithCode(70), "invalid: odd");
  EXPECT_EXIT((void)Result<int>(Status::Ok()), ::testing::ExitedWithCode(70), "OK status");
  EXPECT_EXIT((void)Status().code(), ::testing::ExitedWithCode(70), "bug");
}

}  // namespace
}  // namespace thalweg
