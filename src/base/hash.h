#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace thalweg {
inline namespace base {

/// 128 bits of XXH3. Not cryptographic.
struct Hash128 {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Hash128&) const = default;
  std::string ToHex() const;  ///< 32 lower-case digits
};
Hash128 HashBytes(std::string_view bytes);
std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed = 0);

/// Hashes a sequence of fields so that no two different sequences run together: every field is
/// written as its length (8 bytes, little endian) and its bytes.
class FieldHasher {
 public:
  FieldHasher();
  ~FieldHasher();
  FieldHasher(FieldHasher&&) noexcept;
  FieldHasher& Add(std::string_view field);
  FieldHasher& Add(std::int64_t field);
  Hash128 Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Streams a file's bytes through XXH3-128.
class BytesHasher {
 public:
  BytesHasher();
  ~BytesHasher();
  void Update(const void* data, std::size_t size);
  Hash128 Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
}  // namespace thalweg
