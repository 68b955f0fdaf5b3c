#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg {
inline namespace base {

/// A new ULID: 26 characters of Crockford base 32, 48 bits of milliseconds and 80 random bits;
/// within one process strictly increasing. (github.com/ulid/spec)
std::string NewUlid();
bool IsUlid(std::string_view text);

/// An identifier that does not mix with others. Empty means "none".
template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  static Id New() { return Id(NewUlid()); }
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

using NodeId = Id<struct NodeTag>;  ///< stable across renames and edits
using RunId = Id<struct RunTag>;
using NodeRunId = Id<struct NodeRunTag>;  ///< one node in one run
using SplitId = Id<struct SplitTag>;
using AttemptId = Id<struct AttemptTag>;
using VersionId = Id<struct VersionTag>;
using SignatureId = Id<struct SignatureTag>;
using EpochId = Id<struct EpochTag>;

}  // namespace base
}  // namespace thalweg

template <typename Tag>
struct std::hash<thalweg::Id<Tag>> {
  std::size_t operator()(const thalweg::Id<Tag>& id) const noexcept {
    return std::hash<std::string>()(id.str());
  }
};
