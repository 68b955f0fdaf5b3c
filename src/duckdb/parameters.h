#pragma once

#include <span>

#include <duckdb.h>

#include "base/status.h"
#include "component/engine.h"

namespace thalweg::duckdb {

/// Gives every parameter of the statement its value (see Connection). A parameter without a value
/// is kInvalid, slug "unknown-parameter"; a text that is no value of its type kInvalid, slug
/// "conversion-failed".
Status BindParameters(duckdb_prepared_statement statement,
                      std::span<const component::Parameter> parameters);

}  // namespace thalweg::duckdb
