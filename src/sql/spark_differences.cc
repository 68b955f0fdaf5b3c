#include "sql/spark_differences.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/status.h"

namespace thalweg::sql {
namespace {

using Kind = SparkDifference::Kind;
constexpr Kind kMissing = Kind::kMissing;
constexpr Kind kDiffers = Kind::kDiffers;
constexpr Kind kType = Kind::kType;

// clang-format off
constexpr SparkDifference kFunctions[] = {
    {"!__postfix", kMissing, "the factorial sign ! does not exist on Spark", "factorial(x)", ""},
    {"&&", kMissing, "&& on lists does not exist on Spark", "", "arrays_overlap(a, b)"},
    {"**", kMissing, "** does not exist on Spark", "power(a, b)", ""},
    {"->>", kMissing, "->> does not exist on Spark", "", "get_json_object(x, '$.key')"},
    {"//", kMissing, "integer division // does not exist on Spark", "", "a DIV b"},
    {"<->", kMissing, "<-> does not exist on Spark", "", ""},
    {"<=>", kDiffers, "<=> is a distance here, and equality of NULLs on Spark", "", ""},
    {"<@", kMissing, "<@ does not exist on Spark", "", ""},
    {"@", kMissing, "@ does not exist on Spark", "abs(x)", ""},
    {"@>", kMissing, "@> does not exist on Spark", "", ""},
    {"^", kDiffers, "^ is a power here, and a bitwise XOR on Spark", "power(a, b)", ""},
    {"^@", kMissing, "^@ does not exist on Spark", "left(x, length(p)) = p", "startswith(x, p)"},
    {"approx_quantile", kMissing, "approx_quantile() does not exist on Spark", "", "approx_percentile(x, p)"},
    {"arbitrary", kMissing, "arbitrary() does not exist on Spark", "any_value(x)", ""},
    {"arg_max", kMissing, "arg_max() does not exist on Spark", "max_by(x, key) FILTER (WHERE x IS NOT NULL)", ""},
    {"arg_min", kMissing, "arg_min() does not exist on Spark", "min_by(x, key) FILTER (WHERE x IS NOT NULL)", ""},
    {"argmax", kMissing, "argmax() does not exist on Spark", "max_by(x, key) FILTER (WHERE x IS NOT NULL)", ""},
    {"argmin", kMissing, "argmin() does not exist on Spark", "min_by(x, key) FILTER (WHERE x IS NOT NULL)", ""},
    {"array_agg", kDiffers, "array_agg() leaves NULLs out on Spark", "array_agg(x) FILTER (WHERE x IS NOT NULL)", ""},
    {"array_length", kMissing, "array_length() does not exist on Spark", "", "array_size(x)"},
    {"array_to_string", kMissing, "array_to_string() does not exist on Spark", "", "array_join(x, ',')"},
    {"concat", kDiffers, "concat() skips NULLs here, and is NULL on Spark", "a || b, or coalesce(a, '') || coalesce(b, '')", ""},
    {"countif", kMissing, "countif() does not exist on Spark", "count_if(x)", ""},
    {"date_add", kDiffers, "date_add() takes an interval here, and days on Spark", "CAST(x + INTERVAL 1 DAY AS DATE)", ""},
    {"date_diff", kMissing, "date_diff('day', a, b) does not exist on Spark", "", "datediff(DAY, a, b)"},
    {"date_sub", kDiffers, "date_sub() counts parts here, and subtracts days on Spark", "", ""},
    {"date_trunc", kType, "date_trunc() gives another type on Spark", "CAST(date_trunc('day', x) AS TIMESTAMP)", ""},
    {"datediff", kDiffers, "datediff() takes its unit as text here, and as a word on Spark", "", "datediff(DAY, a, b)"},
    {"dayname", kDiffers, "dayname() is Monday here, and Mon on Spark", "left(dayname(x), 3)", ""},
    {"dayofweek", kDiffers, "dayofweek() counts from Sunday = 0 here, and from Sunday = 1 on Spark", "", "dayofweek(x) - 1"},
    {"decode", kDiffers, "decode() takes a character set on Spark", "", ""},
    {"encode", kDiffers, "encode() takes a character set on Spark", "", ""},
    {"ends_with", kMissing, "ends_with() does not exist on Spark", "right(x, length(p)) = p", "endswith(x, p)"},
    {"epoch", kMissing, "epoch() does not exist on Spark", "", "unix_timestamp(x)"},
    {"epoch_ms", kMissing, "epoch_ms() does not exist on Spark", "", "unix_millis(x)"},
    {"epoch_us", kMissing, "epoch_us() does not exist on Spark", "", "unix_micros(x)"},
    {"error", kMissing, "error() does not exist on Spark", "", "raise_error(text)"},
    {"format", kMissing, "format() does not exist on Spark", "", "format_string(text, ...)"},
    {"from_base64", kMissing, "from_base64() does not exist on Spark", "", "unbase64(x)"},
    {"from_json", kDiffers, "from_json() takes another kind of schema on Spark", "", ""},
    {"generate_series", kMissing, "generate_series() does not exist on Spark", "", "sequence(a, b)"},
    {"group_concat", kMissing, "group_concat() does not exist on Spark", "string_agg(x, ',')", ""},
    {"hash", kDiffers, "hash() gives other numbers on Spark", "md5(x)", ""},
    {"histogram", kMissing, "histogram() does not exist on Spark", "", ""},
    {"isodow", kMissing, "isodow() does not exist on Spark", "", "weekday(x) + 1"},
    {"json_extract", kMissing, "json_extract() does not exist on Spark", "", "get_json_object(x, '$.key')"},
    {"json_extract_string", kMissing, "json_extract_string() does not exist on Spark", "", "get_json_object(x, '$.key')"},
    {"json_group_array", kMissing, "json_group_array() does not exist on Spark", "", "to_json(collect_list(x))"},
    {"json_value", kMissing, "json_value() does not exist on Spark", "", "get_json_object(x, '$.key')"},
    {"kurtosis", kDiffers, "kurtosis() is corrected for the sample here, but not on Spark", "", "kurtosis(x) for kurtosis_pop(x)"},
    {"list", kMissing, "list() does not exist on Spark", "array_agg(x) FILTER (WHERE x IS NOT NULL)", ""},
    {"list_contains", kMissing, "list_contains() does not exist on Spark", "array_contains(l, x)", ""},
    {"list_distinct", kMissing, "list_distinct() does not exist on Spark", "", "array_distinct(l)"},
    {"list_filter", kMissing, "list_filter() does not exist on Spark", "", "filter(l, x -> ...)"},
    {"list_reduce", kMissing, "list_reduce() does not exist on Spark", "", "reduce(l, start, (a, b) -> ...)"},
    {"list_sort", kMissing, "list_sort() does not exist on Spark", "", "sort_array(l)"},
    {"list_transform", kMissing, "list_transform() does not exist on Spark", "", "transform(l, x -> ...)"},
    {"list_value", kMissing, "list_value() does not exist on Spark", "", "array(a, b)"},
    {"log", kDiffers, "log(x) is the decimal logarithm here, and the natural one on Spark", "log10(x) or ln(x)", ""},
    {"make_timestamptz", kMissing, "make_timestamptz() does not exist on Spark", "", "make_timestamp_ltz(...)"},
    {"map", kDiffers, "map() takes lists of keys and values here, and pairs on Spark", "", "map_from_arrays(k, v)"},
    {"max_by", kDiffers, "max_by() skips rows whose value is NULL here, but not on Spark", "max_by(x, key) FILTER (WHERE x IS NOT NULL)", ""},
    {"min_by", kDiffers, "min_by() skips rows whose value is NULL here, but not on Spark", "min_by(x, key) FILTER (WHERE x IS NOT NULL)", ""},
    {"monthname", kDiffers, "monthname() is January here, and Jan on Spark", "left(monthname(x), 3)", ""},
    {"quantile", kMissing, "quantile() does not exist on Spark", "percentile_disc(p) WITHIN GROUP (ORDER BY x)", ""},
    {"quantile_cont", kMissing, "quantile_cont() does not exist on Spark", "percentile_cont(p) WITHIN GROUP (ORDER BY x)", ""},
    {"quantile_disc", kMissing, "quantile_disc() does not exist on Spark", "percentile_disc(p) WITHIN GROUP (ORDER BY x)", ""},
    {"range", kMissing, "range() as a list does not exist on Spark", "", "sequence(a, b - 1)"},
    {"regexp_extract", kDiffers, "regexp_extract() takes group 0 here and group 1 on Spark, and other escapes", "", "regexp_extract(x, r, 0)"},
    {"regexp_extract_all", kDiffers, "regexp_extract_all() takes group 0 here and group 1 on Spark", "", "regexp_extract_all(x, r, 0)"},
    {"regexp_full_match", kMissing, "regexp_full_match() does not exist on Spark", "", "x RLIKE '^(...)$'"},
    {"regexp_matches", kMissing, "regexp_matches() does not exist on Spark", "", "regexp_like(x, r)"},
    {"regexp_replace", kDiffers, "regexp_replace() changes the first match here, and all on Spark; groups are \\1 here and $1 on Spark", "", ""},
    {"row", kMissing, "row() does not exist on Spark", "", "struct(a, b)"},
    {"sha256", kMissing, "sha256() does not exist on Spark", "", "sha2(x, 256)"},
    {"skewness", kDiffers, "skewness() is corrected for the sample here, but not on Spark", "", ""},
    {"split", kDiffers, "split() takes a text here, and a regular expression on Spark", "", ""},
    {"sqrt", kDiffers, "sqrt() of a negative number is an error here, and NaN on Spark", "CASE WHEN x >= 0 THEN power(x, 0.5) END", ""},
    {"starts_with", kMissing, "starts_with() does not exist on Spark", "left(x, length(p)) = p", "startswith(x, p)"},
    {"strftime", kMissing, "strftime() does not exist on Spark", "", "date_format(x, 'yyyy-MM-dd')"},
    {"string_agg", kDiffers, "string_agg() is ordered in another way on Spark", "", "listagg(x, ',') WITHIN GROUP (ORDER BY key)"},
    {"string_split", kMissing, "string_split() does not exist on Spark", "split_part(x, sep, n) for one part", "split(x, regex)"},
    {"strlen", kMissing, "strlen() does not exist on Spark", "octet_length(x)", ""},
    {"strpos", kMissing, "strpos() does not exist on Spark", "instr(x, part)", ""},
    {"strptime", kMissing, "strptime() does not exist on Spark", "", "to_timestamp(x, 'yyyy-MM-dd HH:mm:ss')"},
    {"struct_pack", kMissing, "struct_pack() does not exist on Spark", "", "named_struct('a', x)"},
    {"suffix", kMissing, "suffix() does not exist on Spark", "right(x, length(p)) = p", "endswith(x, p)"},
    {"time_bucket", kMissing, "time_bucket() does not exist on Spark", "date_trunc for whole units", "window(x, '10 minutes').start"},
    {"to_base64", kMissing, "to_base64() does not exist on Spark", "", "base64(x)"},
    {"to_timestamp", kDiffers, "to_timestamp() takes seconds here, and a text on Spark", "", "timestamp_seconds(x)"},
    {"today", kMissing, "today() does not exist on Spark", "current_date", ""},
    {"trunc", kDiffers, "trunc() is for numbers here, and for dates on Spark", "CASE WHEN x < 0 THEN ceil(x) ELSE floor(x) END", ""},
    {"try_strptime", kMissing, "try_strptime() does not exist on Spark", "", "try_to_timestamp(x, 'yyyy-MM-dd HH:mm:ss')"},
    {"typeof", kDiffers, "typeof() names types in another way on Spark", "", ""},
    {"unnest", kMissing, "unnest() does not exist on Spark", "", "explode(x)"},
    {"version", kDiffers, "version() is that of the engine", "", ""},
    {"week", kMissing, "week() does not exist on Spark", "weekofyear(x)", ""},
    {"weekday", kDiffers, "weekday() counts from Sunday here, and from Monday on Spark", "", ""},
    {"xor", kMissing, "xor() does not exist on Spark", "", "a ^ b"},
    {"~~~", kMissing, "GLOB does not exist on Spark", "x LIKE 'a%'", ""},
};

constexpr SparkDifference kTypes[] = {
    {"BIGNUM", kMissing, "the type BIGNUM does not exist on Spark", "DECIMAL(38,0)", ""},
    {"BIT", kMissing, "the type BIT does not exist on Spark", "", ""},
    {"BITSTRING", kMissing, "the type BITSTRING does not exist on Spark", "", ""},
    {"BLOB", kMissing, "the type BLOB does not exist on Spark", "BINARY", ""},
    {"BOOL", kMissing, "the type BOOL does not exist on Spark", "BOOLEAN", ""},
    {"BPCHAR", kMissing, "the type BPCHAR does not exist on Spark", "STRING", ""},
    {"BYTEA", kMissing, "the type BYTEA does not exist on Spark", "BINARY", ""},
    {"CHAR", kDiffers, "CHAR needs a length on Spark, and fills up to it", "STRING", ""},
    {"DATETIME", kMissing, "the type DATETIME does not exist on Spark", "TIMESTAMP", ""},
    {"ENUM", kMissing, "the type ENUM does not exist on Spark", "STRING", ""},
    {"FLOAT4", kMissing, "the type FLOAT4 does not exist on Spark", "FLOAT", ""},
    {"FLOAT8", kMissing, "the type FLOAT8 does not exist on Spark", "DOUBLE", ""},
    {"GUID", kMissing, "the type GUID does not exist on Spark", "STRING", ""},
    {"HUGEINT", kMissing, "the type HUGEINT does not exist on Spark", "DECIMAL(38,0)", ""},
    {"INT1", kMissing, "the type INT1 does not exist on Spark", "TINYINT", ""},
    {"INT128", kMissing, "the type INT128 does not exist on Spark", "DECIMAL(38,0)", ""},
    {"INT16", kMissing, "the type INT16 does not exist on Spark", "SMALLINT", ""},
    {"INT2", kMissing, "the type INT2 does not exist on Spark", "SMALLINT", ""},
    {"INT32", kMissing, "the type INT32 does not exist on Spark", "INTEGER", ""},
    {"INT4", kMissing, "the type INT4 does not exist on Spark", "INTEGER", ""},
    {"INT64", kMissing, "the type INT64 does not exist on Spark", "BIGINT", ""},
    {"INT8", kMissing, "the type INT8 does not exist on Spark", "BIGINT", ""},
    {"INTEGRAL", kMissing, "the type INTEGRAL does not exist on Spark", "INTEGER", ""},
    {"JSON", kMissing, "the type JSON does not exist on Spark", "STRING", ""},
    {"LIST", kMissing, "the type LIST does not exist on Spark", "", "ARRAY<type>"},
    {"LOGICAL", kMissing, "the type LOGICAL does not exist on Spark", "BOOLEAN", ""},
    {"MAP", kMissing, "MAP(k, v) is written in another way on Spark", "", "MAP<k, v>"},
    {"NVARCHAR", kMissing, "the type NVARCHAR does not exist on Spark", "STRING", ""},
    {"SIGNED", kMissing, "the type SIGNED does not exist on Spark", "INTEGER", ""},
    {"STRUCT", kMissing, "STRUCT(a type) is written in another way on Spark", "", "STRUCT<a: type>"},
    {"TEXT", kMissing, "the type TEXT does not exist on Spark", "STRING", ""},
    {"TIMESTAMPTZ", kMissing, "the type TIMESTAMPTZ does not exist on Spark", "", "TIMESTAMP_LTZ"},
    {"TIMESTAMP_MS", kMissing, "the type TIMESTAMP_MS does not exist on Spark", "TIMESTAMP", ""},
    {"TIMESTAMP_NS", kMissing, "the type TIMESTAMP_NS does not exist on Spark", "TIMESTAMP", ""},
    {"TIMESTAMP_S", kMissing, "the type TIMESTAMP_S does not exist on Spark", "TIMESTAMP", ""},
    {"TIMESTAMP_US", kMissing, "the type TIMESTAMP_US does not exist on Spark", "TIMESTAMP", ""},
    {"TIMETZ", kMissing, "the type TIMETZ does not exist on Spark", "", ""},
    {"UBIGINT", kMissing, "unsigned types do not exist on Spark", "DECIMAL(20,0)", ""},
    {"UHUGEINT", kMissing, "unsigned types do not exist on Spark", "DECIMAL(38,0)", ""},
    {"UINT128", kMissing, "unsigned types do not exist on Spark", "DECIMAL(38,0)", ""},
    {"UINT16", kMissing, "unsigned types do not exist on Spark", "INTEGER", ""},
    {"UINT32", kMissing, "unsigned types do not exist on Spark", "BIGINT", ""},
    {"UINT64", kMissing, "unsigned types do not exist on Spark", "DECIMAL(20,0)", ""},
    {"UINT8", kMissing, "unsigned types do not exist on Spark", "SMALLINT", ""},
    {"UINTEGER", kMissing, "unsigned types do not exist on Spark", "BIGINT", ""},
    {"UNION", kMissing, "the type UNION does not exist on Spark", "", ""},
    {"USMALLINT", kMissing, "unsigned types do not exist on Spark", "INTEGER", ""},
    {"UTINYINT", kMissing, "unsigned types do not exist on Spark", "SMALLINT", ""},
    {"UUID", kMissing, "the type UUID does not exist on Spark", "STRING", ""},
    {"VARBINARY", kMissing, "the type VARBINARY does not exist on Spark", "BINARY", ""},
    {"VARCHAR", kMissing, "VARCHAR needs a length on Spark", "STRING", ""},
};

constexpr SparkDifference kConstructs[] = {
    {"array-index", kDiffers, "lists begin at 1 here, and at 0 on Spark", "", "element_at(l, 1)"},
    {"array-slice", kMissing, "slices [a:b] do not exist on Spark", "", "slice(l, start, length)"},
    {"array-type", kMissing, "list types are written in another way on Spark", "", "ARRAY<type>"},
    {"asof-join", kMissing, "ASOF JOIN does not exist on Spark", "", ""},
    {"at-time-zone", kMissing, "AT TIME ZONE does not exist on Spark", "", "convert_timezone(zone, 'UTC', x)"},
    {"backslash", kDiffers, "a backslash in a text stands for itself here, and escapes on Spark", "chr(92) for it", ""},
    {"collate", kDiffers, "collations have other names on Spark", "lower(x) for comparison", ""},
    {"columns", kMissing, "COLUMNS() does not exist on Spark", "", ""},
    {"date-interval", kType, "adding an interval to a DATE gives a TIMESTAMP here, and a DATE on Spark", "CAST(x + INTERVAL 1 DAY AS DATE)", ""},
    {"distinct-on", kMissing, "DISTINCT ON does not exist on Spark", "QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1", ""},
    {"dollar-string", kMissing, "$$ quotes do not exist on Spark", "the text in single quotes", ""},
    {"escape-string", kMissing, "e'...' does not exist on Spark", "chr(10) for a line end", ""},
    {"extract-second", kType, "seconds are a DECIMAL with fractions on Spark", "CAST(extract(second FROM x) AS INTEGER)", ""},
    {"frame-exclude", kMissing, "EXCLUDE in a window frame does not exist on Spark", "", ""},
    {"groups-frame", kMissing, "a GROUPS frame does not exist on Spark", "", ""},
    {"json-arrow", kMissing, "-> on JSON does not exist on Spark", "", "get_json_object(x, '$.key')"},
    {"lambda", kMissing, "LAMBDA does not exist on Spark", "", "x -> ..."},
    {"limit-percent", kMissing, "LIMIT in percent does not exist on Spark", "", ""},
    {"list-comprehension", kMissing, "list comprehensions do not exist on Spark", "", "transform(filter(l, ...), ...)"},
    {"list-literal", kMissing, "[a, b] does not exist on Spark", "", "array(a, b)"},
    {"map-literal", kMissing, "MAP {...} does not exist on Spark", "", "map(k, v)"},
    {"method-call", kMissing, "x.f() does not exist on Spark", "f(x)", ""},
    {"number-underscore", kMissing, "_ in numbers does not exist on Spark", "the digits without it", ""},
    {"ordinality", kMissing, "WITH ORDINALITY does not exist on Spark", "", "posexplode(x)"},
    {"pivot", kMissing, "this PIVOT does not exist on Spark", "sum(x) FILTER (WHERE k = 'a') for each value", ""},
    {"positional-join", kMissing, "POSITIONAL JOIN does not exist on Spark", "", ""},
    {"positional-reference", kMissing, "#1 does not exist on Spark", "the column's name", ""},
    {"regex-match", kMissing, "~ and SIMILAR TO do not exist on Spark", "", "x RLIKE '^(...)$'"},
    {"rounding-cast", kDiffers, "a cast to a whole number rounds here, and truncates on Spark", "CAST(round(x) AS INTEGER), or floor(x)", ""},
    {"sample", kMissing, "samples are written in another way on Spark", "", "t TABLESAMPLE (10 PERCENT)"},
    {"star-exclude", kMissing, "* EXCLUDE does not exist on Spark", "the columns by name", "* EXCEPT (a, b)"},
    {"star-like", kMissing, "conditions on * do not exist on Spark", "the columns by name", ""},
    {"star-rename", kMissing, "* RENAME does not exist on Spark", "the columns by name", ""},
    {"star-replace", kMissing, "* REPLACE does not exist on Spark", "the columns by name", ""},
    {"struct-literal", kMissing, "{'a': x} does not exist on Spark", "", "named_struct('a', x)"},
    {"substring-zero", kDiffers, "substring() from 0 drops a character here, but not on Spark", "substring(x, 1, n)", ""},
    {"table-generate-series", kMissing, "generate_series() in FROM does not exist on Spark", "", "explode(sequence(a, b))"},
    {"table-range", kDiffers, "the column of range() is range here, and id on Spark", "range(...) AS r(n)", ""},
    {"table-unnest", kMissing, "unnest() in FROM does not exist on Spark", "", "LATERAL explode(x)"},
    {"try", kMissing, "TRY() does not exist on Spark", "TRY_CAST where it is a cast", "try_divide(a, b) and its kin"},
    {"tuple", kMissing, "(a, b) as a value does not exist on Spark", "", "struct(a, b)"},
    {"union-by-name", kMissing, "UNION BY NAME does not exist on Spark", "the same columns in both branches", ""},
    {"using-key", kMissing, "USING KEY does not exist on Spark", "", ""},
    {"values-names", kDiffers, "the columns of VALUES are col0, col1 here, and col1, col2 on Spark", "(VALUES ...) AS v(a, b)", ""},
};
// clang-format on

// Functions that both engines have under this name, with the same meaning for the profile's types.
constexpr std::string_view kPortable[] = {
    "!~~",
    "!~~*",
    "%",
    "&",
    "*",
    "+",
    "-",
    "/",
    "<<",
    ">>",
    "abs",
    "acos",
    "acosh",
    "any_value",
    "approx_count_distinct",
    "array_contains",
    "ascii",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "bin",
    "bit_and",
    "bit_count",
    "bit_length",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "chr",
    "concat_ws",
    "contains",
    "corr",
    "cos",
    "cosh",
    "cot",
    "count",
    "count_if",
    "count_star",
    "covar_pop",
    "covar_samp",
    "cume_dist",
    "current_catalog",
    "current_database",
    "current_date",
    "current_schema",
    "date_part",
    "day",
    "dayofmonth",
    "dayofyear",
    "degrees",
    "dense_rank",
    "exp",
    "factorial",
    "first",
    "first_value",
    "flatten",
    "floor",
    "greatest",
    "hex",
    "hour",
    "ilike_escape",
    "instr",
    "isnan",
    "lag",
    "last",
    "last_day",
    "last_value",
    "lcase",
    "lead",
    "least",
    "left",
    "length",
    "levenshtein",
    "like_escape",
    "listagg",
    "ln",
    "log10",
    "log2",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "map_concat",
    "map_entries",
    "map_from_entries",
    "map_keys",
    "map_values",
    "max",
    "md5",
    "mean",
    "median",
    "min",
    "minute",
    "mod",
    "mode",
    "month",
    "not_ilike_escape",
    "not_like_escape",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pi",
    "position",
    "pow",
    "power",
    "quarter",
    "radians",
    "random",
    "rank",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_number",
    "rpad",
    "rtrim",
    "second",
    "sha1",
    "sign",
    "sin",
    "sinh",
    "split_part",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "substr",
    "substring",
    "sum",
    "tan",
    "tanh",
    "translate",
    "trim",
    "ucase",
    "unhex",
    "upper",
    "url_decode",
    "url_encode",
    "uuid",
    "var_pop",
    "var_samp",
    "variance",
    "weekofyear",
    "year",
    "|",
    "||",
    "~",
    "~~",
    "~~*",
};

constexpr bool ByName(const SparkDifference& a, const SparkDifference& b) {
  return a.name < b.name;
}

constexpr bool Sorted(std::span<const SparkDifference> list) {
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (!ByName(list[i - 1], list[i])) return false;
  }
  return true;
}
static_assert(Sorted(kFunctions) && Sorted(kTypes) && Sorted(kConstructs));
static_assert(std::adjacent_find(std::begin(kPortable), std::end(kPortable),
                                 std::greater_equal<std::string_view>()) == std::end(kPortable));

const SparkDifference* FindIn(std::span<const SparkDifference> list, std::string_view name) {
  const auto it =
      std::lower_bound(list.begin(), list.end(), SparkDifference{name, {}, {}, {}, {}}, ByName);
  return it != list.end() && it->name == name ? &*it : nullptr;
}

}  // namespace

