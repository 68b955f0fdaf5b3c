#include "component/fields.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "data/types.h"

namespace thalweg::component {
namespace {

/// `"skip"`, or `this value` for something that has no name of its own.
std::string Named(const std::string& name) {
  if (name.empty()) return "this value";
  return name.find(' ') == std::string::npos ? QuoteName(name) : name;  // "a node" is no key
}

std::string ExampleOf(const FieldInfo& info) {
  const std::string& example = info.example.empty() ? info.default_text : info.example;
  return example.empty() ? std::string() : fmt::format("for example {}", example);
}

bool WrongType(const Value& value, const FieldInfo& info, std::string_view expected,
               Diagnostics& diagnostics, std::string label = {}) {
  if (value.is_null()) {
    diagnostics.Error(
        "empty-value", fmt::format("{} is empty", Named(info.name)), value.span(),
        value.text().empty()
            ? fmt::format("write {}, or remove the key", expected)
            : fmt::format("{} is nothing at all; as text it needs quotes", value.text()));
  } else {
    if (label.empty()) label = ExampleOf(info);
    diagnostics.Error(
        "wrong-type",
        fmt::format("{} must be {}, not {}", Named(info.name), expected, value.KindName()),
        value.span(), std::move(label));
  }
  return false;
}

bool BadValue(const Value& value, const FieldInfo& info, const Status& status,
              Diagnostics& diagnostics) {
  diagnostics.Error(status.slug() == "invalid" ? "bad-value" : status.slug(),
                    fmt::format("{}: {}", Named(info.name), status.message()), value.span(),
                    status.hint().empty() ? ExampleOf(info) : status.hint());
  return false;
}

std::string JoinQuoted(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += ", ";
    joined += word;
  }
  return joined;
}

/// What to say of text where a number belongs.
std::string NumberLabel(const Value& value) {
  if (value.kind() != Value::Kind::kString || value.text().empty()) return {};
  const std::string& text = value.text();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) {
    const std::string& source = value.span().source ? value.span().source->text() : text;
    const bool quoted = value.span().begin < source.size() &&
                        (source[value.span().begin] == '"' || source[value.span().begin] == '\'');
    return quoted ? "remove the quotes" : "write it in plain decimal digits";
  }
  return {};
}

/// YAML ends a plain scalar at " #", which cuts a statement in silence.
std::optional<Span> CommentBehind(const Value& value) {
  const Span& span = value.span();
  if (!span.source || span.begin >= span.end) return std::nullopt;
  const std::string& source = span.source->text();
  if (span.end >= source.size()) return std::nullopt;
  constexpr std::string_view kNotPlain = "\"'|>";
  if (kNotPlain.find(source[span.begin]) != std::string_view::npos) return std::nullopt;
  const std::size_t at = source.find_first_not_of(" \t", span.end);
  if (at == std::string::npos || at == span.end || source[at] != '#') return std::nullopt;
  return Span{span.source, at, std::min(source.find_first_of("\r\n", at), source.size())};
}

}  // namespace

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < name.size();) {
    const CodePoint point = DecodeUtf8(name, at);
    if (!point.valid) {
      quoted += fmt::format("\\x{{{:02x}}}", static_cast<unsigned>(point.value));
    } else if (point.value < 0x20 || point.value > 0x7E) {
      quoted += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(point.value));
    } else {
      quoted += static_cast<char>(point.value);
    }
    at += point.bytes;
  }
  return quoted + "\"";
}

void ReportNotYet(std::string_view what, Span span, Diagnostics& diagnostics) {
  diagnostics.Add({Severity::kError, "not-yet",
                   fmt::format("{} is not available in this version", what), std::move(span), "",
                   "remove it; the word is reserved, so that files need not change later",
                   Code::kUnsupported});
}

const FieldInfo* ObjectInfo::Find(std::string_view field) const {
  for (const FieldInfo& info : fields) {
    if (info.name == field) return &info;
  }
  return nullptr;
}

bool CheckChoice(const Value& value, const FieldInfo& info, Diagnostics& diagnostics) {
  if (info.choices.empty()) return true;
  if (std::find(info.choices.begin(), info.choices.end(), value.text()) != info.choices.end()) {
    return true;
  }
  const std::string near = Nearest(value.text(), info.choices);
  diagnostics.Error(
      "bad-value", fmt::format("{} must be one of: {}", Named(info.name), JoinQuoted(info.choices)),
      value.span(), near.empty() ? "" : fmt::format("did you mean {}?", near));
  return false;
}

