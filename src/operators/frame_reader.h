#pragma once

namespace thalweg::operators {

/// Beside the spec of an operator that makes frames, or works on them.
class FrameReader {
 public:
  virtual ~FrameReader() = default;
  /// Whether its rows hang on which rows lie in one frame. Else it takes frames as they come, and
  /// makes its own.
  virtual bool needs_whole_frames() const = 0;
};

}  // namespace thalweg::operators
