#include "component/registry.h"

#include <algorithm>
#include <tuple>

#include "base/status.h"

namespace thalweg::component {

void Registry::Insert(Entry entry) {
  TW_CHECK(!entry.descriptor.name.empty());
  TW_CHECK(Find(entry.descriptor.kind, entry.descriptor.name) == nullptr);
  entries_.push_back(std::make_unique<Entry>(std::move(entry)));
}

void Registry::Add(Descriptor descriptor, MakeSource make) {
  descriptor.kind = Kind::kSource;
  Insert({std::move(descriptor), std::move(make), nullptr, nullptr});
}

void Registry::Add(Descriptor descriptor, MakeTarget make) {
  descriptor.kind = Kind::kTarget;
  Insert({std::move(descriptor), nullptr, std::move(make), nullptr});
}

void Registry::Add(Descriptor descriptor, MakeOperator make) {
  descriptor.kind = Kind::kOperator;
  Insert({std::move(descriptor), nullptr, nullptr, std::move(make)});
}

const Registry::Entry* Registry::Find(Kind kind, std::string_view name) const {
  for (const auto& entry : entries_) {
    if (entry->descriptor.kind == kind && entry->descriptor.name == name) return entry.get();
  }
  return nullptr;
}

std::vector<const Registry::Entry*> Registry::All() const {
  std::vector<const Entry*> all;
  all.reserve(entries_.size());
  for (const auto& entry : entries_) all.push_back(entry.get());
  std::sort(all.begin(), all.end(), [](const Entry* a, const Entry* b) {
    return std::tie(a->descriptor.kind, a->descriptor.name) <
           std::tie(b->descriptor.kind, b->descriptor.name);
  });
  return all;
}

std::vector<std::string> Registry::Names(Kind kind) const {
  std::vector<std::string> names;
  for (const Entry* entry : All()) {
    if (entry->descriptor.kind == kind) names.push_back(entry->descriptor.name);
  }
  return names;
}

}  // namespace thalweg::component
