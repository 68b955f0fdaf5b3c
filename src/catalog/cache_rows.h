#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/sqlite.h"

namespace thalweg::catalog {

Result<std::optional<std::string>> ReadCache(Connection& db, std::string_view kind,
                                             const std::string& key);
Status WriteCache(Connection& db, Instant now, std::string_view kind,
                  std::span<const std::pair<std::string, std::string>> entries);
/// Entries are computed again when they are missing: what was written before `oldest` goes.
Status ForgetCache(Connection& db, Instant oldest);

}  // namespace thalweg::catalog
