#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/type.h>

#include "operators/accumulators.h"

namespace thalweg::operators {
namespace {

std::string PackSet(const std::unordered_set<std::string>& set) {
  std::vector<std::string> sorted(set.begin(), set.end());
  std::sort(sorted.begin(), sorted.end());
  std::string packed;
  for (const std::string& value : sorted) {
    const auto length = static_cast<std::uint32_t>(value.size());
    packed.append(reinterpret_cast<const char*>(&length), sizeof length);
    packed += value;
  }
  return packed;
}

Status UnpackSet(std::string_view packed, std::unordered_set<std::string>* set) {
  set->clear();
  while (!packed.empty()) {
    std::uint32_t length = 0;
    if (packed.size() < sizeof length)
      return Status(Code::kCorrupt, "a stored set of values is cut off");
    std::memcpy(&length, packed.data(), sizeof length);
    packed.remove_prefix(sizeof length);
    if (packed.size() < length) return Status(Code::kCorrupt, "a stored set of values is cut off");
    set->emplace(packed.substr(0, length));
    packed.remove_prefix(length);
  }
  return {};
}

}  // namespace

Arrays Accumulators::Save(const GroupStates& states, std::span<const std::uint32_t> groups) const {
  Arrays columns;
  for (std::size_t w = 0; w < stride_; ++w) {
    std::vector<std::int64_t> values;
    values.reserve(groups.size());
    for (const std::uint32_t group : groups) values.push_back(states.words[group * stride_ + w]);
    columns.push_back(MakeWide(arrow::int64(), std::move(values)));
  }
  const auto save = [&](auto&& pack, const auto& all) {
    for (const auto& values : all) {
      std::vector<std::optional<std::string>> packed;
      for (const std::uint32_t group : groups) packed.push_back(pack(values[group]));
      columns.push_back(MakeText(arrow::binary(), packed));
    }
  };
  save([](const std::string& text) { return text; }, states.texts);
  save([](const std::unordered_set<std::string>& set) { return PackSet(set); }, states.sets);
  save(
      [](const std::vector<std::int64_t>& list) {
        return std::string(reinterpret_cast<const char*>(list.data()),
                           list.size() * sizeof(std::int64_t));
      },
      states.lists);
  return columns;
}

Status Accumulators::Load(const Arrays& columns, std::int64_t row, std::size_t group,
                          GroupStates* states) const {
  std::size_t c = 0;
  for (; c < stride_; ++c) {
    states->words[group * stride_ + c] = columns[c]->data()->GetValues<std::int64_t>(1)[row];
  }
  for (auto& texts : states->texts) texts[group] = TextAt(*columns[c++]->data(), row);
  for (auto& sets : states->sets)
    TW_RETURN_IF_ERROR(UnpackSet(TextAt(*columns[c++]->data(), row), &sets[group]));
  for (auto& lists : states->lists) {
    const std::string_view packed = TextAt(*columns[c++]->data(), row);
    lists[group].resize(packed.size() / sizeof(std::int64_t));
    const std::size_t bytes = lists[group].size() * sizeof(std::int64_t);
    if (bytes > 0) std::memcpy(lists[group].data(), packed.data(), bytes);
  }
  return {};
}

}  // namespace thalweg::operators
