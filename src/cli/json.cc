#include "cli/json.h"

#include <nlohmann/json.hpp>

namespace thalweg::cli {
namespace {

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

void AddPlace(const Place& place, Json* json) {
  if (place.file.empty()) return;
  (*json)["file"] = place.file;
  if (place.line <= 0) return;
  (*json)["line"] = place.line;
  (*json)["column"] = place.column;
  (*json)["length"] = place.length;
}

void AddText(const char* key, const std::string& text, Json* json) {
  if (!text.empty()) (*json)[key] = text;
}

}  // namespace

Json NewDocument() {
  return Json{{"v", 1}};
}

std::string Dump(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ToJson(const Status& error) {
  Json json{{"severity", "error"}, {"slug", error.slug()}, {"message", error.message()}};
  json["fault"] = ToString(error.fault());
  if (error.place()) AddPlace(*error.place(), &json);
  AddText("help", error.hint(), &json);
  if (const Status cause = error.cause(); !cause.ok()) json["cause"] = ToJson(cause);
  return json;
}

Json ToJson(const Diagnostic& diagnostic) {
  Json json{{"severity", NameOf(diagnostic.severity)},
            {"slug", diagnostic.slug},
            {"message", diagnostic.message}};
  if (diagnostic.span.source) AddPlace(diagnostic.span.ToPlace(), &json);
  AddText("label", diagnostic.label, &json);
  AddText("help", diagnostic.help, &json);
  return json;
}

}  // namespace thalweg::cli
