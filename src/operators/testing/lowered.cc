#include "operators/testing/lowered.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "data/types.h"
#include "operators/testing/operator_harness.h"

namespace thalweg::operators::testing {
namespace {

class OneBatch : public duckdb::RowSource {
 public:
  explicit OneBatch(data::Batch batch)
      : batch_(std::move(batch)), columns_(data::FromArrow(*batch_->schema()).value()) {}
  const data::Columns& columns() const override { return columns_; }
  int threads() const override { return 1; }
  Result<std::unique_ptr<Cursor>> Open() override { return std::make_unique<Once>(batch_); }

 private:
  class Once : public Cursor {
   public:
    explicit Once(data::Batch batch) : batch_(std::move(batch)) {}
    Result<data::Batch> Next() override { return std::exchange(batch_, nullptr); }

   private:
    data::Batch batch_;
  };
  const data::Batch batch_;
  const data::Columns columns_;
};

}  // namespace

duckdb::Database& TestDatabase() {
  static const std::unique_ptr<duckdb::Database> database =
      duckdb::Database::Open({.memory_limit = Bytes::MiB(256), .threads = 1}).value();
  return *database;
}

std::vector<std::string> RunLowered(const std::string& sql,
                                    const std::vector<data::Batch>& inputs) {
  auto connection = TestDatabase().Connect().value();
  std::vector<std::unique_ptr<duckdb::OfferedRows>> offered;
  std::string with;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    offered.push_back(TestDatabase().Offer(std::make_shared<OneBatch>(inputs[i])).value());
    with += fmt::format("{}in_{} AS (SELECT * FROM {})", i == 0 ? "WITH " : ", ", i,
                        offered.back()->table());
  }
  auto stream = connection->Stream(with + " " + sql, {}, 1 << 20, {});
  if (!stream.ok()) return {stream.status().ToString()};
  std::vector<std::string> rows;
  for (;;) {
    auto batch = (*stream)->Next();
    if (!batch.ok()) return {batch.status().ToString()};
    if (*batch == nullptr) break;
    for (std::string& row : Render(*batch)) rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace thalweg::operators::testing
