#include "operators/parameter_literals.h"

#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "data/quoting.h"
#include "operators/columns.h"
#include "sql/parameter_name.h"
#include "sql/scanner.h"

namespace thalweg::operators {
namespace {

Result<std::string> WithLiterals(const std::string& text,
                                 std::span<const component::Parameter> parameters) {
  if (text.find('$') == std::string::npos) return text;
  const sql::Tokens tokens(text);
  std::string rewritten;
  std::size_t at = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const sql::Token& token = tokens[i];
    if (token.kind != sql::TokenKind::kParameter) continue;
    TW_ASSIGN_OR_RETURN(const std::string literal, ParameterLiteral(tokens.Text(i), parameters));
    rewritten += text.substr(at, token.begin - at) + literal;
    at = token.end;
  }
  return rewritten + text.substr(at);
}

}  // namespace

Result<std::string> ParameterLiteral(std::string_view token,
                                     std::span<const component::Parameter> parameters) {
  const std::string name = sql::ParameterName(token);
  for (const component::Parameter& parameter : parameters) {
    if (ToLower(parameter.name) != name) continue;
    return fmt::format("CAST({} AS {})",
                       parameter.text ? data::QuoteLiteral(*parameter.text) : "NULL",
                       parameter.type);
  }
  return UserError("unknown-parameter", fmt::format("${} is not a parameter", name));
}

component::MakeEvaluator WithParameters(component::MakeEvaluator make_evaluator,
                                        std::vector<component::Parameter> parameters) {
  return [make = std::move(make_evaluator), parameters = std::move(parameters)](
             const data::SchemaRef& input, const std::string& select,
             const std::string& condition) -> Result<std::unique_ptr<component::BatchEvaluator>> {
    TW_ASSIGN_OR_RETURN(const std::string list, WithLiterals(select, parameters));
    TW_ASSIGN_OR_RETURN(const std::string where, WithLiterals(condition, parameters));
    return make(input, list, where);
  };
}

}  // namespace thalweg::operators
