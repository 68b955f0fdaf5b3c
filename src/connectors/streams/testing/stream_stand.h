#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/testing/temp_directory.h"
#include "component/registry.h"
#include "component/testing/row_text.h"

namespace thalweg::connectors {

/// What sources and targets of streams need in tests: a directory, a clock, a stop.
class StreamStand {
 public:
  using Register = void (*)(component::Registry&);
  explicit StreamStand(Register add) { add(registry_); }

  const TempDirectory& directory() const { return directory_; }
  std::stop_source& stop() { return stop_; }
  void set_clock(const Clock& clock) { clock_ = &clock; }

  /// From a body in JSON. Mistakes are failures of the test.
  std::unique_ptr<component::Source> Source(const std::string& name, std::string_view body);
  std::unique_ptr<component::Target> Target(const std::string& name, std::string_view body);
  /// What is wrong with a body: "slug: message".
  std::string SourceMistake(const std::string& name, std::string_view body);
  std::string TargetMistake(const std::string& name, std::string_view body);

 private:
  TempDirectory directory_;
  std::stop_source stop_;
  const Clock* clock_ = &SystemClock();
  component::Registry registry_;
};

/// Drives a reader as a flow does: waits, with a deadline, for the wake after each kBlocked.
class ReaderDriver {
 public:
  explicit ReaderDriver(component::Reader& reader) : reader_(reader) {}
  /// Until there are `rows` rows and rejects in all.
  void ReadRows(std::size_t rows);
  void ReadToEnd();
  /// One poll that must find nothing.
  void ExpectBlocked();
  const component::ReadText& text() const { return text_; }
  bool ended() const { return ended_; }

 private:
  /// False: at the end, in error, or the deadline has passed (a failure).
  bool Step();

  component::Reader& reader_;
  component::ReadText text_;
  bool ended_ = false;
  // Shared with wakes, which may come late.
  struct Woken {
    std::mutex mutex;
    std::condition_variable changed;
    bool woken = false;
  };
  std::shared_ptr<Woken> woken_ = std::make_shared<Woken>();
};

}  // namespace thalweg::connectors
