#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "catalog/records.h"

struct sqlite3;
struct sqlite3_stmt;

namespace thalweg::catalog {

/// SQLite's failure as ours: the only conversion. `database` may be null. A full disk is kDiskFull,
/// a damaged file kCorrupt, a writer that did not end in time kConflict (retryable), a broken
/// constraint a bug.
Status FromSqlite(sqlite3* database, int code, std::string_view what);

/// One connection to the catalog's file. Not thread-safe: its owner holds a mutex.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const std::string& path);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs a statement that gives no rows. `sql` must live as long as the program: prepared
  /// statements are kept by text.
  template <typename... A>
  Status Run(std::string_view sql, const A&... arguments);
  /// Rows that the last Run changed.
  std::int64_t changed() const;

  /// Runs statements that are needed once; not kept.
  Status Script(const std::string& sql);

  enum class Durability { kDurable, kNotDurable };
  /// Waits for the writer of another process, up to 30 s. After a failed fsync every further write
  /// is refused: the system has dropped the bytes, and its next fsync would claim that they are
  /// there.
  Status BeginWrite(Durability durability);
  /// What is read until Commit is one state.
  Status BeginRead();
  Status Commit();  ///< rolls back when it fails
  void Rollback();

 private:
  friend class Query;
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

  explicit Connection(std::unique_ptr<sqlite3, Closer> database) : database_(std::move(database)) {}
  Result<sqlite3_stmt*> Prepared(std::string_view sql);
  Status Set(Durability durability);

  std::unique_ptr<sqlite3, Closer> database_;
  std::unordered_map<std::string_view, Statement> statements_;
  Durability durability_ = Durability::kDurable;
  Status broken_;
};

/// A statement with its arguments, and its rows. A failure ends the rows and stays in status():
///   Query rows(db, "SELECT id, name FROM nodes WHERE pipeline = ?", pipeline);
///   while (rows.Next()) rows.Into(node.id, node.name);
///   TW_RETURN_IF_ERROR(rows.status());
/// Integers, booleans, text, ids (empty: NULL), instants (microseconds), bytes, states (their
/// names) and optionals of these.
class Query {
 public:
  template <typename... A>
  Query(Connection& connection, std::string_view sql, const A&... arguments)
      : Query(connection, sql, Unbound{sizeof...(A)}) {
    [[maybe_unused]] int index = 0;
    (Bind(++index, arguments), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool Next();
  const Status& status() const { return status_; }

  /// Reads the first columns of the current row.
  template <typename... T>
  void Into(T&... values) {
    int column = 0;
    (Read(column++, values), ...);
  }

 private:
  struct Unbound {
    std::size_t expected;
  };
  Query(Connection& connection, std::string_view sql, Unbound);

  void BindNull(int index);
  void BindInteger(int index, std::int64_t value);
  void BindText(int index, std::string_view text);
  bool IsNull(int column) const;
  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;  ///< until the next step
  void Fail(Status status);

  template <typename T>
  void Bind(int index, const T& value);
  template <typename T>
  void Read(int column, T& value);
  template <typename T>
  void Assign(T& value, Result<T> parsed) {
    if (parsed.ok()) {
      value = *parsed;
    } else {
      Fail(parsed.status());
    }
  }
  void Parse(std::string_view text, RunState& state) { Assign(state, ParseRunState(text)); }
  void Parse(std::string_view text, NodeState& state) { Assign(state, ParseNodeState(text)); }
  void Parse(std::string_view text, AttemptState& state) { Assign(state, ParseAttemptState(text)); }
  void Parse(std::string_view text, Decision& decision) { Assign(decision, ParseDecision(text)); }
  void Parse(std::string_view text, ReceiptState& state) { Assign(state, ParseReceiptState(text)); }

  sqlite3_stmt* statement_ = nullptr;
  Status status_;
};

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
void Query::Bind(int index, const T& value) {
  if constexpr (IsOptional<T>::value) {
    value ? Bind(index, *value) : BindNull(index);
  } else if constexpr (std::is_enum_v<T>) {
    BindText(index, ToString(value));
  } else if constexpr (std::is_integral_v<T>) {
    BindInteger(index, static_cast<std::int64_t>(value));
  } else if constexpr (std::is_same_v<T, Instant>) {
    BindInteger(index, value.time_since_epoch().count());
  } else if constexpr (std::is_same_v<T, Bytes>) {
    BindInteger(index, value.value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    BindText(index, value);
  } else {
    value.empty() ? BindNull(index) : BindText(index, value.str());
  }
}

template <typename T>
void Query::Read(int column, T& value) {
  if constexpr (IsOptional<T>::value) {
    value.reset();
    if (!IsNull(column)) Read(column, value.emplace());
  } else if constexpr (std::is_enum_v<T>) {
    Parse(Text(column), value);
  } else if constexpr (std::is_same_v<T, bool>) {
    value = Integer(column) != 0;
  } else if constexpr (std::is_integral_v<T>) {
    value = static_cast<T>(Integer(column));
  } else if constexpr (std::is_same_v<T, Instant>) {
    value = Instant(std::chrono::microseconds(Integer(column)));
  } else if constexpr (std::is_same_v<T, Bytes>) {
    value = Bytes(Integer(column));
  } else {
    value = T(std::string(Text(column)));
  }
}

template <typename... A>
Status Connection::Run(std::string_view sql, const A&... arguments) {
  Query query(*this, sql, arguments...);
  while (query.Next()) {
  }
  return query.status();
}

}  // namespace thalweg::catalog
