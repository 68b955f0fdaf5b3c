#include "catalog/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "catalog/fault_vfs.h"

namespace thalweg::catalog {
namespace {

constexpr int kBusyTimeoutMs = 30'000;

// temp_store: nothing of the catalog goes to a temporary directory. wal_autocheckpoint: as many
// pages as one block of the WAL's index covers, so that looking a page up stays one step.
constexpr const char* kSettings =
    "PRAGMA foreign_keys = ON;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA wal_autocheckpoint = 4000;";

Status Fresh(Code code, Fault fault, std::string message, const char* hint) {
  return Status(code, fault, std::move(message)).WithHint(hint);
}

}  // namespace

Status FromSqlite(sqlite3* database, int code, std::string_view what) {
  const char* const said = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  std::string message = fmt::format("catalog: {}: {}", what, said);
  const int extended = database != nullptr ? sqlite3_extended_errcode(database) : code;
  const int error = database != nullptr ? sqlite3_system_errno(database) : 0;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Fresh(Code::kDiskFull, Fault::kResource, std::move(message),
                   "free some space, then try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fresh(Code::kCorrupt, Fault::kExternal, std::move(message),
                   "run `thalweg doctor`; restore catalog.db from a backup");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fresh(Code::kConflict, Fault::kExternal, std::move(message),
                   "another process has been writing for 30 s: wait for it, then try again")
          .WithSlug("catalog-busy")
          .Retryable();
    case SQLITE_NOMEM:
      return Fresh(Code::kOutOfMemory, Fault::kResource, std::move(message),
                   "free some memory, then try again");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Fresh(Code::kIo, Fault::kUser, std::move(message),
                   "check the owner and the permissions of the home");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      message += fmt::format(" sqlite={}", extended);
      if (error != 0) message += ": " + std::generic_category().message(error);
      if (error == ENOSPC || error == EDQUOT) {
        return Fresh(Code::kDiskFull, Fault::kResource, std::move(message),
                     "free some space, then try again");
      }
      return Fresh(Code::kIo, Fault::kExternal, std::move(message),
                   "check the disk and the permissions of the home, then try again");
    case SQLITE_CONSTRAINT:
    default:
      return Status::Internal(fmt::format("{} sqlite={}", message, extended));
  }
}

void Connection::Closer::operator()(sqlite3* database) const {
  sqlite3_close(database);
}
void Connection::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path) {
  sqlite3* opened = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, CatalogVfs());
  std::unique_ptr<sqlite3, Closer> database(opened);
  if (code != SQLITE_OK) return FromSqlite(opened, code, "cannot open " + path);
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
  // A string in double quotes is a mistake of ours, never text.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  std::unique_ptr<Connection> connection(new Connection(std::move(database)));
  TW_RETURN_IF_ERROR(connection->Script(kSettings));
  return connection;
}

Connection::~Connection() {
  statements_.clear();
}

Status Connection::Script(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status::Ok() : FromSqlite(database_.get(), code, "cannot execute");
}

std::int64_t Connection::changed() const {
  return sqlite3_changes64(database_.get());
}

Result<sqlite3_stmt*> Connection::Prepared(std::string_view sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end()) return kept->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return FromSqlite(database_.get(), code, "cannot prepare a statement");
  return statements_.emplace(sql, Statement(statement)).first->second.get();
}

Status Connection::Set(Durability durability) {
  if (durability == durability_) return Status::Ok();
  // A PRAGMA takes effect when it is prepared, so a kept statement would do nothing.
  TW_RETURN_IF_ERROR(Script(durability == Durability::kDurable ? "PRAGMA synchronous = FULL"
                                                               : "PRAGMA synchronous = NORMAL"));
  durability_ = durability;
  return Status::Ok();
}

Status Connection::BeginWrite(Durability durability) {
  TW_RETURN_IF_ERROR(broken_);
  TW_RETURN_IF_ERROR(Set(durability));
  return Run("BEGIN IMMEDIATE");
}

Status Connection::BeginRead() {
  return Run("BEGIN");
}

Status Connection::Commit() {
  Status status = Run("COMMIT");
  if (status.ok()) return status;
  const int code = sqlite3_extended_errcode(database_.get());
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
    broken_ = status.WithSlug("sync-failed")
                  .WithHint("check the disk, then start again: `thalweg resume` goes on");
    status = broken_;
  }
  Rollback();
  return status;
}

void Connection::Rollback() {
  if (sqlite3_get_autocommit(database_.get()) != 0) return;  // SQLite has done it already
  const Status status = Run("ROLLBACK");
  TW_CHECK(status.ok() || sqlite3_get_autocommit(database_.get()) != 0);
}

Query::Query(Connection& connection, std::string_view sql, Unbound arguments) {
  auto prepared = connection.Prepared(sql);
  if (!prepared.ok()) {
    status_ = prepared.status();
    return;
  }
  statement_ = *prepared;
  TW_CHECK(sqlite3_stmt_busy(statement_) == 0);
  TW_CHECK(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_)) ==
           arguments.expected);
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::Next() {
  if (statement_ == nullptr || !status_.ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    Fail(FromSqlite(sqlite3_db_handle(statement_), code, sqlite3_sql(statement_)));
  }
  return false;
}

void Query::BindNull(int index) {
  if (statement_ != nullptr) TW_CHECK(sqlite3_bind_null(statement_, index) == SQLITE_OK);
}

void Query::BindInteger(int index, std::int64_t value) {
  if (statement_ != nullptr) TW_CHECK(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK);
}

void Query::BindText(int index, std::string_view text) {
  if (statement_ == nullptr) return;
  // An empty view may have a null pointer, which SQLite would take for NULL.
  const char* const bytes = text.empty() ? "" : text.data();
  const int code =
      sqlite3_bind_text64(statement_, index, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK)
    Fail(FromSqlite(sqlite3_db_handle(statement_), code, "cannot pass a text"));
}

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Query::Text(int column) const {
  const auto* const bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

}  // namespace thalweg::catalog
