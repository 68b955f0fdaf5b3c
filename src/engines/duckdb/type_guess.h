#pragma once

#include <string>
#include <string_view>

namespace thalweg::engines {

/// The type of a column of texts that nobody declared: the first of boolean, bigint, double, date,
/// timestamp, timestamptz and time that every text of a sample is, else varchar. What could be a
/// code stays a text: digits with a zero in front, whole numbers that no bigint holds, dates that
/// are not ISO 8601.
class TypeGuess {
 public:
  /// A text that is not null.
  void Add(std::string_view text);
  std::string Type() const;

 private:
  struct Kinds {
    bool boolean = true, bigint = true, number = true, date = true, time = true, naive = true,
         instant = true;
  };
  static Kinds KindsOf(std::string_view text);

  Kinds kinds_;
  bool any_ = false;
};

}  // namespace thalweg::engines
