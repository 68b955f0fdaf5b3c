#include "catalog/records.h"

#include <array>

#include <fmt/format.h>

namespace thalweg::catalog {
namespace {

// In the order of the enumerations.
constexpr auto kRunStates = std::to_array<std::string_view>(
    {"queued", "running", "waiting", "done", "failed", "cancelled", "invalidated"});
constexpr auto kNodeStates =
    std::to_array<std::string_view>({"pending", "running", "waiting", "done", "reused", "skipped",
                                     "failed", "cancelled", "invalidated"});
constexpr auto kAttemptStates =
    std::to_array<std::string_view>({"running", "done", "failed", "cancelled", "lost"});
constexpr auto kDecisions = std::to_array<std::string_view>({"approved", "rejected"});
constexpr auto kReceiptStates = std::to_array<std::string_view>({"prepared", "applied"});

template <typename E, std::size_t N>
Result<E> Parse(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<E>(i);
  }
  return Status::Invalid(
      fmt::format("unknown state text={} known={}", text, fmt::join(names, ", ")));
}

}  // namespace

std::string_view ToString(RunState state) {
  return kRunStates.at(static_cast<std::size_t>(state));
}
std::string_view ToString(NodeState state) {
  return kNodeStates.at(static_cast<std::size_t>(state));
}
std::string_view ToString(AttemptState state) {
  return kAttemptStates.at(static_cast<std::size_t>(state));
}
std::string_view ToString(Decision decision) {
  return kDecisions.at(static_cast<std::size_t>(decision));
}
std::string_view ToString(ReceiptState state) {
  return kReceiptStates.at(static_cast<std::size_t>(state));
}

Result<RunState> ParseRunState(std::string_view text) {
  return Parse<RunState>(kRunStates, text);
}
Result<NodeState> ParseNodeState(std::string_view text) {
  return Parse<NodeState>(kNodeStates, text);
}
Result<AttemptState> ParseAttemptState(std::string_view text) {
  return Parse<AttemptState>(kAttemptStates, text);
}
Result<Decision> ParseDecision(std::string_view text) {
  return Parse<Decision>(kDecisions, text);
}
Result<ReceiptState> ParseReceiptState(std::string_view text) {
  return Parse<ReceiptState>(kReceiptStates, text);
}

}  // namespace thalweg::catalog
