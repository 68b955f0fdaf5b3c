#pragma once

#include <vector>

#include "catalog/records.h"
#include "catalog/sqlite.h"

namespace thalweg::catalog {

Status InsertEvent(Connection& db,
                   const EventRecord& event);  ///< gives the id; event.id does not count
Result<std::vector<EventRecord>> ListEvents(Connection& db, std::int64_t run_number,
                                            std::int64_t after_id, int limit);

}  // namespace thalweg::catalog
