#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/diagnostic.h"
#include "base/status.h"

namespace thalweg::cli {

/// Keeps keys in the order in which they were added.
using Json = nlohmann::ordered_json;

/// A document for `-o json`: begins with "v": 1.
Json NewDocument();
/// Indented text with a line end. Bytes that are not UTF-8 become U+FFFD.
std::string Dump(const Json& document);

/// {"severity", "slug", "message", "file", "line", "column", "length", "help"}; what is empty is
/// left out.
Json ToJson(const Status& error);
Json ToJson(const Diagnostic& diagnostic);

}  // namespace thalweg::cli
