#include "operators/duckdb_evaluator.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "data/arrow_status.h"
#include "data/types.h"
#include "operators/columns.h"

namespace thalweg::operators {
namespace {

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
        fmt::format("SELECT {} FROM {} AS input{}{}", select.empty() ? "*" : select,
                    offered_->table(), condition.empty() ? "" : " WHERE ", condition);
    TW_ASSIGN_OR_RETURN(const data::Columns columns, connection_->Describe(inner));
    TW_ASSIGN_OR_RETURN(const data::Columns stored, data::StoredColumns(columns));
    std::string list;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string name = duckdb::QuoteIdentifier(columns[i].name);
      list += i == 0 ? "" : ", ";
      // What no table can hold (hugeint sums ...) becomes the type that a table has for it.
      list += columns[i].type == stored[i].type
                  ? name
                  : fmt::format("CAST({0} AS {1}) AS {0}", name, stored[i].type);
    }
    sql_ = columns == stored ? inner : fmt::format("SELECT {} FROM ({})", list, inner);
    TW_ASSIGN_OR_RETURN(schema_, data::ToArrow(stored));
    return {};
  }

  data::SchemaRef schema() const override { return schema_; }

  Result<data::Batch> Eval(const data::Batch& batch) override {
    source_->Set(batch);
    TW_ASSIGN_OR_RETURN(const auto stream,
                        connection_->Stream(sql_, {}, batch->num_rows() + 1, {}));
    arrow::RecordBatchVector parts;
    for (;;) {
      TW_ASSIGN_OR_RETURN(data::Batch part, stream->Next());
      if (part == nullptr) break;
      parts.push_back(std::move(part));
    }
    source_->Set(nullptr);
    if (parts.size() == 1) return parts[0];
    if (parts.empty()) {
      auto empty = arrow::RecordBatch::MakeEmpty(Unconst(schema_));
      if (!empty.ok()) return data::FromArrowStatus(empty.status(), "cannot make an empty batch");
      return *empty;
    }
    auto joined = arrow::ConcatenateRecordBatches(parts);
    if (!joined.ok()) return data::FromArrowStatus(joined.status(), "cannot join batches");
    return *joined;
  }

 private:
  // The offer must go before the source, and both before the connection's statements are used
  // again.
  std::unique_ptr<duckdb::Connection> connection_;
  std::shared_ptr<CurrentBatch> source_;
  std::unique_ptr<duckdb::OfferedRows> offered_;
  std::string sql_;
  data::SchemaRef schema_;
};

}  // namespace

component::MakeEvaluator MakeDuckDbEvaluator(duckdb::Database& database) {
  return [&database](
             const data::SchemaRef& input, const std::string& select,
             const std::string& condition) -> Result<std::unique_ptr<component::BatchEvaluator>> {
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
