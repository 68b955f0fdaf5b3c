#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"
#include "component/value.h"

namespace thalweg::spec {

/// Collects the entries of one map and refuses keys that come twice, naming both places. The first
/// one stays.
class MapBuilder {
 public:
  void Add(std::string key, Span key_span, component::Value value, Diagnostics& diagnostics);
  /// Takes over the entries of `other` (a merge key's map) whose keys this map does not have.
  void Merge(const component::Value& other);
  std::vector<component::Value::Entry> Take() && { return std::move(entries_); }
  std::size_t size() const { return entries_.size(); }

 private:
  const component::Value::Entry* Find(const std::string& key);

  std::vector<component::Value::Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;  ///< used once there are many entries
};

}  // namespace thalweg::spec
