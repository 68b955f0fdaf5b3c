#include "duckdb/connection.h"

#include <functional>
#include <utility>

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "data/arrow_status.h"
#include "duckdb/arrow_converter.h"
#include "duckdb/logical_type.h"
#include "duckdb/parameters.h"

namespace thalweg::duckdb {
namespace {

using component::Parameter;
using StopCallback = std::stop_callback<std::function<void()>>;

/// A batch is closed early at this size, so that wide rows neither pile up nor overflow 32-bit
/// offsets.
constexpr std::int64_t kBatchBytes = 16 << 20;

/// Makes the progress of a connection's statements known, without printing it.
constexpr const char* kTracking[] = {
    "SET enable_progress_bar = true",
    "SET enable_progress_bar_print = false",
    "SET progress_bar_time = 0",
};

Status UntypedParameter() {
  return Status::Invalid("the columns depend on a parameter whose type is not known")
      .WithHint("write CAST($name AS type)");
}

Status Cancelled() {
  return Status::Cancelled("the statement was stopped");
}

/// Length in code points of the word, number or sign at `offset`.
int TokenLength(std::string_view sql, std::size_t offset) {
  const auto is_word = [](char c) {
    return c == '_' || IsLetter(c) || IsDigit(c) || static_cast<unsigned char>(c) >= 0x80;
  };
  std::size_t end = offset;
  if (sql[offset] == '"' || sql[offset] == '\'') {
    const std::size_t close = sql.find(sql[offset], offset + 1);
    end = close == std::string_view::npos ? offset + 1 : close + 1;
  } else {
    while (end < sql.size() && is_word(sql[end])) ++end;
    // A qualified name is one thing to point at.
    while (end + 1 < sql.size() && end > offset && sql[end] == '.' && is_word(sql[end + 1])) {
      for (++end; end < sql.size() && is_word(sql[end]);) ++end;
    }
    if (end == offset) ++end;
  }
  return static_cast<int>(CountCodePoints(sql.substr(offset, end - offset)));
}

Result<PreparedHandle> Prepare(duckdb_connection connection, const std::string& sql) {
  PreparedHandle statement;
  if (duckdb_prepare(connection, sql.c_str(), statement.out()) == DuckDBError) {
    const char* message = statement ? duckdb_prepare_error(statement.get()) : nullptr;
    return FailedStatement(sql, 0, message == nullptr ? "" : message);
  }
  return statement;
}

/// Stops the query of a connection when asked to, from the moment it is made.
class Interrupter {
 public:
  Interrupter(duckdb_connection connection, const std::stop_token& stop)
      : callback_(stop, [connection] { duckdb_interrupt(connection); }) {}

 private:
  StopCallback callback_;
};

class StreamImpl : public ResultStream {
 public:
  StreamImpl(duckdb_connection connection, std::int64_t batch_rows, std::stop_token stop)
      : connection_(connection), batch_rows_(batch_rows), stop_(std::move(stop)) {}
  StreamImpl(const StreamImpl&) = delete;
  StreamImpl& operator=(const StreamImpl&) = delete;

  ~StreamImpl() override {
    interrupter_.reset();
    if (ended_) return;
    duckdb_interrupt(connection_);
    duckdb_destroy_result(result_.out());
    // DuckDB keeps the tasks and buffers of an abandoned query until the connection runs another
    // one.
    duckdb_query(connection_, "SELECT 1", nullptr);
  }

  Status Start(const std::string& sql, std::span<const Parameter> parameters) {
    sql_ = sql;
    TW_ASSIGN_OR_RETURN(statement_, Prepare(connection_, sql));
    TW_RETURN_IF_ERROR(BindParameters(statement_.get(), parameters));
    PendingHandle pending;
    if (duckdb_pending_prepared_streaming(statement_.get(), pending.out()) == DuckDBError) {
      ended_ = true;
      return FailedStatement(sql_, 0, duckdb_pending_error(pending.get()));
    }
    // Only now: the start of a query takes back an earlier interrupt.
    interrupter_.emplace(connection_, stop_);
    if (duckdb_execute_pending(pending.get(), result_.out()) == DuckDBError) return Failure();
    TW_ASSIGN_OR_RETURN(converter_, ArrowConverter::Make(result_.get()));
    return {};
  }

  data::SchemaRef schema() const override { return converter_->schema(); }
  const data::Columns& columns() const override { return converter_->columns(); }

