#include "operators/duckdb_evaluator.h"

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/arrow_status.h"
#include "data/quoting.h"
#include "data/types.h"
#include "operators/columns.h"
#include "sql/analysis.h"
#include "sql/scanner.h"

namespace thalweg::operators {
namespace {

/// A select list cannot begin with these words.
bool IsStatement(const std::string& select) {
  const sql::Tokens tokens(select);
  return tokens.IsWord(0, "SELECT") || tokens.IsWord(0, "WITH") || tokens.IsWord(0, "FROM");
}

/// The batch under evaluation, as a table.
class CurrentBatch : public duckdb::RowSource {
 public:
  explicit CurrentBatch(data::Columns columns) : columns_(std::move(columns)) {}
  const data::Columns& columns() const override { return columns_; }
  int threads() const override { return 1; }  // keeps the order of rows
  Result<std::unique_ptr<Cursor>> Open() override { return std::make_unique<Once>(batch_); }
  void Set(data::Batch batch) { batch_ = std::move(batch); }

 private:
  class Once : public Cursor {
   public:
    explicit Once(data::Batch batch) : batch_(std::move(batch)) {}
    Result<data::Batch> Next() override { return std::exchange(batch_, nullptr); }

   private:
    data::Batch batch_;
  };
  const data::Columns columns_;
  data::Batch batch_;
};

class DuckDbEvaluator : public component::BatchEvaluator {
 public:
  DuckDbEvaluator(std::unique_ptr<duckdb::Connection> connection,
                  std::shared_ptr<CurrentBatch> source,
                  std::unique_ptr<duckdb::OfferedRows> offered)
      : connection_(std::move(connection)),
        source_(std::move(source)),
        offered_(std::move(offered)) {}

  Status Prepare(const std::string& select, const std::string& condition) {
    const std::string inner =
        IsStatement(select)
            ? fmt::format("WITH {} AS NOT MATERIALIZED (SELECT * FROM {}) SELECT * FROM ({}\n)",
                          kStatementInput, offered_->table(), select)
            : fmt::format("SELECT {} FROM {} AS input{}{}", select.empty() ? "*" : select,
                          offered_->table(), condition.empty() ? "" : " WHERE ", condition);
    TW_ASSIGN_OR_RETURN(const data::Columns columns, connection_->Describe(inner));
    TW_ASSIGN_OR_RETURN(const data::Columns stored, data::StoredColumns(columns));
    std::string list;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string name = data::QuoteIdentifier(columns[i].name);
      list += i == 0 ? "" : ", ";
      // What no table can hold (hugeint sums ...) becomes the type that a table has for it.
      list += columns[i].type == stored[i].type
                  ? name
                  : fmt::format("CAST({0} AS {1}) AS {0}", name, stored[i].type);
    }
    sql_ = columns == stored ? inner : fmt::format("SELECT {} FROM ({})", list, inner);
    TW_ASSIGN_OR_RETURN(schema_, data::ToArrow(stored));
    TW_RETURN_IF_ERROR(CheckRowByRow());
    TW_ASSIGN_OR_RETURN(query_, connection_->Prepare(sql_));
    return {};
  }

  data::SchemaRef schema() const override { return schema_; }

  Result<data::Batch> Eval(const data::Batch& batch) override {
    source_->Set(batch);
    auto rows = query_->Run();
    source_->Set(nullptr);
    return rows;
  }

