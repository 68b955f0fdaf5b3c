#pragma once

#include <span>
#include <string>
#include <string_view>

namespace thalweg::sql {

/// What the portable profile knows of Apache Spark (with its settings, docs/specs/sql-profile.md):
/// plain tables, so that a new fact is a new line. Where two engines read a text alike, nothing is
/// listed.
struct SparkDifference {
  enum class Kind {
    kMissing,  ///< Spark cannot read it
    kDiffers,  ///< Spark reads it and gives something else
    kType,     ///< the same values, of another type
  };
  std::string_view
      name;  ///< what this is about: lower-case function, upper-case type, or construct
  Kind kind = Kind::kMissing;
  std::string_view message;
  std::string_view both;   ///< how to write it so that both engines agree; may be empty
  std::string_view spark;  ///< else: how Spark writes it; may be empty
};

/// "not-on-spark", "differs-on-spark", "type-differs-on-spark".
std::string_view Slug(const SparkDifference& difference);
/// The rewrite, or the advice to give each engine its own text.
std::string Help(const SparkDifference& difference);

/// A function or operator by DuckDB's lower-case name; null: not listed.
const SparkDifference* FindFunctionDifference(std::string_view name);
/// Spark has a function of this name that does the same.
bool IsPortableFunction(std::string_view name);
/// A type by its upper-case name as written; null: portable, or not known.
const SparkDifference* FindTypeDifference(std::string_view name);
/// One of the constructs below; the name must be listed.
const SparkDifference& ConstructDifference(std::string_view name);

/// For the test that compares with the library's list of functions.
std::span<const SparkDifference> FunctionDifferences();
std::span<const std::string_view> PortableFunctions();

}  // namespace thalweg::sql
