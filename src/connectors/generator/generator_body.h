#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "component/fields.h"
#include "data/types.h"

namespace thalweg::connectors {

/// How the values of one column come about: exactly one key.
struct GeneratedColumn {
  std::optional<std::int64_t> sequence;

  struct Key {
    std::int64_t count = 0;
    std::string skew = "uniform";
    static component::OptionsOf<Key> Describe();
  };
  std::optional<Key> key;

  struct Range {
    component::Scalar min, max;
    static component::OptionsOf<Range> Describe();
  };
  std::optional<Range> uniform;

  std::optional<std::vector<std::string>> choice;

  struct Time {
    std::string start = "1970-01-01T00:00:00Z";
    component::Duration step{0};
    component::Duration jitter{0};
    static component::OptionsOf<Time> Describe();
    std::int64_t start_us = 0;  ///< filled by Check
  };
  std::optional<Time> time;

  std::optional<std::string> text;
  std::optional<bool> stamp;

  static component::OptionsOf<GeneratedColumn> Describe();

  /// Filled by Check.
  enum class Kind { kSequence, kKey, kIntegers, kReals, kChoice, kTime, kText, kStamp };
  Kind kind = Kind::kSequence;
  std::int64_t least = 0, most = 0;      ///< kIntegers
  double real_least = 0, real_most = 0;  ///< kReals
  /// kText: in turn a text and the number of an earlier column (-1: the row's number, -2: nothing).
  std::vector<std::pair<std::string, int>> pieces;

  std::string type() const;
};

/// The body of a source with the key `generator`.
struct GeneratorBody {
  component::NamedList<GeneratedColumn> generator;
  std::optional<std::int64_t> rows;
  std::optional<double> rate;
  std::int64_t seed = 0;

  static component::OptionsOf<GeneratorBody> Describe();
  bool Check(const component::Value& body, Diagnostics& diagnostics);

  data::Columns columns() const;
  bool deterministic() const;  ///< no column carries the wall clock
};

}  // namespace thalweg::connectors
