#include "sql/functions.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ascii.h"
#include "duckdb/database.h"
#include "sql/spark_differences.h"

namespace thalweg::sql {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

std::set<std::string> Fetch(const std::string& sql) {
  duckdb::DatabaseOptions options;
  options.threads = 1;
  const auto database = duckdb::Database::Open(options).value();
  const auto connection = database->Connect().value();
  std::set<std::string> names;
  for (const auto& row : connection->Fetch(sql).value()) names.insert(ToLower(row[0].value_or("")));
  return names;
}

std::set<std::string> AllNames() {
  return Fetch("SELECT function_name FROM duckdb_functions()");
}

// When DuckDB is updated and this fails: add the function, and raise kProfileVersion.
TEST(Functions, VolatileOnesAreThoseOfTheLibrary) {
  const std::set<std::string> known(VolatileFunctions().begin(), VolatileFunctions().end());
  std::set<std::string> of_library =
      Fetch("SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'");
  of_library.erase("error");
  for (const std::string& name : of_library) EXPECT_THAT(known, Contains(name));
  // Macros have no stability: look for what they call.
  for (const std::string& name : of_library) {
    for (const std::string& macro :
         Fetch("SELECT function_name FROM duckdb_functions() WHERE function_type = 'macro' AND "
               "regexp_matches(macro_definition, '(^|[^a-z_])" +
               name + "([^a-z_]|$)')")) {
      EXPECT_THAT(known, Contains(macro)) << "calls " << name;
    }
  }
}

TEST(Functions, AggregatesAreThoseOfTheLibrary) {
  const std::set<std::string> known(AggregateFunctions().begin(), AggregateFunctions().end());
  for (const std::string& name :
       Fetch("SELECT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'")) {
    EXPECT_THAT(known, Contains(name));
  }
}

TEST(Functions, ListsNameOnlyWhatExists) {
  const std::set<std::string> all = AllNames();
  for (const std::string_view name : VolatileFunctions())
    EXPECT_THAT(all, Contains(std::string(name)));
  for (const std::string_view name : AggregateFunctions())
    EXPECT_THAT(all, Contains(std::string(name)));
  for (const std::string_view name : PortableFunctions())
    EXPECT_THAT(all, Contains(std::string(name)));
  for (const SparkDifference& difference : FunctionDifferences()) {
    EXPECT_THAT(all, Contains(std::string(difference.name)));
    EXPECT_FALSE(IsPortableFunction(difference.name)) << difference.name;
  }
  for (const std::string_view name : ForbiddenFunctions()) {
    if (name == "getenv") continue;  // only in the shell of DuckDB
    EXPECT_THAT(all, Contains(std::string(name)));
  }
}

// Whatever reads files or the engine's state by name must not be among the table functions that are
// allowed.
TEST(Functions, AllowedTableFunctions) {
  std::set<std::string> allowed;
  for (const std::string& name :
       Fetch("SELECT function_name FROM duckdb_functions() "
             "WHERE function_type IN ('table', 'table_macro', 'pragma')")) {
    if (IsAllowedTableFunction(name)) allowed.insert(name);
  }
  EXPECT_EQ(allowed, (std::set<std::string>{"generate_series", "range", "unnest"}));
}

}  // namespace
}  // namespace thalweg::sql
