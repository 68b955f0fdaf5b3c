#include "catalog/cache_rows.h"

namespace thalweg::catalog {

Result<std::optional<std::string>> ReadCache(Connection& db, std::string_view kind,
                                             const std::string& key) {
  Query rows(db, "SELECT value FROM cache WHERE kind = ? AND key = ?", kind, key);
  std::optional<std::string> value;
  if (rows.Next()) rows.Into(value);
  TW_RETURN_IF_ERROR(rows.status());
  return value;
}

Status WriteCache(Connection& db, Instant now, std::string_view kind,
                  std::span<const std::pair<std::string, std::string>> entries) {
  for (const auto& [key, value] : entries) {
    TW_RETURN_IF_ERROR(db.Run(
        "INSERT INTO cache (kind, key, value, written) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, written = excluded.written",
        kind, key, value, now));
  }
  return Status::Ok();
}

Status ForgetCache(Connection& db, Instant oldest) {
  return db.Run("DELETE FROM cache WHERE written < ?", oldest);
}

}  // namespace thalweg::catalog
