#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg::spec {

/// kUnsupported for types that hold more than one value.
Status CheckParameterType(std::string_view type);
/// Does `text` write a value of this canonical type? kInvalid otherwise. Types whose texts only an
/// engine can judge (interval, json, blob ...) take any text.
Status CheckParameterValue(std::string_view type, std::string_view text);

/// Types whose values stand without quotes in YAML and JSON.
bool IsNumericType(std::string_view type);

}  // namespace thalweg::spec
