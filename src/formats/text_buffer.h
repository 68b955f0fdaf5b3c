#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace thalweg::formats {

/// The bytes of a text that were pushed and not yet consumed, with padding behind them for readers
/// that look ahead by whole vectors.
class TextBuffer {
 public:
  static constexpr std::size_t kPadding = 64;

  /// `offset` is where the first pushed byte lies in the text.
  explicit TextBuffer(std::int64_t offset) : offset_(offset) {}

  void Push(std::string_view bytes, bool end) {
    bytes_.erase(0, begin_);
    begin_ = 0;
    bytes_.resize(bytes_.size() - (bytes_.empty() ? 0 : kPadding));
    bytes_.append(bytes);
    bytes_.append(kPadding, '\0');
    ended_ = ended_ || end;
  }
  std::string_view rest() const {
    return bytes_.empty()
               ? std::string_view()
               : std::string_view(bytes_).substr(begin_, bytes_.size() - kPadding - begin_);
  }
  void Consume(std::size_t count) {
    begin_ += count;
    offset_ += static_cast<std::int64_t>(count);
  }
  /// Nothing follows rest().
  bool ended() const { return ended_; }
  /// Of the first byte of rest().
  std::int64_t offset() const { return offset_; }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
  std::int64_t offset_;
  bool ended_ = false;
};

}  // namespace thalweg::formats
