#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/time_text.h"

namespace thalweg::formats {

/// A strptime form, taken apart once. As in DuckDB:
///   %Y year  %y two digits, 69..99 are 19xx  %m %d %H %I %M %S numbers  %b %B month, %a %A day of
///   the week, by name in English %p AM or PM  %j day of the year  %f fraction of a second  %g
///   milliseconds  %n nanoseconds  %z "+02", "+0200", "+02:00" or Z %Z UTC, GMT or Z  %s seconds
///   since 1970  %% itself; %-d and so on are the same as %d.
/// Numbers may lack leading zeros. Any other character stands for itself; a blank for any number of
/// blanks.
class TimeFormat {
 public:
  /// kInvalid with the specifier that is not known.
  static Result<TimeFormat> Compile(std::string_view form);

  /// False: the text has another form. Values are checked against the calendar by DaysOf and
  /// TicksOf.
  bool Parse(std::string_view text, CivilTime* out) const;
  const std::string& form() const { return form_; }

 private:
  struct Item {
    char specifier = '\0';  ///< '\0': a literal
    char literal = '\0';
  };
  std::string form_;
  std::vector<Item> items_;
};

}  // namespace thalweg::formats
