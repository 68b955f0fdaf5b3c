#include "connectors/streams/testing/stream_stand.h"

#include <gtest/gtest.h>

#include "connectors/files/testing/source_stand.h"

namespace thalweg::connectors {
namespace {

constexpr auto kDeadline = std::chrono::seconds(20);

std::string FirstMistake(const Diagnostics& diagnostics) {
  if (diagnostics.all().empty()) return "";
  return diagnostics.all().front().slug + ": " + diagnostics.all().front().message;
}

}  // namespace

std::unique_ptr<component::Source> StreamStand::Source(const std::string& name,
                                                       std::string_view body) {
  Diagnostics diagnostics;
  const auto options = registry_.Find(component::Kind::kSource, name)
                           ->source(ParseBody(body), {"journal"}, diagnostics);
  EXPECT_NE(options, nullptr) << diagnostics.ToStatus();
  component::SourceContext context;
  context.files = &LocalFileSystem();
  context.clock = clock_;
  context.directory = directory_.path();
  context.stop = stop_.get_token();
  return options ? options->Make(context) : nullptr;
}

std::unique_ptr<component::Target> StreamStand::Target(const std::string& name,
                                                       std::string_view body) {
  Diagnostics diagnostics;
  const auto options = registry_.Find(component::Kind::kTarget, name)
                           ->target(ParseBody(body), {"write", "order_by"}, diagnostics);
  EXPECT_NE(options, nullptr) << diagnostics.ToStatus();
  component::TargetContext context;
  context.files = &LocalFileSystem();
  context.clock = clock_;
  context.directory = directory_.path();
  context.stop = stop_.get_token();
  return options ? options->Make(context) : nullptr;
}

std::string StreamStand::SourceMistake(const std::string& name, std::string_view body) {
  Diagnostics diagnostics;
  registry_.Find(component::Kind::kSource, name)->source(ParseBody(body), {}, diagnostics);
  return FirstMistake(diagnostics);
}

std::string StreamStand::TargetMistake(const std::string& name, std::string_view body) {
  Diagnostics diagnostics;
  registry_.Find(component::Kind::kTarget, name)->target(ParseBody(body), {}, diagnostics);
  return FirstMistake(diagnostics);
}

bool ReaderDriver::Step() {
  const auto woken = woken_;
  woken->woken = false;
  const auto polled = reader_.Poll(Bytes::KiB(64), [woken] {
    const std::lock_guard lock(woken->mutex);
    woken->woken = true;
    woken->changed.notify_all();
  });
  if (!polled.ok()) {
    text_.error = polled.status().slug();
    return false;
  }
  component::AddPolled(*polled, &text_);
  if (polled->state == component::Polled::State::kEnd) return ended_ = true, false;
  if (polled->state == component::Polled::State::kRows) return true;
  std::unique_lock lock(woken->mutex);
  if (woken->changed.wait_for(lock, kDeadline, [&] { return woken->woken; })) return true;
  ADD_FAILURE() << "nothing came: " << text_;
  return false;
}

void ReaderDriver::ReadRows(std::size_t rows) {
  while (text_.rows.size() + text_.rejects.size() < rows) {
    if (!Step()) break;
  }
  EXPECT_EQ(text_.rows.size() + text_.rejects.size(), rows) << text_;
}

void ReaderDriver::ReadToEnd() {
  while (Step()) continue;
  EXPECT_TRUE(ended_ || !text_.error.empty()) << text_;
}

void ReaderDriver::ExpectBlocked() {
  const auto polled = reader_.Poll(Bytes::KiB(64), [] {});
  ASSERT_TRUE(polled.ok()) << polled.status();
  EXPECT_EQ(polled->state, component::Polled::State::kBlocked);
}

}  // namespace thalweg::connectors
