#include "formats/time_format.h"

#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/ascii.h"
#include "formats/number_text.h"

namespace thalweg::formats {
namespace {

constexpr std::string_view kSpecifiers = "YymdHIMSbBaApjfgnzZs";
constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

/// What a form can say beside a CivilTime.
struct Extras {
  int half_day = -1;  ///< 0 AM, 1 PM
  int day_of_year = -1;
  bool twelve_hours = false;
  bool since_epoch = false;
  std::int64_t epoch_seconds = 0;
};

class FormParser {
 public:
  FormParser(std::string_view text, CivilTime* out) : text_(text), out_(*out) {}

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  }
  bool TakeLiteral(char c) { return at_ < text_.size() && text_[at_] == c && (++at_, true); }
  bool done() const { return at_ == text_.size(); }

  bool Take(char specifier) {
    switch (specifier) {
      case 'Y':
        return TakeYear();
      case 'y':
        return TakeShortYear();
      case 'm':
        return TakeNumber(2, &out_.month);
      case 'd':
        return TakeNumber(2, &out_.day);
      case 'H':
        return out_.has_time = true, TakeNumber(2, &out_.hour);
      case 'I':
        return out_.has_time = extras_.twelve_hours = true, TakeNumber(2, &out_.hour);
      case 'M':
        return out_.has_time = true, TakeNumber(2, &out_.minute);
      case 'S':
        return out_.has_time = true, TakeNumber(2, &out_.second);
      case 'f':
      case 'g':
      case 'n':
        return out_.has_time = true, TakeFraction(specifier);
      case 'j':
        return TakeNumber(3, &extras_.day_of_year);
      case 'b':
      case 'B':
        return TakeName(kMonths, specifier == 'b', 1, &out_.month);
      case 'a':
      case 'A':
        return TakeName(kWeekdays, specifier == 'a', 0, &weekday_);
      case 'p':
        return TakeHalfDay();
      case 'z':
        return TakeOffset();
      case 'Z':
        return TakeZone();
      default:
        return TakeEpoch();
    }
  }

  /// Brings the parts together once the text was read.
  bool Finish() {
    if (extras_.twelve_hours || extras_.half_day >= 0) {
      if (out_.hour < 1 || out_.hour > 12) return false;
      out_.hour = out_.hour % 12 + (extras_.half_day == 1 ? 12 : 0);
    }
    if (extras_.day_of_year >= 0 && !ApplyDayOfYear()) return false;
    if (extras_.since_epoch) ApplyEpoch();
    return true;
  }

