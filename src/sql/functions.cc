#include "sql/functions.h"

#include <algorithm>
#include <functional>

namespace thalweg::sql {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kTableFunctions[] = {"generate_series", "range", "unnest"};

// duckdb_functions() with a stability other than CONSISTENT, and what it calls CONSISTENT although
// it reads the clock or the session. Not in it: error(), which ends the statement whenever it is
// called.
constexpr std::string_view kVolatile[] = {
    "ago",
    "current_catalog",
    "current_connection_id",
    "current_database",
    "current_date",
    "current_localtime",
    "current_localtimestamp",
    "current_query",
    "current_query_id",
    "current_schema",
    "current_schemas",
    "current_setting",
    "current_transaction_id",
    "currval",
    "gen_random_uuid",
    "get_current_time",
    "get_current_timestamp",
    "getvariable",
    "in_search_path",
    "nextval",
    "now",
    "pg_conf_load_time",
    "pg_postmaster_start_time",
    "pg_sleep",
    "random",
    "setseed",
    "sleep_ms",
    "stats",
    "today",
    "transaction_timestamp",
    "txid_current",
    "uuid",
    "uuidv4",
    "uuidv7",
    "vector_type",
    "write_log",
};

constexpr std::string_view kVolatileKeywords[] = {
    "current_catalog",   "current_date", "current_schema", "current_time",
    "current_timestamp", "localtime",    "localtimestamp",
};

struct Forbidden {
  std::string_view name;
  std::string_view why;
};
constexpr std::string_view kSession = "it shows the engine's own session";
constexpr std::string_view kSideEffect = "it changes something outside the statement";
constexpr std::string_view kCatalog = "it reads the engine's own catalog";
constexpr Forbidden kForbidden[] = {
    {"current_connection_id", kSession},
    {"current_query", kSession},
    {"current_query_id", kSession},
    {"current_transaction_id", kSession},
    {"currval", kSideEffect},
    {"format_type", kCatalog},
    {"get_block_size", kCatalog},
    {"getenv", "it reads the environment: use ${env.NAME} in the pipeline file"},
    {"json_serialize_plan", "it binds the text it is given, which may read files"},
    {"nextval", kSideEffect},
    {"pg_get_constraintdef", kCatalog},
    {"pg_get_viewdef", kCatalog},
    {"pg_sleep", "it only waits"},
    {"setseed", kSideEffect},
    {"sleep_ms", "it only waits"},
    {"stats", kSession},
    {"txid_current", kSession},
    {"vector_type", kSession},
    {"write_log", kSideEffect},
};

constexpr std::string_view kAggregates[] = {
    "any_value",
    "approx_count_distinct",
    "approx_quantile",
    "approx_top_k",
    "arbitrary",
    "arg_max",
    "arg_max_null",
    "arg_max_nulls_last",
    "arg_min",
    "arg_min_null",
    "arg_min_nulls_last",
    "argmax",
    "argmin",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bitstring_agg",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "count_if",
    "count_star",
    "countif",
    "covar_pop",
    "covar_samp",
    "cume_dist",
    "dense_rank",
    "entropy",
    "favg",
    "fill",
    "first",
    "first_value",
    "fsum",
    "geomean",
    "geometric_mean",
    "group_concat",
    "histogram",
    "histogram_exact",
    "json_group_array",
    "json_group_object",
    "json_group_structure",
    "kahan_sum",
    "kurtosis",
    "kurtosis_pop",
    "lag",
    "last",
    "last_value",
    "lead",
    "list",
    "listagg",
    "mad",
    "max",
    "max_by",
    "mean",
    "median",
    "min",
    "min_by",
    "mode",
    "nth_value",
    "ntile",
    "percent_rank",
    "product",
    "quantile",
    "quantile_cont",
    "quantile_disc",
    "rank",
    "rank_dense",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "reservoir_quantile",
    "row_number",
    "sem",
    "skewness",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "sum_no_overflow",
    "sumkahan",
    "var_pop",
    "var_samp",
    "variance",
    "wavg",
    "weighted_avg",
};

constexpr std::string_view kOrderDependent[] = {
    "any_value",
    "arbitrary",
    "array_agg",
    "first",
    "first_value",
    "group_concat",
    "json_group_array",
    "json_group_object",
    "json_group_structure",
    "last",
    "last_value",
    "list",
    "listagg",
    "string_agg",
};

constexpr std::string_view kTies[] = {
    "arg_max", "arg_max_null", "arg_max_nulls_last",
    "arg_min", "arg_min_null", "arg_min_nulls_last",
    "argmax",  "argmin",       "max_by",
    "min_by",  "mode",
};

constexpr std::string_view kApproximate[] = {"approx_quantile", "approx_top_k",
                                             "reservoir_quantile"};

constexpr std::string_view kLambdas[] = {
    "apply",      "array_apply", "array_filter", "array_reduce",   "array_transform", "filter",
    "list_apply", "list_filter", "list_reduce",  "list_transform", "reduce",
};

constexpr auto kForbiddenNames = [] {
  struct Array {
    std::string_view names[std::size(kForbidden)];
  } array{};
  for (std::size_t i = 0; i < std::size(kForbidden); ++i) array.names[i] = kForbidden[i].name;
  return array;
}();

constexpr bool Sorted(Names names) {
  return std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end();
}
static_assert(Sorted(kTableFunctions) && Sorted(kVolatile) && Sorted(kVolatileKeywords));
static_assert(Sorted(kForbiddenNames.names) && Sorted(kAggregates) && Sorted(kOrderDependent));
static_assert(Sorted(kTies) && Sorted(kApproximate) && Sorted(kLambdas));

bool Contains(Names names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name);
}

}  // namespace

bool IsAllowedTableFunction(std::string_view name) {
  return Contains(kTableFunctions, name);
}

std::string_view WhyForbidden(std::string_view name) {
  const auto it =
      std::lower_bound(std::begin(kForbidden), std::end(kForbidden), name,
                       [](const Forbidden& f, std::string_view n) { return f.name < n; });
  return it != std::end(kForbidden) && it->name == name ? it->why : std::string_view();
}

bool IsVolatile(std::string_view name) {
  return Contains(kVolatile, name);
}
bool IsVolatileKeyword(std::string_view name) {
  return Contains(kVolatileKeywords, name);
}
bool IsAggregate(std::string_view name) {
  return Contains(kAggregates, name);
}
bool DependsOnOrder(std::string_view name) {
  return Contains(kOrderDependent, name);
}
bool DependsOnTies(std::string_view name) {
  return Contains(kTies, name);
}
bool IsApproximate(std::string_view name) {
  return Contains(kApproximate, name);
}
bool TakesLambda(std::string_view name) {
  return Contains(kLambdas, name);
}

Names VolatileFunctions() {
  return kVolatile;
}
Names ForbiddenFunctions() {
  return kForbiddenNames.names;
}
Names AggregateFunctions() {
  return kAggregates;
}

}  // namespace thalweg::sql
