#pragma once

#include <memory>
#include <string>

#include "duckdb/database.h"
#include "duckdb/handle.h"

namespace thalweg::duckdb {

/// `connection` belongs to a database that outlives the result.
std::unique_ptr<Connection> MakeConnection(ConnectionHandle connection);

/// FromDuckDbError with the length of the token at the place.
Status FailedStatement(const std::string& sql, int error_type, std::string_view message);

}  // namespace thalweg::duckdb