bool ReadValue(const Value& value, const FieldInfo& info, bool* out, Diagnostics& diagnostics) {
  if (value.kind() == Value::Kind::kBoolean) return *out = value.boolean(), true;
  return WrongType(
      value, info, "true or false", diagnostics,
      value.kind() == Value::Kind::kString ? "write true or false, without quotes" : "");
}

bool ReadValue(const Value& value, const FieldInfo& info, std::int64_t* out,
               Diagnostics& diagnostics) {
  constexpr std::string_view kWhat = "a whole number";
  if (value.kind() != Value::Kind::kNumber) {
    return WrongType(value, info, kWhat, diagnostics, NumberLabel(value));
  }
  const std::string& text = value.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  if (error == std::errc() && end == text.data() + text.size()) return true;
  const bool range = error == std::errc::result_out_of_range;
  diagnostics.Error(
      "bad-value",
      fmt::format("{} must be {}{}", Named(info.name), kWhat, range ? " of at most 64 bits" : ""),
      value.span(), ExampleOf(info));
  return false;
}

bool ReadValue(const Value& value, const FieldInfo& info, double* out, Diagnostics& diagnostics) {
  if (value.kind() != Value::Kind::kNumber) {
    return WrongType(value, info, "a number", diagnostics, NumberLabel(value));
  }
  const std::string& text = value.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  if (error == std::errc() && end == text.data() + text.size()) return true;
  diagnostics.Error("bad-value",
                    fmt::format("{} is too large or too small a number", Named(info.name)),
                    value.span());
  return false;
}

bool ReadValue(const Value& value, const FieldInfo& info, std::string* out,
               Diagnostics& diagnostics) {
  if (value.is_null() || !value.is_scalar()) return WrongType(value, info, "text", diagnostics);
  if (!CheckChoice(value, info, diagnostics)) return false;
  *out = value.text();
  return true;
}

bool ReadValue(const Value& value, const FieldInfo& info, Duration* out, Diagnostics& diagnostics) {
  if (value.kind() != Value::Kind::kString && value.kind() != Value::Kind::kNumber) {
    return WrongType(value, info, "a length of time such as 10s or 5m", diagnostics);
  }
  const Result<Duration> duration = ParseDuration(value.text());
  if (!duration.ok()) return BadValue(value, info, duration.status(), diagnostics);
  *out = *duration;
  return true;
}

bool ReadValue(const Value& value, const FieldInfo& info, Bytes* out, Diagnostics& diagnostics) {
  if (value.kind() != Value::Kind::kString && value.kind() != Value::Kind::kNumber) {
    return WrongType(value, info, "a size such as 512MB or 2GiB", diagnostics);
  }
  const Result<Bytes> bytes = ParseBytes(value.text());
  if (!bytes.ok()) return BadValue(value, info, bytes.status(), diagnostics);
  *out = *bytes;
  return true;
}

bool ReadValue(const Value& value, const FieldInfo& info, SqlText* out, Diagnostics& diagnostics) {
  if (value.is_null() || !value.is_scalar()) return WrongType(value, info, "SQL", diagnostics);
  if (value.text().find_first_not_of(" \t\r\n") == std::string::npos) {
    diagnostics.Error("empty-value", fmt::format("{} is empty", Named(info.name)), value.span(),
                      "write SQL here");
    return false;
  }
  if (const auto comment = CommentBehind(value)) {
    diagnostics.Error(
        "comment-in-sql", "the SQL is cut off here: YAML takes \" #\" as the start of a comment",
        *comment, "not part of the statement",
        "write the SQL in quotes or below \"|\"; a YAML comment goes on a line of its own");
    return false;
  }
  *out = SqlText{value.text(), value};
  return true;
}

bool ReadValue(const Value& value, const FieldInfo& info, TypeName* out, Diagnostics& diagnostics) {
  if (value.kind() != Value::Kind::kString) {
    return WrongType(value, info, "the name of a type", diagnostics);
  }
  Result<std::string> type = data::CanonicalType(value.text());
  if (!type.ok()) return BadValue(value, info, type.status(), diagnostics);
  out->text = std::move(*type);
  return true;
}

bool ReadValue(const Value& value, const FieldInfo& info, Scalar* out, Diagnostics& diagnostics) {
  if (value.is_null() || !value.is_scalar()) {
    return WrongType(value, info, "a single value", diagnostics);
  }
  *out = Scalar{value.text(), value};
  return true;
}

