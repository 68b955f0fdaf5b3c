#include "catalog/schema.h"

#include <string>

#include <fmt/format.h>

#include "catalog/migrations.h"

namespace thalweg::catalog {
namespace {

Result<int> ReadVersion(Connection& db) {
  int version = 0;
  Query rows(db, "PRAGMA user_version");
  if (rows.Next()) rows.Into(version);
  TW_RETURN_IF_ERROR(rows.status());
  return version;
}

Status CheckNotNewer(const Home& home, int version, int known) {
  if (version <= known) return Status::Ok();
  return Status::Unsupported(
             fmt::format("the catalog was made by a newer thalweg path={} schema={} known={}",
                         home.CatalogPath(), version, known))
      .WithSlug("newer-home")
      .WithHint("use the newer program, or another home with --home");
}

std::string ForSqlite(std::string_view sql) {
  std::string text(sql);
  for (std::size_t at; (at = text.find(kClustered)) != std::string::npos;) {
    text.replace(at, kClustered.size(), "WITHOUT ROWID");
  }
  return text;
}

Status RunMigrations(Connection& db, int from) {
  for (const Migration& migration : Migrations()) {
    if (migration.version <= from) continue;
    TW_RETURN_IF_ERROR(db.Script(ForSqlite(migration.sql)));
    TW_RETURN_IF_ERROR(db.Script(fmt::format("PRAGMA user_version = {}", migration.version)));
  }
  return Status::Ok();
}

Status Migrate(Connection& db, int from) {
  TW_RETURN_IF_ERROR(db.BeginWrite(Connection::Durability::kDurable));
  const Status status = RunMigrations(db, from);
  if (!status.ok()) {
    db.Rollback();
    return status;
  }
  return db.Commit();
}

}  // namespace

Status EnsureSchema(const Home& home, Connection& db) {
  const int known = Migrations().back().version;
  TW_ASSIGN_OR_RETURN(int version, ReadVersion(db));
  if (version == known) return Status::Ok();
  TW_RETURN_IF_ERROR(CheckNotNewer(home, version, known));
  TW_ASSIGN_OR_RETURN(const FileLock lock, home.LockLayout());
  // Somebody else may have done it while we waited.
  TW_ASSIGN_OR_RETURN(version, ReadVersion(db));
  TW_RETURN_IF_ERROR(CheckNotNewer(home, version, known));
  if (version == known) return Status::Ok();
  // The mode stays in the file; it can only be changed outside of a transaction.
  TW_RETURN_IF_ERROR(db.Script("PRAGMA journal_mode = WAL"));
  // With the first sync of its WAL SQLite syncs the directory too, and with it the name of the
  // database.
  return Migrate(db, version);
}

}  // namespace thalweg::catalog
