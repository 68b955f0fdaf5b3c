#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "component/fields.h"

namespace thalweg::operators {

struct HoppingOptions {
  component::Duration size{}, every{};
  static component::OptionsOf<HoppingOptions> Describe();
};
struct SessionOptions {
  component::Duration gap{};
  static component::OptionsOf<SessionOptions> Describe();
};
struct KapacitorOptions {
  component::Duration period{}, every{};
  bool fill_period = false;
  std::string period_column, every_column;
  static component::OptionsOf<KapacitorOptions> Describe();
};

/// How rows are gathered by event time. Exactly one form is given.
struct WindowOptions {
  std::optional<component::Duration> tumbling;
  std::optional<HoppingOptions> hopping;
  std::optional<SessionOptions> session;
  std::optional<KapacitorOptions> kapacitor;
  static component::OptionsOf<WindowOptions> Describe();
  /// One form, positive lengths.
  Status Check() const;
};

}  // namespace thalweg::operators
