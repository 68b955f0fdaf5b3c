#include "connectors/tail/tail_position.h"

#include <nlohmann/json.hpp>

namespace thalweg::connectors {
namespace {

using nlohmann::json;

template <typename T>
bool Take(const json& in, const char* key, T* out) {
  const auto found = in.find(key);
  if (found == in.end() || !found->is_number_integer()) return false;
  *out = found->get<T>();
  return true;
}

bool Take(const json& in, TailPlace* place) {
  const auto path = in.is_object() ? in.find("path") : in.end();
  if (path == in.end() || !path->is_string()) return false;
  place->path = path->get<std::string>();
  if (in.contains("schema_begin") && (!Take(in, "schema_begin", &place->schema_begin) ||
                                      !Take(in, "schema_end", &place->schema_end))) {
    return false;
  }
  return Take(in, "device", &place->key.device) && Take(in, "inode", &place->key.inode) &&
         Take(in, "offset", &place->at.offset) && Take(in, "line", &place->at.line) &&
         place->at.offset >= 0 && place->at.line >= 1;
}

}  // namespace

component::Position ToPosition(const std::vector<TailPlace>& places) {
  json files = json::array();
  for (const TailPlace& place : places) {
    json& one = files.emplace_back(json{{"path", place.path},
                                        {"device", place.key.device},
                                        {"inode", place.key.inode},
                                        {"offset", place.at.offset},
                                        {"line", place.at.line}});
    if (place.schema_end > place.schema_begin) {
      one["schema_begin"] = place.schema_begin;
      one["schema_end"] = place.schema_end;
    }
  }
  return {json{{"files", std::move(files)}}.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Result<std::vector<TailPlace>> ParseTailPosition(const component::Position& position) {
  std::vector<TailPlace> places;
  if (position.text.empty()) return places;
  const Status bad(Code::kCorrupt, Fault::kBug,
                   "a position in growing files cannot be read position=" + position.text);
  const json in = json::parse(position.text, nullptr, false);
  const auto files = in.is_object() ? in.find("files") : in.end();
  if (files == in.end() || !files->is_array()) return bad;
  for (const json& file : *files) {
    if (!Take(file, &places.emplace_back())) return bad;
  }
  return places;
}

}  // namespace thalweg::connectors
