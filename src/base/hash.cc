#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

#include <fmt/format.h>

namespace thalweg {
inline namespace base {
namespace {

Hash128 FromXxh(XXH128_hash_t hash) {
  return {hash.high64, hash.low64};
}

std::array<char, 8> LittleEndian(std::uint64_t value) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}

}  // namespace

std::string Hash128::ToHex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

Hash128 HashBytes(std::string_view bytes) {
  return FromXxh(XXH3_128bits(bytes.data(), bytes.size()));
}

std::uint64_t Hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

struct BytesHasher::State {
  State() { XXH3_128bits_reset(&xxh); }
  XXH3_state_t xxh;
};

BytesHasher::BytesHasher() : state_(std::make_unique<State>()) {}
BytesHasher::~BytesHasher() = default;

void BytesHasher::Update(const void* data, std::size_t size) {
  XXH3_128bits_update(&state_->xxh, data, size);
}

Hash128 BytesHasher::Finish() const {
  return FromXxh(XXH3_128bits_digest(&state_->xxh));
}

struct FieldHasher::State {
  BytesHasher bytes;
};

FieldHasher::FieldHasher() : state_(std::make_unique<State>()) {}
FieldHasher::~FieldHasher() = default;
FieldHasher::FieldHasher(FieldHasher&&) noexcept = default;

FieldHasher& FieldHasher::Add(std::string_view field) {
  const auto length = LittleEndian(field.size());
  state_->bytes.Update(length.data(), length.size());
  state_->bytes.Update(field.data(), field.size());
  return *this;
}

FieldHasher& FieldHasher::Add(std::int64_t field) {
  const auto bytes = LittleEndian(static_cast<std::uint64_t>(field));
  return Add(std::string_view(bytes.data(), bytes.size()));
}

Hash128 FieldHasher::Finish() const {
  return state_->bytes.Finish();
}

}  // namespace base
}  // namespace thalweg
