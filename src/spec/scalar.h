#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "component/value.h"

namespace thalweg::spec {

/// What text without quotes means in the core schema of YAML 1.2: nothing, true or false, a number
/// that JSON knows too, or else text ("010", "0x1F", ".5" and "no" are text).
component::Value PlainScalar(std::string text, Span span);
bool IsJsonNumber(std::string_view text);

enum class ScalarStyle { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded };

/// Where the bytes of a scalar's text come from: source[begin, end) is what stands in the file,
/// without quotes or header. None when the two cannot be matched; then only the scalar as a whole
/// has a place.
std::optional<std::vector<component::Value::Segment>> MapScalar(ScalarStyle style,
                                                                std::string_view text,
                                                                std::string_view source,
                                                                std::size_t begin, std::size_t end);

}  // namespace thalweg::spec
