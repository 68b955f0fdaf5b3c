#include "duckdb/database.h"

#include <atomic>
#include <mutex>
#include <utility>

#include <duckdb.h>
#include <fmt/format.h>

#include "data/quoting.h"
#include "duckdb/connection.h"
#include "duckdb/handle.h"
#include "duckdb/row_function.h"

namespace thalweg::duckdb {
namespace {

/// What a connection may still set after the configuration is locked: its own progress.
constexpr std::string_view kAllowedSettings =
    "['enable_progress_bar', 'enable_progress_bar_print', 'progress_bar_time']";

std::string ListOf(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ", ";
    list += data::QuoteLiteral(text);
  }
  return list + "]";
}

class DatabaseImpl : public Database {
 public:
  DatabaseImpl(DatabaseHandle database, Bytes memory_limit)
      : database_(std::move(database)), memory_limit_(memory_limit) {}

  Result<std::unique_ptr<Connection>> Connect() override {
    TW_ASSIGN_OR_RETURN(ConnectionHandle connection, OpenConnection());
    return MakeConnection(std::move(connection));
  }

  Status Confine(const std::vector<std::string>& directories,
                 const std::vector<std::string>& files) override {
    if (confined_.exchange(true)) {
      return Status(Code::kConflict, Fault::kBug, "the database is confined already");
    }
    TW_ASSIGN_OR_RETURN(const auto connection, Connect());
    TW_RETURN_IF_ERROR(connection->Execute("SET allowed_directories = " + ListOf(directories)));
    TW_RETURN_IF_ERROR(connection->Execute("SET allowed_paths = " + ListOf(files)));
    TW_RETURN_IF_ERROR(connection->Execute("SET enable_external_access = false"));
    TW_RETURN_IF_ERROR(
        connection->Execute(fmt::format("SET allowed_configs = {}", kAllowedSettings)));
    return connection->Execute("SET lock_configuration = true");
  }

  Result<std::unique_ptr<OfferedRows>> Offer(std::shared_ptr<RowSource> source) override {
    return row_function_.Offer(std::move(source));
  }

  /// Once, before anybody else sees the database.
  Status Prepare(Bytes spill_limit) {
    TW_ASSIGN_OR_RETURN(ConnectionHandle handle, OpenConnection());
    TW_RETURN_IF_ERROR(row_function_.Register(handle.get()));
    const auto connection = MakeConnection(std::move(handle));
    if (spill_limit > Bytes()) {
      // In the configuration at open it would be shown, and not obeyed.
      TW_RETURN_IF_ERROR(connection->Execute(
          fmt::format("SET max_temp_directory_size = '{}B'", spill_limit.value)));
    }
    // Known only once the built-in icu extension is there.
    return connection->Execute("SET GLOBAL TimeZone = 'UTC'");
  }

  Result<Usage> Used() override {
    const std::lock_guard lock(monitor_mutex_);
    if (monitor_ == nullptr) {
      TW_ASSIGN_OR_RETURN(monitor_, Connect());
    }
    TW_ASSIGN_OR_RETURN(
        const Connection::Rows rows,
        monitor_->Fetch("SELECT CAST(sum(memory_usage_bytes) AS bigint), "
                        "CAST(sum(temporary_storage_bytes) AS bigint) FROM duckdb_memory()"));
    const auto bytes = [&](std::size_t i) {
      return Bytes(std::stoll(rows.at(0).at(i).value_or("0")));
    };
    return Usage{.memory = bytes(0), .spilled = bytes(1)};
  }

  Bytes memory_limit() const override { return memory_limit_; }

 private:
  Result<ConnectionHandle> OpenConnection() {
    ConnectionHandle connection;
    if (duckdb_connect(database_.get(), connection.out()) == DuckDBError) {
      return Status::Internal("the embedded database gives no connection");
    }
    return connection;
  }

  DatabaseHandle database_;
  const Bytes memory_limit_;
  std::atomic<bool> confined_ = false;
  RowFunction row_function_;
  std::mutex monitor_mutex_;
  std::unique_ptr<Connection> monitor_;
};

Result<ConfigHandle> MakeConfig(const DatabaseOptions& options) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"allow_persistent_secrets", "false"},
      {"default_null_order", "NULLS_FIRST_ON_ASC_LAST_ON_DESC"},
      {"ieee_floating_point_ops", "false"},
      {"preserve_insertion_order", "false"},
      {"errors_as_json", "true"},
      {"memory_limit", fmt::format("{}B", options.memory_limit.value)},
      {"temp_directory", options.spill_directory},
  };
  if (options.threads > 0) settings.emplace_back("threads", std::to_string(options.threads));
  ConfigHandle config;
  if (duckdb_create_config(config.out()) == DuckDBError)
    return Status::Internal("no configuration");
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config.get(), name.c_str(), value.c_str()) == DuckDBError) {
      return Status::Internal(
          fmt::format("the database refuses a setting name={} value={}", name, value));
    }
  }
  return config;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const DatabaseOptions& options) {
  TW_ASSIGN_OR_RETURN(const ConfigHandle config, MakeConfig(options));
  DatabaseHandle handle;
  char* error = nullptr;
  if (duckdb_open_ext(nullptr, handle.out(), config.get(), &error) == DuckDBError) {
    return FromDuckDbError(0, TakeText(error)).Annotate("cannot open the embedded database");
  }
  auto database = std::make_unique<DatabaseImpl>(std::move(handle), options.memory_limit);
  TW_RETURN_IF_ERROR(database->Prepare(options.spill_limit));
  return std::unique_ptr<Database>(std::move(database));
}

std::string Database::Version() {
  std::string version = duckdb_library_version();
  if (!version.empty() && version.front() == 'v') version.erase(0, 1);
  return version;
}

}  // namespace thalweg::duckdb