  Result<data::Batch> Next() override {
    while (!ended_ && converter_->pending_rows() < batch_rows_ &&
           converter_->pending_bytes() < kBatchBytes) {
      const ChunkHandle chunk(duckdb_fetch_chunk(result_.get()));
      if (!chunk) {
        const char* error = duckdb_result_error(result_.out());
        if (error != nullptr && *error != '\0') return Failure();
        if (stop_.stop_requested()) return Failure();
        ended_ = true;
        break;
      }
      TW_RETURN_IF_ERROR(converter_->Add(chunk.get()));
    }
    if (converter_->pending_rows() == 0) return data::Batch();
    return converter_->Take();
  }

 private:
  Status Failure() {
    ended_ = true;
    if (stop_.stop_requested()) return Cancelled();
    const char* error = duckdb_result_error(result_.out());
    return FailedStatement(sql_, static_cast<int>(duckdb_result_error_type(result_.out())),
                           error == nullptr ? "" : error);
  }

  const duckdb_connection connection_;
  const std::int64_t batch_rows_;
  const std::stop_token stop_;
  std::string sql_;
  PreparedHandle statement_;
  ResultHandle result_;
  std::unique_ptr<ArrowConverter> converter_;
  std::optional<Interrupter> interrupter_;
  bool ended_ = false;
};

class PreparedImpl : public PreparedQuery {
 public:
  PreparedImpl(std::string sql, PreparedHandle statement)
      : sql_(std::move(sql)), statement_(std::move(statement)) {}

  Result<data::Batch> Run() override {
    ResultHandle result;
    if (duckdb_execute_prepared_streaming(statement_.get(), result.out()) == DuckDBError)
      return Failure(result);
    if (converter_ == nullptr) {
      TW_ASSIGN_OR_RETURN(converter_, ArrowConverter::Make(result.get()));
    }
    for (;;) {
      const ChunkHandle chunk(duckdb_fetch_chunk(result.get()));
      if (!chunk) break;
      TW_RETURN_IF_ERROR(converter_->Add(chunk.get()));
    }
    const char* error = duckdb_result_error(result.out());
    if (error != nullptr && *error != '\0') {
      converter_.reset();
      return Failure(result);
    }
    if (converter_->pending_rows() > 0) return converter_->Take();
    auto empty =
        arrow::RecordBatch::MakeEmpty(std::const_pointer_cast<arrow::Schema>(converter_->schema()));
    if (!empty.ok()) return data::FromArrowStatus(empty.status(), "making an empty batch");
    return *std::move(empty);
  }

 private:
  Status Failure(ResultHandle& result) const {
    const char* error = duckdb_result_error(result.out());
    return FailedStatement(sql_, static_cast<int>(duckdb_result_error_type(result.out())),
                           error == nullptr ? "" : error);
  }

  const std::string sql_;
  const PreparedHandle statement_;
  std::unique_ptr<ArrowConverter> converter_;
};

class ConnectionImpl : public Connection {
 public:
  explicit ConnectionImpl(ConnectionHandle connection) : connection_(std::move(connection)) {}

  Status Execute(const std::string& sql) override {
    ResultHandle result;
    if (duckdb_query(connection_.get(), sql.c_str(), result.out()) == DuckDBError) {
      return ResultFailure(sql, result);
    }
    return {};
  }

  Result<Rows> Fetch(const std::string& sql,
                     std::span<const std::string> text_parameters) override {
    TW_ASSIGN_OR_RETURN(PreparedHandle statement, duckdb::Prepare(connection_.get(), sql));
    if (!GivesTexts(statement)) {
      TW_ASSIGN_OR_RETURN(
          statement, duckdb::Prepare(connection_.get(),
                                     "SELECT CAST(COLUMNS(*) AS varchar) FROM (" + sql + "\n)"));
    }
    for (std::size_t i = 0; i < text_parameters.size(); ++i) {
      const std::string& text = text_parameters[i];
      if (duckdb_bind_varchar_length(statement.get(), i + 1, text.data(), text.size()) ==
          DuckDBError) {
        return Status::Internal(fmt::format("the statement has no parameter ${}", i + 1));
      }
    }
    ResultHandle result;
    if (duckdb_execute_prepared(statement.get(), result.out()) == DuckDBError) {
      return ResultFailure(sql, result);
    }
    return AllRows(result);
  }

  Result<data::Columns> Describe(const std::string& sql) override {
    TW_ASSIGN_OR_RETURN(const PreparedHandle statement, duckdb::Prepare(connection_.get(), sql));
    data::Columns columns;
    const idx_t count = duckdb_prepared_statement_column_count(statement.get());
    for (idx_t i = 0; i < count; ++i) {
      const TypeHandle type(duckdb_prepared_statement_column_logical_type(statement.get(), i));
      if (duckdb_get_type_id(type.get()) == DUCKDB_TYPE_INVALID) return UntypedParameter();
      char* name = const_cast<char*>(duckdb_prepared_statement_column_name(statement.get(), i));
      columns.push_back({.field_id = 0, .name = TakeText(name), .type = CanonicalName(type.get())});
    }
    return columns;
  }

