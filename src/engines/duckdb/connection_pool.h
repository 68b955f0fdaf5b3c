#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "duckdb/database.h"

namespace thalweg::engines {

/// Connections that were used before: their settings are made, their memory is warm. Thread-safe.
class ConnectionPool {
 public:
  explicit ConnectionPool(duckdb::Database& database) : database_(database) {}

  /// Goes back into the pool when destroyed.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<duckdb::Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->Return(std::move(connection_));
    }
    duckdb::Connection& operator*() const { return *connection_; }
    duckdb::Connection* operator->() const { return connection_.get(); }
    duckdb::Connection* get() const { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<duckdb::Connection> connection_;
  };

  Result<Lease> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Lease lease(*this, std::move(idle_.back()));
        idle_.pop_back();
        return lease;
      }
    }
    TW_ASSIGN_OR_RETURN(std::unique_ptr<duckdb::Connection> connection, database_.Connect());
    return Lease(*this, std::move(connection));
  }

 private:
  void Return(std::unique_ptr<duckdb::Connection> connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  duckdb::Database& database_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<duckdb::Connection>> idle_;
};

}  // namespace thalweg::engines
