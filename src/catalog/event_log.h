#pragma once

#include <cstdint>
#include <memory>

#include "base/file_system.h"
#include "catalog/catalog.h"
#include "catalog/home.h"

namespace thalweg::catalog {

/// runs/<n>/events.ndjson: the run's events from the catalog as lines of JSON, for people and their
/// tools. A mirror: best effort, never synced, made anew from the catalog by whoever executes the
/// run (and holds its RunLock). One thread.
class EventLog {
 public:
  /// Starts the file over with all events so far.
  static Result<std::unique_ptr<EventLog>> Open(const Home& home, Catalog& catalog,
                                                std::int64_t run_number);

  /// Appends the events since the last call, also those of other processes (an approval, a
  /// cancellation).
  Status CatchUp();

 private:
  EventLog(Catalog& catalog, std::int64_t run_number, std::unique_ptr<WritableFile> file)
      : catalog_(catalog), run_number_(run_number), file_(std::move(file)) {}

  Catalog& catalog_;
  const std::int64_t run_number_;
  std::unique_ptr<WritableFile> file_;
  std::int64_t last_id_ = 0;
};

}  // namespace thalweg::catalog
