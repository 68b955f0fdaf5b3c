#include "spec/substitution.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "spec/names.h"
#include "spec/parameter_value.h"
#include "spec/scalar.h"

namespace thalweg::spec {

using component::FieldInfo;
using component::ObjectInfo;
using component::QuoteName;
using component::Shape;

namespace {

constexpr std::string_view kEnvironment = "env.";
constexpr std::string_view kSecret = "secret.";
constexpr std::string_view kRun = "run.";

bool IsWordByte(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.';
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsWordByte);
}

const FieldInfo* FindIn(const std::vector<const ObjectInfo*>& infos, std::string_view key) {
  for (const ObjectInfo* info : infos) {
    if (const FieldInfo* field = info->Find(key)) return field;
  }
  return nullptr;
}

/// Text that stands alone for a whole value, with the type of what it came from.
Value Typed(const Value& at, std::string text, const ParameterSpec* param) {
  const bool number = param == nullptr || IsNumericType(param->type);
  const bool truth = param == nullptr || param->type == "boolean";
  if (number && IsJsonNumber(text)) return Value::Number(std::move(text), at.span());
  if (truth && (text == "true" || text == "false"))
    return Value::Boolean(text == "true", text, at.span());
  return at.WithText(std::move(text));
}

}  // namespace

Filled Substitution::Object(const Value& value, const std::vector<const ObjectInfo*>& infos) {
  if (value.kind() != Value::Kind::kMap) {
    const FieldInfo* field =
        infos.empty() ? nullptr : infos.front()->Find(infos.front()->shorthand);
    Filled one = Field(value, field);
    one.uses_run &= field == nullptr || field->changes_rows;
    return one;
  }
  Filled filled;
  std::vector<Value::Entry> values, recorded;
  for (const Value::Entry& entry : value.entries()) {
    const FieldInfo* field = FindIn(infos, entry.key);
    Filled one = Field(entry.value, field);
    filled.uses_run |= one.uses_run && (field == nullptr || field->changes_rows);
    filled.failed |= one.failed;
    values.push_back({entry.key, entry.key_span, std::move(one.value)});
    recorded.push_back({entry.key, entry.key_span, std::move(one.recorded)});
  }
  filled.value = Value::Map(std::move(values), value.span());
  filled.recorded = Value::Map(std::move(recorded), value.span());
  return filled;
}

Filled Substitution::Field(const Value& value, const FieldInfo* info, Scope scope) {
  switch (value.kind()) {
    case Value::Kind::kList:
      return List(value, info == nullptr ? nullptr : info->element.get(), scope);
    case Value::Kind::kMap:
      if (info != nullptr && info->object) return Object(value, {info->object.get()});
      return Map(value, info == nullptr ? nullptr : info->element.get(), scope);
    case Value::Kind::kString:
      break;
    default:
      return {value, value};
  }
  if (info != nullptr && info->object) return Object(value, {info->object.get()});
  if (info != nullptr && info->scalar_or_list && info->element)
    return Field(value, info->element.get(), scope);
  if (info != nullptr && info->shape == Shape::kSql) {
    return {value, value, false, !CheckSql(value)};
  }
  return Text(value, scope);
}

Filled Substitution::List(const Value& value, const FieldInfo* element, Scope scope) {
  Filled filled;
  std::vector<Value> values, recorded;
  for (const Value& item : value.items()) {
    Filled one = Field(item, element, scope);
    filled.uses_run |= one.uses_run;
    filled.failed |= one.failed;
    values.push_back(std::move(one.value));
    recorded.push_back(std::move(one.recorded));
  }
  filled.value = Value::List(std::move(values), value.span());
  filled.recorded = Value::List(std::move(recorded), value.span());
  return filled;
}

Filled Substitution::Map(const Value& value, const FieldInfo* element, Scope scope) {
  Filled filled;
  std::vector<Value::Entry> values, recorded;
  for (const Value::Entry& entry : value.entries()) {
    Filled one = Field(entry.value, element, scope);
    filled.uses_run |= one.uses_run;
    filled.failed |= one.failed;
    values.push_back({entry.key, entry.key_span, std::move(one.value)});
    recorded.push_back({entry.key, entry.key_span, std::move(one.recorded)});
  }
  filled.value = Value::Map(std::move(values), value.span());
  filled.recorded = Value::Map(std::move(recorded), value.span());
  return filled;
}

Filled Substitution::Text(const Value& value, Scope scope) {
  const std::string& text = value.text();
  if (text.find("${") == std::string::npos) return {value, value};
  Filled filled{value, value};
  std::string out, recorded;
  std::size_t pieces = 0;
  Piece last;
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 3, "$${") == 0) {
      out += "${";
      recorded += "$${";  // as written, so that it differs from a secret that is kept
      at += 3;
      continue;
    }
    if (text.compare(at, 2, "${") != 0) {
      out += text[at];
      recorded += text[at++];
      continue;
    }
    const std::size_t close = text.find('}', at);
    if (close == std::string::npos) {
      diagnostics_.Error("bad-substitution", "\"${\" is not closed", value.SpanOf(at, text.size()),
                         "", "write ${name}; the two characters themselves are written $${");
      filled.failed = true;
      return filled;
    }
    const std::string_view name = std::string_view(text).substr(at + 2, close - at - 2);
    const std::optional<Piece> piece = Resolve(name, value.SpanOf(at, close + 1), scope);
    if (piece) {
      last = *piece;
      out += piece->text;
      recorded += piece->keep ? text.substr(at, close + 1 - at) : piece->text;
      filled.uses_run |= piece->is_run;
    }
    filled.failed |= !piece.has_value();
    ++pieces;
    at = close + 1;
  }
  if (filled.failed) return filled;
  const bool whole = pieces == 1 && text.starts_with("${") && text.find('}') == text.size() - 1;
  filled.value = whole && !last.is_run ? Typed(value, std::move(out), last.param)
                                       : value.WithText(std::move(out));
  filled.recorded = whole && !last.keep ? filled.value : value.WithText(std::move(recorded));
  return filled;
}

