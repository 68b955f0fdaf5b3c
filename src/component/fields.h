#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/diagnostic.h"
#include "component/value.h"

namespace thalweg::component {

/// How a field is written in the file.
enum class Shape {
  kBoolean,
  kInteger,
  kNumber,
  kString,
  kDuration,
  kBytes,
  kSql,
  kType,
  kScalar,
  kList,
  kMap,
  kObject,
  kAny
};

struct ObjectInfo;

/// One field of an options object: the one description behind parsing, validation, JSON Schema,
/// `describe`, the reference page and later a form.
struct FieldInfo {
  std::string name;
  std::string doc;  ///< one or two sentences in plain words
  Shape shape = Shape::kString;
  bool required = false;
  bool secret = false;
  bool changes_rows = true;  ///< part of the recipe key
  bool reserved =
      false;  ///< belongs to the grammar, but this version cannot do it: giving it is an error
  std::string default_text;          ///< as one would write it; empty: none
  std::string example;               ///< as one would write it
  std::vector<std::string> choices;  ///< for strings: the only values allowed
  bool scalar_or_list = false;       ///< for lists: a single scalar stands for a list of one
  std::shared_ptr<const FieldInfo> element;  ///< of kList and kMap
  std::shared_ptr<const ObjectInfo> object;  ///< of kObject
};

struct ObjectInfo {
  std::string name;
  std::string doc;
  std::vector<FieldInfo> fields;
  /// A scalar (or, where the field is one, a list) in place of the object sets this field:
  /// `tumbling: 10s`. Empty: not allowed.
  std::string shorthand;
  const FieldInfo* Find(std::string_view field) const;
};

/// A piece of SQL (expression or statement) with its place.
struct SqlText {
  std::string text;
  Value value;  ///< for positions: value.SpanOf(begin, end)
};
/// A type name as written in the file, already canonical (data/types.h).
struct TypeName {
  std::string text;
};
/// Any scalar, as text, with its place.
struct Scalar {
  std::string text;
  Value value;
};
using Duration = std::chrono::nanoseconds;

template <typename T>
using NamedList = std::vector<std::pair<std::string, T>>;  ///< a map in the order of the file

template <typename Options>
class OptionsOf;

/// T::Describe(), made once.
template <typename T>
const OptionsOf<T>& DescriptionOf() {
  static const OptionsOf<T> description = T::Describe();
  return description;
}

/// Reads one value into a C++ type; a specialisation per type lives in fields.cc or, for
/// composites, below. On a mismatch it adds a Diagnostic at the value's place and returns false.
bool ReadValue(const Value& value, const FieldInfo& info, bool* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, std::int64_t* out,
               Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, double* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, std::string* out,
               Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, Duration* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, Bytes* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, SqlText* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, TypeName* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, Scalar* out, Diagnostics& diagnostics);
bool ReadValue(const Value& value, const FieldInfo& info, Value* out, Diagnostics& diagnostics);

/// The shape that a C++ type has in the file. A type that none of these fit brings `static
/// FieldInfo T::Info()`, and a ReadValue in its own namespace.
template <typename T>
FieldInfo InfoFor() {
  FieldInfo info;
  if constexpr (requires { T::Info(); }) {
    info = T::Info();
  } else if constexpr (std::is_same_v<T, bool>) {
    info.shape = Shape::kBoolean;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    info.shape = Shape::kInteger;
  } else if constexpr (std::is_same_v<T, double>) {
    info.shape = Shape::kNumber;
  } else if constexpr (std::is_same_v<T, std::string>) {
    info.shape = Shape::kString;
  } else if constexpr (std::is_same_v<T, Duration>) {
    info.shape = Shape::kDuration;
  } else if constexpr (std::is_same_v<T, Bytes>) {
    info.shape = Shape::kBytes;
  } else if constexpr (std::is_same_v<T, SqlText>) {
    info.shape = Shape::kSql;
  } else if constexpr (std::is_same_v<T, TypeName>) {
    info.shape = Shape::kType;
  } else if constexpr (std::is_same_v<T, Scalar>) {
    info.shape = Shape::kScalar;
  } else if constexpr (std::is_same_v<T, Value>) {
    info.shape = Shape::kAny;
  } else if constexpr (requires { typename T::value_type::first_type; }) {
    info.shape = Shape::kMap;
    info.element = std::make_shared<FieldInfo>(InfoFor<typename T::value_type::second_type>());
  } else if constexpr (requires(T t) { t.has_value(); }) {
    info = InfoFor<typename T::value_type>();
  } else if constexpr (requires { typename T::value_type; }) {
    info.shape = Shape::kList;
    info.element = std::make_shared<FieldInfo>(InfoFor<typename T::value_type>());
  } else {
    info.shape = Shape::kObject;
    info.object = std::make_shared<ObjectInfo>(DescriptionOf<T>().info());
  }
  return info;
}

/// A name in double quotes, for messages. What is not printable ASCII is escaped, so that
/// look-alike letters show.
std::string QuoteName(std::string_view name);

/// Reports, as kUnsupported with slug "not-yet", something that the grammar has words for but this
/// version cannot do.
void ReportNotYet(std::string_view what, Span span, Diagnostics& diagnostics);

/// Elements have no name of their own: messages call them by their field's.
inline void NameElements(FieldInfo* field) {
  if (!field->element) return;
  FieldInfo element = *field->element;
  element.name = field->name;
  NameElements(&element);
  field->element = std::make_shared<const FieldInfo>(std::move(element));
}

/// Checks that `value` is a map (or the shorthand), reports unknown keys (with a near name), and
/// calls `field` for each known one. Reports required fields that are missing. `ignored` are keys
/// that somebody else reads.
bool ReadObject(const Value& value, const ObjectInfo& info, const std::vector<std::string>& ignored,
                Diagnostics& diagnostics,
                const std::function<bool(std::size_t field, const Value& value)>& field);
bool CheckList(const Value& value, const FieldInfo& info, Diagnostics& diagnostics,
               std::vector<Value>* items);
bool CheckMap(const Value& value, const FieldInfo& info, Diagnostics& diagnostics);
bool CheckChoice(const Value& value, const FieldInfo& info, Diagnostics& diagnostics);

template <typename T>
bool ReadAny(const Value& value, const FieldInfo& info, T* out, Diagnostics& diagnostics) {
  if constexpr (requires { ReadValue(value, info, out, diagnostics); }) {
    return ReadValue(value, info, out, diagnostics);
  } else if constexpr (requires { typename T::value_type::first_type; }) {
    if (!CheckMap(value, info, diagnostics)) return false;
    bool good = true;
    for (const auto& entry : value.entries()) {
      out->emplace_back(entry.key, typename T::value_type::second_type{});
      good &= ReadAny(entry.value, *info.element, &out->back().second, diagnostics);
    }
    return good;
  } else if constexpr (requires(T t) { t.has_value(); }) {
    return ReadAny(value, info, &out->emplace(), diagnostics);
  } else if constexpr (requires { typename T::value_type; }) {
    std::vector<Value> items;
    if (!CheckList(value, info, diagnostics, &items)) return false;
    bool good = true;
    for (const auto& item : items)
      good &= ReadAny(item, *info.element, &out->emplace_back(), diagnostics);
    return good;
  } else {
    return DescriptionOf<T>().Read(value, {}, out, diagnostics);
  }
}

/// How an options struct is described, once:
///
///   struct CsvOptions {
///     std::string delimiter = ",";
///     static OptionsOf<CsvOptions> Describe() {
///       return OptionsOf<CsvOptions>("csv", "How the text is cut.")
///           .Field("delimiter", &CsvOptions::delimiter, {.doc = "Between two fields.",
///           .default_text = "\",\""});
///     }
///   };
template <typename Options>
class OptionsOf {
 public:
  struct Notes {
    std::string doc = {}, default_text = {},
                example = {};  // initialized, so that a use may leave them out
    std::vector<std::string> choices = {};
    bool required = false, secret = false, changes_rows = true, reserved = false,
         scalar_or_list = false;
  };

