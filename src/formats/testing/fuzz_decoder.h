#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <arrow/record_batch.h>

#include "base/status.h"
#include "formats/decoder.h"

namespace thalweg::formats {

/// What decoding came to, as far as it must not depend on cuts and budgets.
struct DecodedCounts {
  std::int64_t rows = 0, bad = 0;
  bool failed = false;
  bool operator==(const DecodedCounts&) const = default;
};

inline DecodedCounts CountDecoded(Decoder& decoder, std::string_view text, std::size_t cut,
                                  Bytes budget) {
  DecodedCounts counts;
  for (const bool last : {false, true}) {
    decoder.Push(last ? text.substr(cut) : text.substr(0, cut), last);
    for (auto next = Decoded::Next::kMore; next == Decoded::Next::kMore;) {
      const auto decoded = decoder.Decode(budget);
      if (!decoded.ok()) return counts.failed = true, counts;
      if (decoded->rows) {
        TW_CHECK(decoded->rows->ValidateFull().ok());
        counts.rows += decoded->rows->num_rows();
      }
      counts.bad += static_cast<std::int64_t>(decoded->bad.size());
      next = decoded->next;
    }
  }
  return counts;
}

/// The body of a decoder's fuzz target: any bytes are rows, bad rows, or an error; and the same
/// ones wherever the bytes are cut. `make` gives the Result of a new decoder.
template <typename Make>
void FuzzDecoder(const std::uint8_t* data, std::size_t size, const Make& make) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto count = [&](std::size_t cut, Bytes budget) {
    auto decoder = make();
    TW_CHECK(decoder.ok());
    return CountDecoded(**decoder, text, cut, budget);
  };
  const DecodedCounts whole = count(0, Bytes::MiB(1));
  TW_CHECK(count(size / 2, Bytes(1)) == whole);
  TW_CHECK(count(size == 0 ? 0 : data[0] % size, Bytes(100)) == whole);
}

}  // namespace thalweg::formats
