#include "component/value.h"

#include <algorithm>

#include "base/status.h"

namespace thalweg::component {

struct Value::Rep {
  Kind kind = Kind::kNull;
  bool truth = false;
  bool moved =
      false;  ///< the text is not what stands at the span: positions inside of it mean nothing
  std::string text;
  std::vector<Segment> segments;
  std::vector<Value> items;
  std::vector<Entry> entries;
  Span span;
};

Value Value::Null(Span span, std::string text) {
  auto rep = std::make_shared<Rep>();
  rep->text = std::move(text);
  rep->span = std::move(span);
  Value value;
  value.rep_ = std::move(rep);
  return value;
}

Value Value::Boolean(bool value, std::string text, Span span) {
  auto rep = std::make_shared<Rep>();
  rep->kind = Kind::kBoolean;
  rep->truth = value;
  rep->text = std::move(text);
  rep->span = std::move(span);
  Value result;
  result.rep_ = std::move(rep);
  return result;
}

Value Value::Number(std::string text, Span span) {
  auto rep = std::make_shared<Rep>();
  rep->kind = Kind::kNumber;
  rep->text = std::move(text);
  rep->span = std::move(span);
  Value value;
  value.rep_ = std::move(rep);
  return value;
}

Value Value::String(std::string text, Span span, std::vector<Segment> segments) {
  auto rep = std::make_shared<Rep>();
  rep->kind = Kind::kString;
  rep->text = std::move(text);
  rep->segments = std::move(segments);
  rep->span = std::move(span);
  Value value;
  value.rep_ = std::move(rep);
  return value;
}

Value Value::List(std::vector<Value> items, Span span) {
  auto rep = std::make_shared<Rep>();
  rep->kind = Kind::kList;
  rep->items = std::move(items);
  rep->span = std::move(span);
  Value value;
  value.rep_ = std::move(rep);
  return value;
}

Value Value::Map(std::vector<Entry> entries, Span span) {
  auto rep = std::make_shared<Rep>();
  rep->kind = Kind::kMap;
  rep->entries = std::move(entries);
  rep->span = std::move(span);
  Value value;
  value.rep_ = std::move(rep);
  return value;
}

Value::Kind Value::kind() const {
  return rep_ ? rep_->kind : Kind::kNull;
}

const std::string& Value::text() const {
  static const std::string none;
  return rep_ ? rep_->text : none;
}

bool Value::boolean() const {
  TW_CHECK(kind() == Kind::kBoolean);
  return rep_->truth;
}

const std::vector<Value>& Value::items() const {
  static const std::vector<Value> none;
  return rep_ ? rep_->items : none;
}

const std::vector<Value::Entry>& Value::entries() const {
  static const std::vector<Entry> none;
  return rep_ ? rep_->entries : none;
}

const Value* Value::Find(std::string_view key) const {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

const Span& Value::span() const {
  static const Span none;
  return rep_ ? rep_->span : none;
}

namespace {

/// The last segment that begins at or before `offset`; the first when there is none.
std::size_t SegmentAt(const std::vector<Value::Segment>& segments, std::size_t offset) {
  const auto after = std::upper_bound(
      segments.begin(), segments.end(), offset,
      [](std::size_t at, const Value::Segment& segment) { return at < segment.value_offset; });
  return after == segments.begin() ? 0 : static_cast<std::size_t>(after - segments.begin()) - 1;
}

std::size_t SourceOf(const std::vector<Value::Segment>& segments, std::size_t offset) {
  const Value::Segment& segment = segments[SegmentAt(segments, offset)];
  return segment.source_offset + (offset - std::min(offset, segment.value_offset));
}

/// Where a piece that ends before `end` ends in the source. Its last byte may be an escape, which
/// is longer there than in the text; but what lies between two lines of a block scalar belongs to
/// neither.
std::size_t SourceEndOf(const std::vector<Value::Segment>& segments, std::size_t end,
                        const std::string& source) {
  const std::size_t behind_last = SourceOf(segments, end - 1) + 1;
  const std::size_t next = SourceOf(segments, end);
  if (next <= behind_last || next > source.size()) return behind_last;
  const std::string_view gap =
      std::string_view(source).substr(behind_last - 1, next - behind_last + 1);
  return gap.find_first_of("\r\n") == std::string_view::npos ? next : behind_last;
}

}  // namespace

Span Value::SpanOf(std::size_t begin, std::size_t end) const {
  if (!rep_ || !is_scalar() || rep_->moved || !rep_->span.source) return span();
  end = std::min(end, rep_->text.size());
  begin = std::min(begin, end);
  Span result = rep_->span;
  if (rep_->segments.empty()) {
    result.begin = rep_->span.begin + begin;
    result.end = rep_->span.begin + end;
  } else {
    result.begin = SourceOf(rep_->segments, begin);
    result.end =
        begin == end ? result.begin : SourceEndOf(rep_->segments, end, rep_->span.source->text());
  }
  // A place behind the last byte of a block scalar would be in the next line, or in the next key.
  result.begin = std::clamp(result.begin, rep_->span.begin, rep_->span.end);
  result.end = std::clamp(result.end, result.begin, rep_->span.end);
  return result;
}

std::string_view Value::KindName() const {
  switch (kind()) {
    case Kind::kNull:
      return "nothing";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "text";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "nothing";
}

Value Value::WithText(std::string text) const {
  auto rep = std::make_shared<Rep>();
  rep->kind = Kind::kString;
  rep->moved = true;
  rep->text = std::move(text);
  rep->span = span();
  Value value;
  value.rep_ = std::move(rep);
  return value;
}

}  // namespace thalweg::component
