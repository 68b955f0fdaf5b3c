#include "catalog/event_log.h"

#include <nlohmann/json.hpp>

namespace thalweg::catalog {
namespace {

constexpr int kEventsAtOnce = 1000;

std::string ToLine(const EventRecord& event) {
  const nlohmann::ordered_json line = {{"id", event.id},          {"at", FormatInstant(event.at)},
                                       {"run", event.run_number}, {"node", event.node},
                                       {"what", event.what},      {"actor", event.actor},
                                       {"reason", event.reason}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::Open(const Home& home, Catalog& catalog,
                                                 std::int64_t run_number) {
  const std::string directory = home.RunDirectory(run_number);
  TW_RETURN_IF_ERROR(MakeDirectories(home.files(), directory));
  TW_ASSIGN_OR_RETURN(auto file, home.files().Create(JoinPath(directory, "events.ndjson")));
  std::unique_ptr<EventLog> log(new EventLog(catalog, run_number, std::move(file)));
  TW_RETURN_IF_ERROR(log->CatchUp());
  return log;
}

Status EventLog::CatchUp() {
  for (bool more = true; more;) {
    TW_ASSIGN_OR_RETURN(const auto events, catalog_.Events(run_number_, last_id_, kEventsAtOnce));
    more = events.size() == kEventsAtOnce;
    std::string lines;
    for (const EventRecord& event : events) lines += ToLine(event);
    if (lines.empty()) break;
    TW_RETURN_IF_ERROR(file_->Append(lines));
    last_id_ = events.back().id;
  }
  return Status::Ok();
}

}  // namespace thalweg::catalog
