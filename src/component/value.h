#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"

namespace thalweg::component {

/// A document value with its place: what front ends (YAML, JSON, scripts of other systems) build
/// and components read. Scalars keep their text; what it means (a number, a duration) is the
/// reader's business. Immutable once built; cheap to copy.
class Value {
 public:
  enum class Kind { kNull, kBoolean, kNumber, kString, kList, kMap };
  struct Entry;

  /// Where byte `value_offset` of a string lies in the source: YAML block and quoted scalars do not
  /// stand there verbatim. Sorted; between two segments both sides advance byte by byte.
  struct Segment {
    std::size_t value_offset = 0;
    std::size_t source_offset = 0;
  };

  Value() = default;
  static Value Null(
      Span span,
      std::string text = {});  ///< text: null or ~ as written; empty: nothing stands there
  static Value Boolean(bool value, std::string text, Span span);
  static Value Number(std::string text, Span span);  ///< text is a valid JSON number
  static Value String(std::string text, Span span, std::vector<Segment> segments = {});
  static Value List(std::vector<Value> items, Span span);
  static Value Map(std::vector<Entry> entries, Span span);

  Kind kind() const;
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_scalar() const { return kind() != Kind::kList && kind() != Kind::kMap; }
  const std::string& text() const;            ///< scalars; empty for others
  bool boolean() const;                       ///< kBoolean only
  const std::vector<Value>& items() const;    ///< kList; empty for others
  const std::vector<Entry>& entries() const;  ///< kMap, in the order of the file; empty for others
  const Value* Find(std::string_view key) const;
  const Span& span() const;
  /// The span of bytes [begin, end) of text() in the source, through block and quoted scalars.
  Span SpanOf(std::size_t begin, std::size_t end) const;
  std::string_view KindName() const;  ///< "a list", "a number" ..., for messages

  /// A copy of this string with another text (after ${...} were filled in) and the same span.
  Value WithText(std::string text) const;

 private:
  struct Rep;
  std::shared_ptr<const Rep> rep_;
};

struct Value::Entry {
  std::string key;
  Span key_span;
  Value value;
};

}  // namespace thalweg::component
