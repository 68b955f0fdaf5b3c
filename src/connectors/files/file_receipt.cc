#include "connectors/files/file_receipt.h"

#include <nlohmann/json.hpp>

namespace thalweg::connectors {
namespace {

using nlohmann::json;

void Put(const FileProof& proof, json* out) {
  (*out)["bytes"] = proof.size.value;
  (*out)["rows"] = proof.rows;
  (*out)["xxh3"] = proof.xxh3;
  (*out)["mtime_ns"] = proof.mtime_ns;
}

bool Take(const json& in, FileProof* proof) {
  const auto number = [&](const char* key, std::int64_t* out) {
    const auto found = in.find(key);
    if (found == in.end() || !found->is_number_integer()) return false;
    *out = found->get<std::int64_t>();
    return true;
  };
  const auto hash = in.find("xxh3");
  if (hash == in.end() || !hash->is_string()) return false;
  proof->xxh3 = hash->get<std::string>();
  return number("bytes", &proof->size.value) && number("rows", &proof->rows) &&
         number("mtime_ns", &proof->mtime_ns);
}

bool TakeText(const json& in, const char* key, std::string* out) {
  const auto found = in.find(key);
  if (found == in.end() || !found->is_string()) return false;
  *out = found->get<std::string>();
  return !out->empty();
}

bool Take(const json& in, FileReceipt* receipt) {
  if (!in.is_object() || in.value("v", 0) != 1) return false;
  if (!TakeText(in, "path", &receipt->path) || !TakeText(in, "temp", &receipt->temp)) return false;
  const auto parts = in.find("parts");
  receipt->directory = parts != in.end();
  if (!receipt->directory) return Take(in, &receipt->parts.emplace_back().second);
  if (!parts->is_array()) return false;
  receipt->append = in.contains("append");
  if (receipt->append && !TakeText(in, "append", &receipt->tag)) return false;
  for (const json& part : *parts) {
    auto& [name, proof] = receipt->parts.emplace_back();
    if (!part.is_object() || !TakeText(part, "name", &name) || !Take(part, &proof)) return false;
  }
  return true;
}

}  // namespace

Bytes FileReceipt::size() const {
  Bytes total;
  for (const auto& part : parts) total += part.second.size;
  return total;
}

std::int64_t FileReceipt::rows() const {
  std::int64_t total = 0;
  for (const auto& part : parts) total += part.second.rows;
  return total;
}

std::string FileReceipt::ToJson() const {
  json out = {{"v", 1}, {"path", path}, {"temp", temp}};
  if (!directory) {
    Put(parts.front().second, &out);
  } else {
    out["bytes"] = size().value;
    out["rows"] = rows();
    out["parts"] = json::array();
    if (append) out["append"] = tag;
    for (const auto& [name, proof] : parts)
      Put(proof, &out["parts"].emplace_back(json{{"name", name}}));
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<FileReceipt> ParseReceipt(const component::Receipt& receipt) {
  FileReceipt parsed;
  const json in = json::parse(receipt.text, nullptr, false);
  if (Take(in, &parsed)) return parsed;
  return Status(Code::kCorrupt, Fault::kBug,
                "a receipt of a files target cannot be read receipt=" + receipt.text);
}

}  // namespace thalweg::connectors
