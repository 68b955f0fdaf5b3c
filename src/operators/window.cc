#include "operators/window.h"

#include <fmt/format.h>

#include "operators/columns.h"

namespace thalweg::operators {

namespace {

/// A row in so many windows costs about a second.
constexpr std::int64_t kMostWindows = 100'000;

}  // namespace

using component::OptionsOf;

OptionsOf<HoppingOptions> HoppingOptions::Describe() {
  return OptionsOf<HoppingOptions>("hopping",
                                   "Windows of one size that begin at every multiple of a step.")
      .Field("size", &HoppingOptions::size,
             {.doc = "Length of a window.", .example = "1m", .required = true})
      .Field(
          "every", &HoppingOptions::every,
          {.doc =
               "Distance of two windows. Longer than the size: rows between windows are in none.",
           .example = "10s",
           .required = true});
}

OptionsOf<SessionOptions> SessionOptions::Describe() {
  return OptionsOf<SessionOptions>(
             "session", "Windows that last as long as rows of a key follow one another closely.")
      .Field("gap", &SessionOptions::gap,
             {.doc = "A window ends when so much time passes without a row.",
              .example = "30m",
              .required = true})
      .Shorthand("gap");
}

OptionsOf<KapacitorOptions> KapacitorOptions::Describe() {
  return OptionsOf<KapacitorOptions>(
             "kapacitor",
             "Windows aligned to the first row of each key, as Kapacitor's window node has them.")
      .Field("period", &KapacitorOptions::period,
             {.doc = "Length of a window.", .example = "10s", .required = true})
      .Field("every", &KapacitorOptions::every,
             {.doc = "Distance of two emissions.", .example = "10s", .required = true})
      .Field("fill_period", &KapacitorOptions::fill_period,
             {.doc = "Whether the first emission waits for a whole period instead of one step.",
              .default_text = "false"})
      .Field("period_column", &KapacitorOptions::period_column,
             {.doc = "A duration column, or an integer column of nanoseconds, that replaces the "
                     "period from its row on."})
      .Field("every_column", &KapacitorOptions::every_column,
             {.doc = "A duration column, or an integer column of nanoseconds, that replaces the "
                     "step from its row on. A row whose period is more than 10000 of its "
                     "steps, and more than the options themselves ask for, is a reject."});
}

OptionsOf<WindowOptions> WindowOptions::Describe() {
  return OptionsOf<WindowOptions>("window",
                                  "How rows are gathered by event time. Give exactly one form.")
      .Field("tumbling", &WindowOptions::tumbling,
             {.doc = "Windows of this length, one after the other, aligned to 1970-01-01 UTC.",
              .example = "10s"})
      .Field("hopping", &WindowOptions::hopping,
             {.doc = "Overlapping windows, aligned to 1970-01-01 UTC."})
      .Field("session", &WindowOptions::session,
             {.doc = "Windows that end with a pause.", .example = "30m"})
      .Field("kapacitor", &WindowOptions::kapacitor,
             {.doc = "Windows aligned to the first row of a key."});
}

Status WindowOptions::Check() const {
  const int forms = int{tumbling.has_value()} + int{hopping.has_value()} +
                    int{session.has_value()} + int{kapacitor.has_value()};
  if (forms != 1) {
    return UserError("bad-window",
                     "a window has exactly one form: tumbling, hopping, session or kapacitor");
  }
  const auto positive = [](component::Duration duration) { return duration.count() > 0; };
  const bool good = (!tumbling || positive(*tumbling)) &&
                    (!hopping || (positive(hopping->size) && positive(hopping->every))) &&
                    (!session || positive(session->gap)) &&
                    (!kapacitor || (positive(kapacitor->period) && positive(kapacitor->every)));
  if (!good) return UserError("bad-window", "the lengths of a window must be positive");
  const auto share = [](component::Duration length, component::Duration every) {
    return length.count() / every.count();
  };
  const std::int64_t windows = hopping     ? share(hopping->size, hopping->every)
                               : kapacitor ? share(kapacitor->period, kapacitor->every)
                                           : 1;
  if (windows > kMostWindows) {
    return UserError("bad-window", fmt::format("each row would be in {} windows, and {} is the "
                                               "most: make every longer",
                                               windows, kMostWindows));
  }
  return {};
}

}  // namespace thalweg::operators
