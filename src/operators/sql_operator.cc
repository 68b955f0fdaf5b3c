#include "operators/sql_operator.h"

#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "operators/columns.h"
#include "operators/duckdb_evaluator.h"
#include "operators/parameter_literals.h"
#include "operators/queued_operator.h"
#include "operators/single_input.h"
#include "sql/scanner.h"

namespace thalweg::operators {
namespace {

class Sql : public QueuedOperator {
 public:
  Sql(data::SchemaRef schema, std::string statement)
      : schema_(std::move(schema)), statement_(std::move(statement)) {}

  Status Open(const component::OperatorContext& context) override {
    TW_RETURN_IF_ERROR(QueuedOperator::Open(context));
    TW_ASSIGN_OR_RETURN(evaluator_, context.make_evaluator(schema_, statement_, ""));
    return {};
  }

 protected:
  Status OnBatch(int, const data::Batch& batch) override {
    TW_ASSIGN_OR_RETURN(data::Batch rows, evaluator_->Eval(batch));
    Emit(MakeRows(evaluator_->schema(), rows->num_rows(), rows->columns()));
    return {};
  }

 private:
  const data::SchemaRef schema_;
  const std::string statement_;
  std::unique_ptr<component::BatchEvaluator> evaluator_;
};

/// The statement with the table that it reads called `input`, and without parameters.
Result<std::string> Rewrite(const std::string& text, const sql::TableRef& table,
                            const std::string& input,
                            std::span<const component::Parameter> parameters) {
  const std::string executable = sql::ExecutableText(text);
  const sql::Tokens tokens(executable);
  const std::string alias = table.alias_in_range  ? table.alias
                            : table.alias.empty() ? table.table
                                                  : "";
  std::string rewritten;
  std::size_t at = 0;
  bool replaced = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const sql::Token& token = tokens[i];
    if (!replaced && token.begin >= table.range.begin) {
      rewritten += executable.substr(at, table.range.begin - at) + input;
      if (!alias.empty()) rewritten += " AS " + data::QuoteIdentifier(alias);
      at = table.range.end;
      replaced = true;
    }
    if (token.kind != sql::TokenKind::kParameter || token.begin < at) continue;
    TW_ASSIGN_OR_RETURN(const std::string literal, ParameterLiteral(tokens.Text(i), parameters));
    rewritten += executable.substr(at, token.begin - at) + literal;
    at = token.end;
  }
  return rewritten + executable.substr(at);
}

}  // namespace

Result<component::Bound> SqlSpec::Bind(std::span<const data::EdgeType> inputs,
                                       const component::MakeEvaluator& make_evaluator) const {
  TW_RETURN_IF_ERROR(CheckOneInput(inputs, "sql"));
  TW_ASSIGN_OR_RETURN(const auto evaluator, make_evaluator(inputs[0].schema, statement_, ""));
  TW_ASSIGN_OR_RETURN(component::Bound bound, BoundLike(inputs, "sql", evaluator->schema()));
  bound.stateless = true;
  bound.output.keys.clear();
  bound.output.deterministic &= deterministic_;
  if (const auto& time = inputs[0].event_time) {
    const auto before = inputs[0].schema->GetFieldByName(*time);
    const auto after = bound.output.schema->GetFieldByName(*time);
    if (after == nullptr || before == nullptr || !after->type()->Equals(*before->type()))
      bound.output.event_time.reset();
  }
  return bound;
}

std::optional<std::string> SqlSpec::Lower(component::Dialect dialect,
                                          std::span<const data::EdgeType>) const {
  if (dialect != component::Dialect::kDuckDb) return std::nullopt;
  return lowered_;
}

Result<std::unique_ptr<component::Operator>> SqlSpec::Make(
    std::span<const data::EdgeType> inputs) const {
  return std::make_unique<Sql>(inputs[0].schema, statement_);
}

Result<std::shared_ptr<const SqlSpec>> MakeSqlOperator(
    const std::string& text, const sql::Analysis& analysis,
    std::span<const component::Parameter> parameters) {
  if (analysis.tables.size() != 1) {
    return UserError("not-row-by-row",
                     fmt::format("in a stream a statement reads one node, once; this one reads {}",
                                 analysis.tables.size()))
        .WithHint("join streams with the operators join and lookup");
  }
  const sql::TableRef& table = analysis.tables[0];
  TW_ASSIGN_OR_RETURN(std::string statement, Rewrite(text, table, kStatementInput, parameters));
  TW_ASSIGN_OR_RETURN(std::string lowered, Rewrite(text, table, "in_0", parameters));
  return std::make_shared<const SqlSpec>(std::move(statement), std::move(lowered),
                                         analysis.not_repeatable.empty());
}

}  // namespace thalweg::operators
