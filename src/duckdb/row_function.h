#pragma once

#include <memory>

#include <duckdb.h>

#include "base/status.h"
#include "duckdb/database.h"

namespace thalweg::duckdb {

/// The table function behind Database::Offer: thalweg_rows(number) reads the source of that number.
class RowFunction {
 public:
  RowFunction();
  ~RowFunction();
  /// Once per database.
  Status Register(duckdb_connection connection);
  Result<std::unique_ptr<OfferedRows>> Offer(std::shared_ptr<RowSource> source);

 private:
  class Registry;
  class Offered;
  friend struct RowCallbacks;
  std::shared_ptr<Registry> registry_;
};

}  // namespace thalweg::duckdb
