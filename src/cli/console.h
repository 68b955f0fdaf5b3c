#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg::cli {

enum class ColorMode { kAuto, kAlways, kNever };

/// What a piece of text means to its reader; terminals show it as a colour.
enum class Tone { kPlain, kGood, kBad, kWarn, kAccent, kBold, kDim };
/// The text in its colour; as it is without `color`.
std::string Paint(Tone tone, std::string_view text, bool color);

/// What is known of one of the two output streams.
struct StreamFacts {
  bool terminal = false;
  bool color = false;
  bool redraws = false;  ///< lines can be taken back: a terminal that is not dumb
  int width = 0;         ///< in cells; 0: no limit (a file or a pipe)
};

/// Where a command writes: stdout carries data, stderr everything else. Text for stdout is
/// collected; whatever goes to stderr comes after what was written to stdout before. One thread at
/// a time.
class Console {
 public:
  Console(int out, int err, ColorMode mode);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  const StreamFacts& out() const { return out_facts_; }
  const StreamFacts& err() const { return err_facts_; }

  /// Nothing is written after a failure.
  void Out(std::string_view text);
  /// Failures are ignored: there is nobody to tell.
  void Err(std::string_view text);
  /// Writes out what is collected. An error says why stdout cannot be written; a reader that went
  /// away is none.
  Status Flush();
  /// The reader of stdout has closed it (`| head`): producing more is pointless.
  bool reader_gone() const { return reader_gone_; }
  /// Nothing more can be written to stdout.
  bool broken() const { return reader_gone_ || !failure_.ok(); }

 private:
  const int out_, err_;
  StreamFacts out_facts_, err_facts_;
  std::string collected_;
  bool reader_gone_ = false;
  Status failure_;
};

}  // namespace thalweg::cli