std::string_view Slug(const SparkDifference& difference) {
  switch (difference.kind) {
    case Kind::kMissing:
      return "not-on-spark";
    case Kind::kDiffers:
      return "differs-on-spark";
    case Kind::kType:
      return "type-differs-on-spark";
  }
  return "";
}

std::string Help(const SparkDifference& difference) {
  constexpr std::string_view kOverride =
      "give each engine its own text, sql: {duckdb: ..., spark: ...}";
  if (!difference.both.empty()) return fmt::format("write {}", difference.both);
  if (!difference.spark.empty())
    return fmt::format("Spark writes {}: {}", difference.spark, kOverride);
  return std::string(kOverride);
}

const SparkDifference* FindFunctionDifference(std::string_view name) {
  return FindIn(kFunctions, name);
}

bool IsPortableFunction(std::string_view name) {
  return std::binary_search(std::begin(kPortable), std::end(kPortable), name);
}

const SparkDifference* FindTypeDifference(std::string_view name) {
  return FindIn(kTypes, name);
}

const SparkDifference& ConstructDifference(std::string_view name) {
  const SparkDifference* found = FindIn(kConstructs, name);
  TW_CHECK(found != nullptr);
  return *found;
}

std::span<const SparkDifference> FunctionDifferences() {
  return kFunctions;
}
std::span<const std::string_view> PortableFunctions() {
  return kPortable;
}

}  // namespace thalweg::sql