bool ReadValue(const Value& value, const FieldInfo& /*info*/, Value* out,
               Diagnostics& /*diagnostics*/) {
  *out = value;
  return true;
}

bool CheckList(const Value& value, const FieldInfo& info, Diagnostics& diagnostics,
               std::vector<Value>* items) {
  if (value.kind() == Value::Kind::kList) return *items = value.items(), true;
  if (info.scalar_or_list && value.is_scalar() && !value.is_null()) return *items = {value}, true;
  return WrongType(value, info, info.scalar_or_list ? "a value or a list of them" : "a list",
                   diagnostics);
}

bool CheckMap(const Value& value, const FieldInfo& info, Diagnostics& diagnostics) {
  if (value.kind() == Value::Kind::kMap) return true;
  return WrongType(value, info, "a map", diagnostics);
}

namespace {

/// May `value` stand for the whole object by setting this one field?
bool FitsShorthand(const Value& value, const FieldInfo& field) {
  if (value.is_scalar()) return !value.is_null();
  return value.kind() == Value::Kind::kList && field.shape == Shape::kList;
}

std::string_view ShapeName(Shape shape) {
  switch (shape) {
    case Shape::kBoolean:
      return "true or false";
    case Shape::kInteger:
      return "a whole number";
    case Shape::kNumber:
      return "a number";
    case Shape::kDuration:
      return "a length of time";
    case Shape::kBytes:
      return "a size";
    case Shape::kSql:
      return "SQL";
    case Shape::kType:
      return "the name of a type";
    case Shape::kList:
      return "a list";
    default:
      return "text";
  }
}

void UnknownKey(const Value::Entry& entry, const ObjectInfo& info,
                const std::vector<std::string>& ignored, Diagnostics& diagnostics) {
  std::vector<std::string> known = ignored;
  for (const FieldInfo& field : info.fields) known.push_back(field.name);
  const std::string near = Nearest(entry.key, known);
  const std::string where = info.name.empty() ? "" : " in " + Named(info.name);
  std::sort(known.begin(), known.end());
  diagnostics.Error("unknown-key", fmt::format("unknown key {}{}", QuoteName(entry.key), where),
                    entry.key_span, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near),
                    near.empty() ? fmt::format("known keys: {}", JoinQuoted(known)) : "");
}

}  // namespace

bool ReadObject(const Value& value, const ObjectInfo& info, const std::vector<std::string>& ignored,
                Diagnostics& diagnostics,
                const std::function<bool(std::size_t field, const Value& value)>& field) {
  std::vector<bool> seen(info.fields.size(), false);
  const auto index_of = [&](std::string_view name) {
    std::size_t i = 0;
    while (i < info.fields.size() && info.fields[i].name != name) ++i;
    return i;
  };
  bool good = true;
  if (value.kind() == Value::Kind::kMap) {
    for (const Value::Entry& entry : value.entries()) {
      const std::size_t i = index_of(entry.key);
      if (i < info.fields.size() && info.fields[i].reserved) {
        ReportNotYet(QuoteName(entry.key), entry.key_span, diagnostics);
        good = false;
      } else if (i < info.fields.size()) {
        seen[i] = true;
        good &= field(i, entry.value);
      } else if (std::find(ignored.begin(), ignored.end(), entry.key) == ignored.end()) {
        UnknownKey(entry, info, ignored, diagnostics);
        good = false;
      }
    }
  } else {
    const std::size_t i = info.shorthand.empty() ? info.fields.size() : index_of(info.shorthand);
    if (i == info.fields.size() || !FitsShorthand(value, info.fields[i])) {
      FieldInfo named;
      named.name = info.name;
      const bool shorthand = i < info.fields.size();
      return WrongType(
          value, named,
          shorthand ? fmt::format("{} or a map", ShapeName(info.fields[i].shape)) : "a map",
          diagnostics);
    }
    seen[i] = true;
    good &= field(i, value);
  }
  for (std::size_t i = 0; i < info.fields.size(); ++i) {
    const FieldInfo& missing = info.fields[i];
    if (!missing.required || seen[i]) continue;
    const std::string example = missing.example.empty() ? "..." : missing.example;
    diagnostics.Error("missing-key",
                      fmt::format("{} needs the key \"{}\"", Named(info.name), missing.name),
                      value.span(), fmt::format("add {}: {}", missing.name, example));
    good = false;
  }
  return good;
}

}  // namespace thalweg::component
