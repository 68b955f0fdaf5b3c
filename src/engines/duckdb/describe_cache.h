#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "data/types.h"

namespace thalweg::engines {

/// What statements give, by their text as the binder sees it. Binding costs as much as a small job:
/// a node is described when it is planned, and must not be bound again just to learn the same.
/// Thread-safe; forgets the oldest entries.
class DescribeCache {
 public:
  explicit DescribeCache(std::size_t capacity) : capacity_(capacity) {}

  std::optional<data::Columns> Find(const std::string& text) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(text);
    if (found == places_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->second;
  }

  void Put(const std::string& text, data::Columns columns) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(text)) return;
    entries_.emplace_front(text, std::move(columns));
    places_.emplace(text, entries_.begin());
    if (entries_.size() <= capacity_) return;
    places_.erase(entries_.back().first);
    entries_.pop_back();
  }

 private:
  using Entries = std::list<std::pair<std::string, data::Columns>>;
  const std::size_t capacity_;
  std::mutex mutex_;
  Entries entries_;  ///< the last used first
  std::unordered_map<std::string, Entries::iterator> places_;
};

}  // namespace thalweg::engines