  Result<std::unique_ptr<ResultStream>> Stream(const std::string& sql,
                                               std::span<const Parameter> parameters,
                                               std::int64_t batch_rows,
                                               std::stop_token stop) override {
    auto stream = std::make_unique<StreamImpl>(connection_.get(), batch_rows, std::move(stop));
    TW_RETURN_IF_ERROR(stream->Start(sql, parameters));
    return std::unique_ptr<ResultStream>(std::move(stream));
  }

  Result<std::unique_ptr<PreparedQuery>> Prepare(const std::string& sql) override {
    TW_ASSIGN_OR_RETURN(PreparedHandle statement, duckdb::Prepare(connection_.get(), sql));
    return std::make_unique<PreparedImpl>(sql, std::move(statement));
  }

  Result<std::int64_t> Run(const std::string& sql, std::span<const Parameter> parameters,
                           std::stop_token stop) override {
    TW_RETURN_IF_ERROR(Track());
    TW_ASSIGN_OR_RETURN(const PreparedHandle statement, duckdb::Prepare(connection_.get(), sql));
    TW_RETURN_IF_ERROR(BindParameters(statement.get(), parameters));
    PendingHandle pending;
    if (duckdb_pending_prepared(statement.get(), pending.out()) == DuckDBError) {
      return FailedStatement(sql, 0, duckdb_pending_error(pending.get()));
    }
    // Only now: the start of a query takes back an earlier interrupt.
    const Interrupter interrupter(connection_.get(), stop);
    ResultHandle result;
    if (duckdb_execute_pending(pending.get(), result.out()) == DuckDBError) {
      if (stop.stop_requested()) return Cancelled();
      return ResultFailure(sql, result);
    }
    return static_cast<std::int64_t>(duckdb_rows_changed(result.out()));
  }

  void Interrupt() override { duckdb_interrupt(connection_.get()); }

  double Progress() override {
    const duckdb_query_progress_type progress = duckdb_query_progress(connection_.get());
    return progress.percentage < 0 ? -1 : progress.percentage / 100;
  }

 private:
  static Status ResultFailure(const std::string& sql, ResultHandle& result) {
    const char* error = duckdb_result_error(result.out());
    return FailedStatement(sql, static_cast<int>(duckdb_result_error_type(result.out())),
                           error == nullptr ? "" : error);
  }

  /// Whether the C API can turn every column into text by itself.
  static bool GivesTexts(const PreparedHandle& statement) {
    const idx_t columns = duckdb_prepared_statement_column_count(statement.get());
    for (idx_t i = 0; i < columns; ++i) {
      switch (duckdb_prepared_statement_column_type(statement.get(), i)) {
        case DUCKDB_TYPE_BOOLEAN:
        case DUCKDB_TYPE_INTEGER:
        case DUCKDB_TYPE_BIGINT:
        case DUCKDB_TYPE_VARCHAR:
          break;
        default:
          return false;
      }
    }
    return true;
  }

  static Result<Rows> AllRows(ResultHandle& result) {
    Rows rows(duckdb_row_count(result.out()));
    const idx_t columns = duckdb_column_count(result.out());
    for (idx_t column = 0; column < columns; ++column) {
      for (idx_t row = 0; row < rows.size(); ++row) {
        if (duckdb_value_is_null(result.out(), column, row)) {
          rows[row].emplace_back();
          continue;
        }
        const duckdb_string text = duckdb_value_string(result.out(), column, row);
        rows[row].emplace_back(std::string(text.data, text.size));
        duckdb_free(text.data);
      }
    }
    return rows;
  }

  /// Switched on by the first statement that needs it: settings cost as much as small statements.
  Status Track() {
    if (tracking_) return {};
    for (const char* setting : kTracking) TW_RETURN_IF_ERROR(Execute(setting));
    tracking_ = true;
    return {};
  }

  ConnectionHandle connection_;
  bool tracking_ = false;
};

}  // namespace

std::unique_ptr<Connection> MakeConnection(ConnectionHandle connection) {
  return std::make_unique<ConnectionImpl>(std::move(connection));
}

Status FailedStatement(const std::string& sql, int error_type, std::string_view message) {
  const Status status = FromDuckDbError(error_type, message);
  if (!status.place()) return status;
  Place place = *status.place();
  const std::size_t offset = static_cast<std::size_t>(place.column - 1);
  if (offset >= sql.size()) return status;
  place.length = TokenLength(sql, offset);
  return status.WithPlace(std::move(place));
}

}  // namespace thalweg::duckdb
