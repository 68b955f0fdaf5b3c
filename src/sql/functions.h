#pragma once

#include <span>
#include <string_view>

namespace thalweg::sql {

/// What the profile says of DuckDB's functions, by lower-case name. Constants, so that starting
/// costs nothing; a test compares them with the library's own list.

/// Table functions that may stand in FROM: range, generate_series, unnest.
bool IsAllowedTableFunction(std::string_view name);

/// Why a function must not be called; empty: it may.
std::string_view WhyForbidden(std::string_view name);

/// Its value depends on the moment, chance or the session.
bool IsVolatile(std::string_view name);
/// The same, of names that are written without parentheses: current_date.
bool IsVolatileKeyword(std::string_view name);

bool IsAggregate(std::string_view name);
/// An aggregate whose value depends on the order of the rows, unless it has an ORDER BY.
bool DependsOnOrder(std::string_view name);
/// An aggregate that picks one of several rows with equal keys: arg_max, mode.
bool DependsOnTies(std::string_view name);
/// An aggregate whose error depends on how rows are split among threads.
bool IsApproximate(std::string_view name);
/// Takes functions as arguments: list_transform(l, x -> x + 1).
bool TakesLambda(std::string_view name);

/// For the test that compares.
std::span<const std::string_view> VolatileFunctions();
std::span<const std::string_view> ForbiddenFunctions();
std::span<const std::string_view> AggregateFunctions();

}  // namespace thalweg::sql
