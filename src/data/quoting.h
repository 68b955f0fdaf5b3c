#pragma once

#include <string>
#include <string_view>

namespace thalweg::data {

// Names and texts as SQL writes them; the marks inside are doubled.

/// "a ""b""".
std::string QuoteIdentifier(std::string_view name);
/// 'it''s'.
std::string QuoteLiteral(std::string_view text);

}  // namespace thalweg::data
