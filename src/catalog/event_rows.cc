#include "catalog/event_rows.h"

namespace thalweg::catalog {

Status InsertEvent(Connection& db, const EventRecord& event) {
  return db.Run(
      "INSERT INTO events (id, at, run_number, node, what, actor, reason) "
      "VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM events), ?, ?, ?, ?, ?, ?)",
      event.at, event.run_number, event.node, event.what, event.actor, event.reason);
}

Result<std::vector<EventRecord>> ListEvents(Connection& db, std::int64_t run_number,
                                            std::int64_t after_id, int limit) {
  Query rows(db,
             "SELECT id, at, run_number, node, what, actor, reason FROM events "
             "WHERE run_number = ? AND id > ? ORDER BY id LIMIT ?",
             run_number, after_id, limit);
  std::vector<EventRecord> events;
  while (rows.Next()) {
    EventRecord& event = events.emplace_back();
    rows.Into(event.id, event.at, event.run_number, event.node, event.what, event.actor,
              event.reason);
  }
  TW_RETURN_IF_ERROR(rows.status());
  return events;
}

}  // namespace thalweg::catalog
