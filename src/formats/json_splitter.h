#pragma once

#include <cstdint>
#include <string_view>

#include "formats/decoder.h"

namespace thalweg::formats {

/// Finds the values of a JSON text that is one array of them, or values one after another, by
/// counting brackets and quotes only. What lies between brackets is not looked at. A stray comma or
/// bracket between values is an error.
class JsonSplitter {
 public:
  enum class Found {
    kValue,
    kInput,     ///< call again with more of the same text: it goes on where it stopped
    kEnd,       ///< nothing follows
    kTorn,      ///< the text ends inside of a value, from begin() on
    kUnclosed,  ///< the text ends, and the array was not closed
    kStray,     ///< a character at begin() where a value should begin or end
  };

  explicit JsonSplitter(bool inside_array)
      : place_(inside_array ? Place::kAfterElement : Place::kTop) {}

  Found Find(std::string_view text, bool end);

  std::size_t begin() const { return begin_; }  ///< of the value, in the text given to Find
  std::size_t size() const { return at_; }      ///< of the text up to the end of the value
  std::int64_t lines_before() const { return lines_before_; }  ///< line ends in front of the value
  std::int64_t lines() const { return lines_; }  ///< line ends up to the end of the value
  bool inside_array() const { return place_ != Place::kTop; }
  /// Begins behind the value.
  void Next();

 private:
  enum class Place { kTop, kAfterOpen, kAfterElement, kAfterComma };
  enum class Value { kNone, kString, kNested, kWord };

  /// Skips to the next value. kValue: one begins at at_.
  Found SkipToValue(std::string_view text, bool end);
  bool TakePunctuation(char c);
  void BeginValue(std::string_view text);
  bool ReadNested(std::string_view text);
  bool ReadWord(std::string_view text, bool end);
  /// True behind the closing quote.
  bool ReadString(std::string_view text);

  Place place_;
  Value value_ = Value::kNone;
  std::size_t at_ = 0, begin_ = 0;
  std::int64_t depth_ = 0;
  bool in_string_ = false, escaped_ = false;
  std::int64_t lines_ = 0, lines_before_ = 0;
};

}  // namespace thalweg::formats