 private:
  bool TakeNumber(int most, int* out) {
    int count = 0, value = 0;
    for (; count < most && at_ < text_.size() && IsDigit(text_[at_]); ++count, ++at_) {
      value = value * 10 + (text_[at_] - '0');
    }
    *out = value;
    return count > 0;
  }
  bool TakeYear() {
    const bool negative = TakeLiteral('-');
    int year = 0;
    if (!TakeNumber(4, &year)) return false;
    out_.year = negative ? -year : year;
    return true;
  }
  bool TakeShortYear() {
    int year = 0;
    if (!TakeNumber(2, &year)) return false;
    out_.year = year + (year < 69 ? 2000 : 1900);
    return true;
  }
  bool TakeFraction(char specifier) {
    const int most = specifier == 'f' ? 6 : specifier == 'g' ? 3 : 9;
    const std::size_t begin = at_;
    int value = 0;
    if (!TakeNumber(most, &value)) return false;
    for (std::size_t digits = at_ - begin; digits < 9; ++digits) value *= 10;
    out_.nanosecond = value;
    return true;
  }
  template <std::size_t N>
  bool TakeName(const std::array<std::string_view, N>& names, bool brief, int first, int* out) {
    for (std::size_t i = 0; i < N; ++i) {
      const std::string_view name = brief ? names[i].substr(0, 3) : names[i];
      if (!TakeFolded(name)) continue;
      *out = static_cast<int>(i) + first;
      return true;
    }
    return false;
  }
  bool TakeFolded(std::string_view lower) {
    if (!EqualIgnoringCase(text_.substr(at_, lower.size()), lower)) return false;
    at_ += lower.size();
    return true;
  }
  bool TakeHalfDay() {
    extras_.half_day = TakeFolded("am") ? 0 : TakeFolded("pm") ? 1 : -1;
    return extras_.half_day >= 0;
  }
  bool TakeZone() {
    out_.has_offset = true;
    return TakeFolded("utc") || TakeFolded("gmt") || TakeFolded("z");
  }
  bool TakeOffset() {
    out_.has_offset = true;
    if (TakeFolded("z")) return true;
    const bool negative = at_ < text_.size() && text_[at_] == '-';
    if (!negative && (at_ == text_.size() || text_[at_] != '+')) return false;
    ++at_;
    const std::size_t begin = at_;
    int hours = 0, minutes = 0;
    if (!TakeNumber(2, &hours) || at_ - begin != 2) return false;
    if (at_ < text_.size() && (text_[at_] == ':' || IsDigit(text_[at_]))) {
      TakeLiteral(':');
      const std::size_t second = at_;
      if (!TakeNumber(2, &minutes) || at_ - second != 2) return false;
    }
    if (hours > 18 || minutes > 59) return false;
    out_.offset_seconds = (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
    return true;
  }
  bool TakeEpoch() {
    std::size_t end = at_;
    if (end < text_.size() && text_[end] == '-') ++end;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    constexpr std::int64_t kFarthest = std::int64_t{1}
                                       << 44;  // beyond every date that a column holds
    if (ParseInteger(text_.substr(at_, end - at_), -kFarthest, kFarthest, &extras_.epoch_seconds) !=
        NumberError::kNone) {
      return false;
    }
    at_ = end;
    return extras_.since_epoch = out_.has_time = out_.has_offset = true;
  }
  bool ApplyDayOfYear() {
    using std::chrono::days;
    if (extras_.day_of_year < 1 || extras_.day_of_year > 366) return false;
    if (out_.year < -32'000 || out_.year > 32'000) return false;
    const std::chrono::year year(static_cast<int>(out_.year));
    const auto first = std::chrono::sys_days(year / 1 / 1);
    const std::chrono::year_month_day date(first + days(extras_.day_of_year - 1));
    if (date.year() != year) return false;
    out_.month = static_cast<int>(unsigned{date.month()});
    out_.day = static_cast<int>(unsigned{date.day()});
    return true;
  }
  /// Says the instant as a distance from 1970, which TicksOf adds up again.
  void ApplyEpoch() {
    const int nanosecond = out_.nanosecond;
    out_ = CivilTime();
    out_.nanosecond = nanosecond;
    out_.offset_seconds = -extras_.epoch_seconds;
    out_.has_time = out_.has_offset = true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  CivilTime& out_;
  Extras extras_;
  int weekday_ = 0;  // read over: the date decides
};

}  // namespace

Result<TimeFormat> TimeFormat::Compile(std::string_view form) {
  TimeFormat compiled;
  compiled.form_ = std::string(form);
  bool any = false;
  for (std::size_t at = 0; at < form.size(); ++at) {
    Item item;
    if (form[at] != '%') {
      item.literal = form[at];
    } else if (at + 1 < form.size() && form[at + 1] == '%') {
      item.literal = form[++at];
    } else {
      if (at + 1 < form.size() && form[at + 1] == '-') ++at;
      item.specifier = at + 1 < form.size() ? form[++at] : '\0';
      if (item.specifier == '\0' || kSpecifiers.find(item.specifier) == std::string_view::npos) {
        return Status::Invalid(fmt::format("a date form has a part that is not known form=\"{}\" "
                                           "part=%{}",
                                           form, item.specifier == '\0' ? ' ' : item.specifier))
            .WithSlug("bad-date-form")
            .WithHint("parts are %Y %y %m %d %b %B %a %A %j %H %I %p %M %S %f %g %n %z %Z %s %%");
      }
      any = true;
    }
    compiled.items_.push_back(item);
  }
  if (!any) {
    return Status::Invalid(fmt::format("a date form has no parts form=\"{}\"", form))
        .WithSlug("bad-date-form")
        .WithHint("write for example \"%d.%m.%Y\"");
  }
  return compiled;
}

bool TimeFormat::Parse(std::string_view text, CivilTime* out) const {
  *out = CivilTime();
  FormParser parser(TrimBlanks(text), out);
  for (const Item& item : items_) {
    if (item.specifier != '\0') {
      if (!parser.Take(item.specifier)) return false;
    } else if (IsBlank(item.literal)) {
      parser.SkipBlanks();
    } else if (!parser.TakeLiteral(item.literal)) {
      return false;
    }
  }
  return parser.done() && parser.Finish();
}

}  // namespace thalweg::formats
