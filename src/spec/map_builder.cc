#include "spec/map_builder.h"

#include <fmt/format.h>

#include "component/fields.h"

namespace thalweg::spec {

using component::QuoteName;
using component::Value;

namespace {
constexpr std::size_t kFew = 12;  // up to here looking through the entries is as fast as an index
}

const Value::Entry* MapBuilder::Find(const std::string& key) {
  if (entries_.size() <= kFew) {
    for (const Value::Entry& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }
  for (std::size_t i = index_.size(); i < entries_.size(); ++i) index_.emplace(entries_[i].key, i);
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

void MapBuilder::Add(std::string key, Span key_span, Value value, Diagnostics& diagnostics) {
  if (const Value::Entry* first = Find(key)) {
    const Place place = first->key_span.ToPlace();
    diagnostics.Error("duplicate-key", fmt::format("the key {} is given twice", QuoteName(key)),
                      std::move(key_span),
                      fmt::format("first given at {}:{}", place.line, place.column),
                      "remove one of the two");
    return;
  }
  entries_.push_back({std::move(key), std::move(key_span), std::move(value)});
}

void MapBuilder::Merge(const Value& other) {
  for (const Value::Entry& entry : other.entries()) {
    if (Find(entry.key) == nullptr) entries_.push_back(entry);
  }
}

}  // namespace thalweg::spec