 private:
  /// Row by row is what the plan is, not what the text looks like: no operator of it may look at
  /// more than one row.
  Status CheckRowByRow() {
    TW_ASSIGN_OR_RETURN(const auto rows, connection_->Fetch("EXPLAIN (FORMAT JSON) " + sql_));
    for (const auto& row : rows) {
      const auto plan = nlohmann::json::parse(row.back().value_or(""), nullptr, false);
      if (!plan.is_array()) continue;
      for (const auto& root : plan) TW_RETURN_IF_ERROR(CheckNode(root));
    }
    return {};
  }
  static Status CheckNode(const nlohmann::json& node) {
    const std::string name = node.value("name", "");
    const bool row_by_row = name.starts_with("PROJECTION") || name.starts_with("FILTER") ||
                            name.starts_with("EMPTY_RESULT") || name.starts_with("UNNEST") ||
                            name.starts_with("THALWEG_ROWS");
    if (!row_by_row) {
      return UserError(
                 "not-row-by-row",
                 fmt::format("it must work row by row, but needs many rows: {}", Trimmed(name)))
          .WithHint("use aggregate, distinct, join or another operator for what needs many rows");
    }
    for (const auto& child : node.value("children", nlohmann::json::array()))
      TW_RETURN_IF_ERROR(CheckNode(child));
    return {};
  }
  static std::string Trimmed(std::string text) {
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }

  // The offer must go before the source, and both before the connection's statements are used
  // again.
  std::unique_ptr<duckdb::Connection> connection_;
  std::shared_ptr<CurrentBatch> source_;
  std::unique_ptr<duckdb::OfferedRows> offered_;
  std::unique_ptr<duckdb::PreparedQuery> query_;
  std::string sql_;
  data::SchemaRef schema_;
};

}  // namespace

namespace {

/// Expressions read the columns of their rows and nothing else: no files, no other tables.
class ExpressionCheck {
 public:
  explicit ExpressionCheck(duckdb::Database& database) : database_(database) {}

  Status Check(const std::string& select, const std::string& condition) {
    const std::string text = fmt::format("SELECT {} FROM input{}{}", select.empty() ? "*" : select,
                                         condition.empty() ? "" : " WHERE ", condition);
    const std::lock_guard lock(mutex_);
    if (analyzer_ == nullptr) {
      TW_ASSIGN_OR_RETURN(analyzer_, sql::Analyzer::Open(database_));
    }
    TW_ASSIGN_OR_RETURN(const auto outcomes, analyzer_->Analyze(std::span(&text, 1)));
    if (const auto* rejection = std::get_if<sql::Rejection>(&outcomes[0])) {
      const sql::Finding& finding = rejection->findings.front();
      return UserError(finding.slug, finding.message).WithHint(finding.help);
    }
    const auto& tables = std::get<sql::Analysis>(outcomes[0]).tables;
    if (tables.size() > 1) {  // one of them is the batch
      const std::string& other = tables[tables.front().table == "input" ? 1 : 0].table;
      return UserError(
                 "reads-a-table",
                 fmt::format("an expression reads the columns of its rows, not \"{}\"", other))
          .WithHint("lookup and join bring rows of other nodes together");
    }
    return {};
  }

 private:
  duckdb::Database& database_;
  std::mutex mutex_;
  std::unique_ptr<sql::Analyzer> analyzer_;
};

}  // namespace

component::MakeEvaluator MakeDuckDbEvaluator(duckdb::Database& database) {
  return [&database, check = std::make_shared<ExpressionCheck>(database)](
             const data::SchemaRef& input, const std::string& select,
             const std::string& condition) -> Result<std::unique_ptr<component::BatchEvaluator>> {
    // A statement was checked where it was read.
    if (!IsStatement(select)) TW_RETURN_IF_ERROR(check->Check(select, condition));
    TW_ASSIGN_OR_RETURN(data::Columns columns, data::FromArrow(*input));
    TW_ASSIGN_OR_RETURN(auto connection, database.Connect());
    auto source = std::make_shared<CurrentBatch>(std::move(columns));
    TW_ASSIGN_OR_RETURN(auto offered, database.Offer(source));
    auto evaluator =
        std::make_unique<DuckDbEvaluator>(std::move(connection), source, std::move(offered));
    TW_RETURN_IF_ERROR(evaluator->Prepare(select, condition));
    return std::unique_ptr<component::BatchEvaluator>(std::move(evaluator));
  };
}

}  // namespace thalweg::operators
