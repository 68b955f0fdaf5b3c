#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

namespace thalweg::formats {

/// A point of the (proleptic Gregorian) calendar, as read. Nothing here knows leap seconds.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1, day = 1;  ///< from 1
  int hour = 0, minute = 0, second = 0;
  int nanosecond = 0;
  std::int64_t offset_seconds = 0;  ///< east of UTC
  bool has_time = false, has_offset = false;
};

inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::int64_t TicksPerSecond(arrow::TimeUnit::type unit);

/// Days from 1970-01-01. False: there is no such day, or it is beyond what a date column can hold.
bool DaysOf(const CivilTime& civil, std::int32_t* days);
/// Ticks from 1970-01-01T00:00:00, UTC when the text had an offset; digits below a tick are cut off
/// towards the past. False: no such time, or out of range. Hour 24 is the end of the day, if
/// nothing follows it.
bool TicksOf(const CivilTime& civil, std::int64_t ticks_per_second, std::int64_t* ticks);
/// Ticks from midnight; 24:00:00 is allowed.
bool TicksOfDay(const CivilTime& civil, std::int64_t ticks_per_second, std::int64_t* ticks);

/// ISO 8601 with the liberties that people take: "2013-01-02", "2013-1-2 3:04",
/// "2013/01/02T03:04:05.678Z", "… +02:00", "… +0200", "… UTC". Years have 4 to 6 digits and may be
/// negative. Blanks around are skipped. False: the text has another form (values are not checked
/// against the calendar here).
bool ParseIso(std::string_view text, CivilTime* out);
/// "3:04", "03:04:05.678". Without a date.
bool ParseIsoTimeOfDay(std::string_view text, CivilTime* out);

/// "2013-01-02", "03:04:05", "2013-01-02T03:04:05.678"; with `utc` a Z follows. Fractions have 0,
/// 3, 6 or 9 digits; years outside 0..9999 a sign and at least 4 digits. The ends of the range
/// stand for infinity, as DuckDB has it: "infinity", "-infinity".
void AppendDate(std::int32_t days, std::string* out);
void AppendTimeOfDay(std::int64_t ticks, std::int64_t ticks_per_second, std::string* out);
void AppendTimestamp(std::int64_t ticks, std::int64_t ticks_per_second, bool utc, std::string* out);

}  // namespace thalweg::formats
