#include "base/log.h"

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/utf8.h"

namespace thalweg {
inline namespace base {
namespace {

struct NamedLevel {
  std::string_view name;
  spdlog::level::level_enum level;
};

constexpr NamedLevel kLevels[] = {{"debug", spdlog::level::debug},
                                  {"info", spdlog::level::info},
                                  {"warn", spdlog::level::warn},
                                  {"error", spdlog::level::err}};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  return kLevels[static_cast<std::size_t>(level)].level;
}

spdlog::level::level_enum WantedLevel() {
  const char* const wanted = std::getenv("THALWEG_LOG");
  for (const NamedLevel& known : kLevels) {
    if (wanted != nullptr && known.name == wanted) return known.level;
  }
  return spdlog::level::off;
}

spdlog::logger& Logger() {
  // Never destroyed: other statics may log while the process ends.
  static spdlog::logger& logger = *[] {
    auto* const made =
        new spdlog::logger("thalweg", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::trace);
    made->set_level(WantedLevel());
    return made;
  }();
  return logger;
}

}  // namespace

bool LogEnabled(LogLevel level) {
  return Logger().should_log(ToSpdlog(level));
}

void LogText(LogLevel level, std::string_view text) {
  // One record is one line, also when somebody's names contain line ends.
  Logger().log(ToSpdlog(level), EscapeForDisplay(text));
}

}  // namespace base
}  // namespace thalweg
