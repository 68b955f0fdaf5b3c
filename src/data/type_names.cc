#include "data/type_names.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"

namespace thalweg::data {
namespace {

struct NamedKind {
  std::string_view name;
  TypeKind kind;
};

// The first name of a kind is its canonical one.
constexpr NamedKind kTypeNames[] = {
    {"boolean", TypeKind::kBoolean},
    {"bool", TypeKind::kBoolean},
    {"logical", TypeKind::kBoolean},
    {"tinyint", TypeKind::kTinyint},
    {"int1", TypeKind::kTinyint},
    {"smallint", TypeKind::kSmallint},
    {"int2", TypeKind::kSmallint},
    {"int16", TypeKind::kSmallint},
    {"short", TypeKind::kSmallint},
    {"integer", TypeKind::kInteger},
    {"int", TypeKind::kInteger},
    {"int4", TypeKind::kInteger},
    {"int32", TypeKind::kInteger},
    {"integral", TypeKind::kInteger},
    {"signed", TypeKind::kInteger},
    {"bigint", TypeKind::kBigint},
    {"int8", TypeKind::kBigint},
    {"int64", TypeKind::kBigint},
    {"long", TypeKind::kBigint},
    {"oid", TypeKind::kBigint},
    {"utinyint", TypeKind::kUtinyint},
    {"uint8", TypeKind::kUtinyint},
    {"usmallint", TypeKind::kUsmallint},
    {"uint16", TypeKind::kUsmallint},
    {"uinteger", TypeKind::kUinteger},
    {"uint32", TypeKind::kUinteger},
    {"ubigint", TypeKind::kUbigint},
    {"uint64", TypeKind::kUbigint},
    {"hugeint", TypeKind::kHugeint},
    {"int128", TypeKind::kHugeint},
    {"uhugeint", TypeKind::kUhugeint},
    {"uint128", TypeKind::kUhugeint},
    {"bignum", TypeKind::kBignum},
    {"varint", TypeKind::kBignum},
    {"real", TypeKind::kReal},
    {"float", TypeKind::kReal},
    {"float4", TypeKind::kReal},
    {"double", TypeKind::kDouble},
    {"float8", TypeKind::kDouble},
    {"decimal", TypeKind::kDecimal},
    {"numeric", TypeKind::kDecimal},
    {"dec", TypeKind::kDecimal},
    {"varchar", TypeKind::kVarchar},
    {"text", TypeKind::kVarchar},
    {"string", TypeKind::kVarchar},
    {"char", TypeKind::kVarchar},
    {"character", TypeKind::kVarchar},
    {"bpchar", TypeKind::kVarchar},
    {"nchar", TypeKind::kVarchar},
    {"nvarchar", TypeKind::kVarchar},
    {"blob", TypeKind::kBlob},
    {"bytea", TypeKind::kBlob},
    {"binary", TypeKind::kBlob},
    {"varbinary", TypeKind::kBlob},
    {"date", TypeKind::kDate},
    {"time", TypeKind::kTime},
    {"time_ns", TypeKind::kTimeNs},
    {"timetz", TypeKind::kTimetz},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamp_us", TypeKind::kTimestamp},
    {"datetime", TypeKind::kTimestamp},
    {"timestamptz", TypeKind::kTimestamptz},
    {"timestamp_s", TypeKind::kTimestampS},
    {"timestamp_ms", TypeKind::kTimestampMs},
    {"timestamp_ns", TypeKind::kTimestampNs},
    {"timestamptz_ns", TypeKind::kTimestamptzNs},
    {"uuid", TypeKind::kUuid},
    {"guid", TypeKind::kUuid},
    {"json", TypeKind::kJson},
    {"enum", TypeKind::kEnum},
    {"bit", TypeKind::kBit},
    {"bitstring", TypeKind::kBit},
    {"interval", TypeKind::kInterval},
    {"struct", TypeKind::kStruct},
    {"row", TypeKind::kStruct},
    {"map", TypeKind::kMap},
    {"union", TypeKind::kUnion},
    {"variant", TypeKind::kVariant},
    {"geometry", TypeKind::kGeometry},
    {"null", TypeKind::kNull},
};

// duckdb_keywords() of 1.5.6, categories reserved and type_function less those that it takes
// without quotes.
constexpr std::string_view kReservedWords[] = {
    "all",           "analyse",     "analyze",   "and",        "anti",         "any",
    "array",         "as",          "asc",       "asof",       "asymmetric",   "at",
    "authorization", "binary",      "both",      "by",         "case",         "cast",
    "check",         "collate",     "collation", "column",     "concurrently", "constraint",
    "create",        "cross",       "default",   "deferrable", "desc",         "describe",
    "distinct",      "do",          "else",      "end",        "except",       "false",
    "fetch",         "for",         "foreign",   "freeze",     "from",         "full",
    "glob",          "group",       "having",    "ilike",      "in",           "initially",
    "inner",         "intersect",   "into",      "is",         "isnull",       "join",
    "lambda",        "lateral",     "leading",   "left",       "like",         "limit",
    "natural",       "not",         "notnull",   "null",       "offset",       "on",
    "only",          "or",          "order",     "outer",      "overlaps",     "pivot",
    "pivot_longer",  "pivot_wider", "placing",   "positional", "primary",      "qualify",
    "references",    "returning",   "right",     "select",     "semi",         "show",
    "similar",       "some",        "summarize", "symmetric",  "table",        "tablesample",
    "then",          "to",          "trailing",  "true",       "union",        "unique",
    "unpack",        "unpivot",     "using",     "variadic",   "verbose",      "when",
    "where",         "window",      "with",
};
static_assert(std::ranges::is_sorted(kReservedWords));

}  // namespace

std::optional<TypeKind> KindOfName(std::string_view word) {
  const std::string lower = ToLower(word);
  const auto* found = std::ranges::find(kTypeNames, lower, &NamedKind::name);
  if (found == std::end(kTypeNames)) return std::nullopt;
  return found->kind;
}

std::string_view NameOfKind(TypeKind kind) {
  const auto* found = std::ranges::find(kTypeNames, kind, &NamedKind::kind);
  TW_CHECK(found != std::end(kTypeNames));
  return found->name;
}

std::vector<std::string> KnownTypeNames() {
  std::vector<std::string> names;
  for (const NamedKind& named : kTypeNames) names.emplace_back(named.name);
  return names;
}

bool IsReservedWord(std::string_view lower_case_word) {
  return std::ranges::binary_search(kReservedWords, lower_case_word);
}

}  // namespace thalweg::data
