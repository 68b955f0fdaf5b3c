#include "formats/json_splitter.h"

namespace thalweg::formats {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool EndsWord(char c) {
  return IsSpace(c) || c == ',' || c == '[' || c == ']' || c == '{' || c == '}' || c == '"';
}

}  // namespace

void JsonSplitter::Next() {
  place_ = place_ == Place::kTop ? Place::kTop : Place::kAfterElement;
  value_ = Value::kNone;
  at_ = begin_ = 0;
  depth_ = 0;
  in_string_ = escaped_ = false;
  lines_ = lines_before_ = 0;
}

JsonSplitter::Found JsonSplitter::Find(std::string_view text, bool end) {
  if (value_ == Value::kNone) {
    const Found found = SkipToValue(text, end);
    if (found != Found::kValue) return found;
    BeginValue(text);
  }
  const bool whole = value_ == Value::kNested   ? ReadNested(text)
                     : value_ == Value::kString ? ReadString(text)
                                                : ReadWord(text, end);
  if (whole) return Found::kValue;
  return end ? Found::kTorn : Found::kInput;
}

JsonSplitter::Found JsonSplitter::SkipToValue(std::string_view text, bool end) {
  for (; at_ < text.size(); ++at_) {
    const char c = text[at_];
    if (c == '\n') ++lines_;
    if (IsSpace(c) || TakePunctuation(c)) continue;
    begin_ = at_;
    lines_before_ = lines_;
    const bool misplaced =
        c == ',' || c == ']' || c == '}' || c == ':' || place_ == Place::kAfterElement;
    return misplaced ? Found::kStray : Found::kValue;
  }
  if (!end) return Found::kInput;
  begin_ = at_;
  lines_before_ = lines_;
  return place_ == Place::kTop ? Found::kEnd : Found::kUnclosed;
}

bool JsonSplitter::TakePunctuation(char c) {
  if (c == '[' && place_ == Place::kTop) {
    place_ = Place::kAfterOpen;
  } else if (c == ',' && place_ == Place::kAfterElement) {
    place_ = Place::kAfterComma;
  } else if (c == ']' && (place_ == Place::kAfterOpen || place_ == Place::kAfterElement)) {
    place_ = Place::kTop;
  } else {
    return false;
  }
  return true;
}

void JsonSplitter::BeginValue(std::string_view text) {
  const char c = text[at_];
  if (c == '{' || c == '[') {
    value_ = Value::kNested;
  } else if (c == '"') {
    value_ = Value::kString;
    in_string_ = true;
    ++at_;
  } else {
    value_ = Value::kWord;
  }
}

bool JsonSplitter::ReadNested(std::string_view text) {
  while (at_ < text.size()) {
    if (in_string_) {
      if (!ReadString(text)) return false;
      continue;
    }
    const char c = text[at_++];
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      if (--depth_ == 0) return true;
    } else if (c == '\n') {
      ++lines_;
    }
  }
  return false;
}

bool JsonSplitter::ReadWord(std::string_view text, bool end) {
  while (at_ < text.size() && !EndsWord(text[at_])) ++at_;
  return at_ < text.size() || end;
}

bool JsonSplitter::ReadString(std::string_view text) {
  for (; at_ < text.size(); ++at_) {
    const char c = text[at_];
    if (c == '\n') ++lines_;
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      ++at_;
      return true;
    }
  }
  return false;
}

}  // namespace thalweg::formats