  OptionsOf(std::string name, std::string doc) {
    info_.name = std::move(name), info_.doc = std::move(doc);
  }

  template <typename T>
  OptionsOf& Field(std::string name, T Options::*member, Notes notes) {
    FieldInfo field = InfoFor<T>();
    field.name = std::move(name);
    field.doc = std::move(notes.doc);
    field.default_text = std::move(notes.default_text);
    field.example = std::move(notes.example);
    field.choices = std::move(notes.choices);
    field.required = notes.required;
    field.secret = notes.secret;
    field.changes_rows = notes.changes_rows;
    field.reserved = notes.reserved;
    field.scalar_or_list = notes.scalar_or_list;
    NameElements(&field);
    info_.fields.push_back(std::move(field));
    readers_.push_back([member](const Value& value, const FieldInfo& info, Options* out,
                                Diagnostics& diagnostics) {
      return ReadAny(value, info, &(out->*member), diagnostics);
    });
    return *this;
  }
  /// A scalar in place of the object sets this field.
  OptionsOf& Shorthand(std::string field) { return info_.shorthand = std::move(field), *this; }

  const ObjectInfo& info() const { return info_; }

  /// Fills `out`; all mistakes are reported in one pass. False when there was any.
  bool Read(const Value& value, const std::vector<std::string>& ignored, Options* out,
            Diagnostics& diagnostics) const {
    return ReadObject(value, info_, ignored, diagnostics, [&](std::size_t i, const Value& v) {
      return readers_[i](v, info_.fields[i], out, diagnostics);
    });
  }

 private:
  ObjectInfo info_;
  std::vector<std::function<bool(const Value&, const FieldInfo&, Options*, Diagnostics&)>> readers_;
};

}  // namespace thalweg::component
