#include "duckdb/row_function.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "duckdb/handle.h"
#include "duckdb/vector_writer.h"

namespace thalweg::duckdb {
namespace {

constexpr const char* kName = "thalweg_rows";
using TableFunctionHandle = Handle<duckdb_table_function, duckdb_destroy_table_function>;

/// What is read under one number.
struct Entry {
  std::shared_ptr<RowSource> source;
  std::vector<TypeHandle> types;
  mutable std::mutex mutex;
  Status failure;

  void Fail(const Status& status) {
    const std::lock_guard lock(mutex);
    if (failure.ok()) failure = status;
  }
};
using EntryRef = std::shared_ptr<Entry>;

/// One reading thread.
struct Reading {
  std::unique_ptr<RowSource::Cursor> cursor;
  std::vector<int> columns;  ///< by column of the chunk; -1: one that holds nothing
  data::Batch batch;
  std::int64_t at = 0;
};

template <typename T>
void Delete(void* object) {
  delete static_cast<T*>(object);
}

}  // namespace

class RowFunction::Registry {
 public:
  std::int64_t Add(EntryRef entry) {
    const std::lock_guard lock(mutex_);
    entries_.emplace(++last_, std::move(entry));
    return last_;
  }
  void Remove(std::int64_t number) {
    const std::lock_guard lock(mutex_);
    entries_.erase(number);
  }
  EntryRef Find(std::int64_t number) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(number);
    return found == entries_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, EntryRef> entries_;
  std::int64_t last_ = 0;
};

class RowFunction::Offered : public OfferedRows {
 public:
  Offered(std::shared_ptr<Registry> registry, EntryRef entry)
      : registry_(std::move(registry)),
        entry_(std::move(entry)),
        number_(registry_->Add(entry_)),
        table_(fmt::format("{}({})", kName, number_)) {}
  ~Offered() override { registry_->Remove(number_); }

  const std::string& table() const override { return table_; }
  Status failure() const override {
    const std::lock_guard lock(entry_->mutex);
    return entry_->failure;
  }

 private:
  const std::shared_ptr<Registry> registry_;
  const EntryRef entry_;
  const std::int64_t number_;
  const std::string table_;
};

/// What DuckDB calls: bind once per statement, open once per thread, read per chunk.
struct RowCallbacks {
  static void Bind(duckdb_bind_info info) {
    const auto& registry =
        *static_cast<std::shared_ptr<RowFunction::Registry>*>(duckdb_bind_get_extra_info(info));
    const ValueHandle number(duckdb_bind_get_parameter(info, 0));
    const EntryRef entry = registry->Find(duckdb_get_int64(number.get()));
    if (entry == nullptr) return duckdb_bind_set_error(info, "these rows are not offered any more");
    const data::Columns& columns = entry->source->columns();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      duckdb_bind_add_result_column(info, columns[i].name.c_str(), entry->types[i].get());
    }
    duckdb_bind_set_bind_data(info, new EntryRef(entry), Delete<EntryRef>);
  }

  static void Start(duckdb_init_info info) {
    const EntryRef& entry = *static_cast<EntryRef*>(duckdb_init_get_bind_data(info));
    duckdb_init_set_max_threads(info, static_cast<idx_t>(std::max(entry->source->threads(), 1)));
  }

  static void Open(duckdb_init_info info) {
    const EntryRef& entry = *static_cast<EntryRef*>(duckdb_init_get_bind_data(info));
    Result<std::unique_ptr<RowSource::Cursor>> cursor = entry->source->Open();
    if (!cursor.ok()) {
      entry->Fail(cursor.status());
      return duckdb_init_set_error(info, cursor.status().message().c_str());
    }
    auto reading = std::make_unique<Reading>();
    reading->cursor = *std::move(cursor);
    for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
      // Beyond the columns lie those that DuckDB makes up: count(*) reads one.
      const idx_t column = duckdb_init_get_column_index(info, i);
      reading->columns.push_back(column < entry->types.size() ? static_cast<int>(column) : -1);
    }
    duckdb_init_set_init_data(info, reading.release(), Delete<Reading>);
  }

  static void Read(duckdb_function_info info, duckdb_data_chunk output) {
    const EntryRef& entry = *static_cast<EntryRef*>(duckdb_function_get_bind_data(info));
    Reading& reading = *static_cast<Reading*>(duckdb_function_get_local_init_data(info));
    while (reading.batch == nullptr || reading.at == reading.batch->num_rows()) {
      Result<data::Batch> next = reading.cursor->Next();
      if (!next.ok()) {
        entry->Fail(next.status());
        return duckdb_function_set_error(info, next.status().message().c_str());
      }
      if (*next == nullptr) return duckdb_data_chunk_set_size(output, 0);
      reading.batch = *std::move(next);
      reading.at = 0;
    }
    const std::int64_t count = std::min<std::int64_t>(
        reading.batch->num_rows() - reading.at, static_cast<std::int64_t>(duckdb_vector_size()));
    for (std::size_t i = 0; i < reading.columns.size(); ++i) {
      if (reading.columns[i] < 0) continue;
      WriteVector(*reading.batch->column(reading.columns[i]), reading.at, count,
                  duckdb_data_chunk_get_vector(output, i));
    }
    duckdb_data_chunk_set_size(output, static_cast<idx_t>(count));
    reading.at += count;
  }
};

RowFunction::RowFunction() : registry_(std::make_shared<Registry>()) {}
RowFunction::~RowFunction() = default;

Status RowFunction::Register(duckdb_connection connection) {
  const TableFunctionHandle function(duckdb_create_table_function());
  const TypeHandle number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_set_name(function.get(), kName);
  duckdb_table_function_add_parameter(function.get(), number.get());
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  duckdb_table_function_set_extra_info(function.get(), new std::shared_ptr<Registry>(registry_),
                                       Delete<std::shared_ptr<Registry>>);
  duckdb_table_function_set_bind(function.get(), RowCallbacks::Bind);
  duckdb_table_function_set_init(function.get(), RowCallbacks::Start);
  duckdb_table_function_set_local_init(function.get(), RowCallbacks::Open);
  duckdb_table_function_set_function(function.get(), RowCallbacks::Read);
  if (duckdb_register_table_function(connection, function.get()) == DuckDBError) {
    return Status::Internal("the table function for rows cannot be registered");
  }
  return {};
}

Result<std::unique_ptr<OfferedRows>> RowFunction::Offer(std::shared_ptr<RowSource> source) {
  auto entry = std::make_shared<Entry>();
  for (const data::Column& column : source->columns()) {
    TW_ASSIGN_OR_RETURN(TypeHandle type, MakeLogicalType(column));
    entry->types.push_back(std::move(type));
  }
  entry->source = std::move(source);
  return std::make_unique<Offered>(registry_, std::move(entry));
}

}  // namespace thalweg::duckdb
