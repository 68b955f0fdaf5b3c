#include "duckdb/parameters.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/diagnostic.h"
#include "duckdb/handle.h"

namespace thalweg::duckdb {
namespace {

using component::Parameter;

/// The whole text as a number, or nothing.
template <typename T>
std::optional<T> Parse(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename T, duckdb_value (*Create)(T)>
ValueHandle Number(std::string_view text) {
  const std::optional<T> value = Parse<T>(text);
  return value ? ValueHandle(Create(*value)) : ValueHandle();
}

ValueHandle Boolean(std::string_view text) {
  if (text == "true") return ValueHandle(duckdb_create_bool(true));
  if (text == "false") return ValueHandle(duckdb_create_bool(false));
  return {};
}

ValueHandle Text(std::string_view text) {
  return ValueHandle(duckdb_create_varchar_length(text.data(), text.size()));
}

/// Empty when the text is no value of the type.
ValueHandle MakeValue(const Parameter& parameter) {
  if (!parameter.text) return ValueHandle(duckdb_create_null_value());
  const std::string_view type = parameter.type, text = *parameter.text;
  if (type == "boolean") return Boolean(text);
  if (type == "tinyint") return Number<std::int8_t, duckdb_create_int8>(text);
  if (type == "smallint") return Number<std::int16_t, duckdb_create_int16>(text);
  if (type == "integer") return Number<std::int32_t, duckdb_create_int32>(text);
  if (type == "bigint") return Number<std::int64_t, duckdb_create_int64>(text);
  if (type == "utinyint") return Number<std::uint8_t, duckdb_create_uint8>(text);
  if (type == "usmallint") return Number<std::uint16_t, duckdb_create_uint16>(text);
  if (type == "uinteger") return Number<std::uint32_t, duckdb_create_uint32>(text);
  if (type == "ubigint") return Number<std::uint64_t, duckdb_create_uint64>(text);
  if (type == "float") return Number<float, duckdb_create_float>(text);
  if (type == "double") return Number<double, duckdb_create_double>(text);
  return Text(text);
}

Status NoValue(std::string_view name, std::span<const Parameter> parameters) {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  const std::string nearest = Nearest(name, names);
  return Status::Invalid(fmt::format("parameter ${} has no value", name))
      .WithSlug("unknown-parameter")
      .WithHint(nearest.empty() ? fmt::format("declare it: params: {{{}: ...}}", name)
                                : fmt::format("did you mean \"${}\"?", nearest));
}

}  // namespace

Status BindParameters(duckdb_prepared_statement statement, std::span<const Parameter> parameters) {
  const idx_t count = duckdb_nparams(statement);
  for (idx_t index = 1; index <= count; ++index) {
    char* raw_name = const_cast<char*>(duckdb_parameter_name(statement, index));
    const std::string name = TakeText(raw_name);
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    if (found == parameters.end()) return NoValue(name, parameters);
    const ValueHandle value = MakeValue(*found);
    if (!value) {
      return Status::Invalid(fmt::format("parameter ${}: \"{}\" is not a value of type {}", name,
                                         *found->text, found->type))
          .WithSlug("conversion-failed");
    }
    if (duckdb_bind_value(statement, index, value.get()) == DuckDBError) {
      return Status::Internal(fmt::format("parameter ${} cannot be bound", name));
    }
  }
  return {};
}

}  // namespace thalweg::duckdb
