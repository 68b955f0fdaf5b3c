#pragma once

#include <string_view>

#include <fmt/format.h>

namespace thalweg {
inline namespace base {

/// For developers and operators, to stderr; off unless THALWEG_LOG=debug|info|warn|error. What a
/// user must see is a Status, a Diagnostic or an event, never a log line. Secrets never reach it.
enum class LogLevel { kDebug, kInfo, kWarn, kError };
bool LogEnabled(LogLevel level);
void LogText(LogLevel level, std::string_view text);

template <typename... A>
void Log(LogLevel level, fmt::format_string<A...> format, A&&... args) {
  if (LogEnabled(level)) LogText(level, fmt::format(format, std::forward<A>(args)...));
}

}  // namespace base
}  // namespace thalweg