std::optional<Substitution::Piece> Substitution::Resolve(std::string_view name, const Span& span,
                                                         Scope scope) {
  if (!IsWord(name)) {
    diagnostics_.Error("bad-substitution", "\"${...}\" holds one name", span, "",
                       "write ${name}, ${env.X}, ${secret.X} or ${run.number}; the two characters "
                       "themselves are $${");
    return std::nullopt;
  }
  if (name.starts_with(kEnvironment))
    return ResolveVariable(name.substr(kEnvironment.size()), span);
  if (scope == Scope::kEnvironment) {
    diagnostics_.Error("bad-substitution", "the default of a parameter may use ${env.X} only", span,
                       "", "write the value itself, or give it with --param");
    return std::nullopt;
  }
  if (name.starts_with(kSecret)) return ResolveSecret(name.substr(kSecret.size()), span);
  if (name.starts_with(kRun)) return ResolveRun(name.substr(kRun.size()), span);
  return ResolveParameter(name, span);
}

std::optional<Substitution::Piece> Substitution::ResolveParameter(std::string_view name,
                                                                  const Span& span) {
  if (unusable_.contains(std::string(name))) return std::nullopt;
  std::vector<std::string> names;
  for (const ParameterSpec& param : params_) {
    if (param.name != name) {
      names.push_back(param.name);
      continue;
    }
    if (param.value) return Piece{*param.value, false, false, &param};
    diagnostics_.Error("bad-substitution",
                       fmt::format("the parameter \"{}\" is NULL, which text cannot hold", name),
                       span, "", "give it a value, or use $name in SQL");
    return std::nullopt;
  }
  const std::string near = Nearest(name, names);
  diagnostics_.Error("unknown-parameter", fmt::format("there is no parameter {}", QuoteName(name)),
                     span, near.empty() ? "" : fmt::format("did you mean \"{}\"?", near),
                     near.empty()
                         ? "declare it below \"params\"; environment variables are written ${env.X}"
                         : "");
  return std::nullopt;
}

std::optional<Substitution::Piece> Substitution::ResolveVariable(std::string_view name,
                                                                 const Span& span) {
  const std::string key(name);
  const std::optional<std::string> found =
      options_.environment ? options_.environment(key) : std::nullopt;
  if (!found) {
    diagnostics_.Error("unknown-variable",
                       fmt::format("the environment variable {} is not set", QuoteName(name)), span,
                       "", "set it, or use a parameter with a default");
    return std::nullopt;
  }
  (*environment_)[key] = *found;
  return Piece{*found};
}

std::optional<Substitution::Piece> Substitution::ResolveSecret(std::string_view name,
                                                               const Span& span) {
  const std::optional<std::string> found =
      options_.secret ? options_.secret(std::string(name)) : std::nullopt;
  if (found) return Piece{*found, true};
  diagnostics_.Error("unknown-secret", fmt::format("there is no secret {}", QuoteName(name)), span);
  return std::nullopt;
}

std::optional<Substitution::Piece> Substitution::ResolveRun(std::string_view name,
                                                            const Span& span) {
  if (name != "number" && name != "started") {
    const std::string near = Nearest(name, {"number", "started"});
    diagnostics_.Error("bad-substitution", fmt::format("a run has no {}", QuoteName(name)), span,
                       near.empty() ? "" : fmt::format("did you mean \"run.{}\"?", near),
                       "it has run.number and run.started");
    return std::nullopt;
  }
  if (!options_.run) return Piece{fmt::format("${{run.{}}}", name), true, true};
  return Piece{name == "number" ? std::to_string(options_.run->number)
                                : FormatInstant(options_.run->started),
               true, true};
}

bool Substitution::CheckSql(const Value& sql) {
  bool good = true;
  const std::string& text = sql.text();
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
    const std::size_t close = text.find('}', at);
    const bool dollar_quote = at > 0 && text[at - 1] == '$';  // $${...}$$ is a string in SQL
    if (dollar_quote || close == std::string::npos) continue;
    const std::string name = text.substr(at + 2, close - at - 2);
    if (!IsWord(name)) continue;
    const std::string help =
        IsName(name)
            ? fmt::format(
                  "write ${}, without quotes around it: the value is passed beside the statement",
                  name)
            : "declare a parameter whose default is that, and write $name";
    diagnostics_.Error("substitution-in-sql", "values are never pasted into SQL",
                       sql.SpanOf(at, close + 1),
                       IsName(name) ? fmt::format("write ${}", name) : "", help);
    good = false;
  }
  return good;
}

}  // namespace thalweg::spec
