// Any bytes are rows, bad rows, or an error; and the same ones wherever the bytes are cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/record_batch.h>

#include "formats/arrow_stream_decoder.h"

namespace {

using thalweg::Bytes;
using namespace thalweg::formats;  // NOLINT(google-build-using-namespace)

struct Counts {
  std::int64_t rows = 0, bad = 0;
  bool failed = false;
  bool operator==(const Counts&) const = default;
};

Counts Decode(std::string_view text, std::size_t cut, Bytes budget) {
  auto decoder = ArrowStreamDecoder::Make(
      {{.name = "a", .type = "integer"}, {.name = "b", .type = "varchar"}});
  TW_CHECK(decoder.ok());
  Counts counts;
  for (const bool last : {false, true}) {
    (*decoder)->Push(last ? text.substr(cut) : text.substr(0, cut), last);
    for (auto next = Decoded::Next::kMore; next == Decoded::Next::kMore;) {
      const auto decoded = (*decoder)->Decode(budget);
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Counts whole = Decode(text, 0, Bytes::MiB(1));
  TW_CHECK(Decode(text, size / 2, Bytes(1)) == whole);
  TW_CHECK(Decode(text, size == 0 ? 0 : data[0] % size, Bytes(100)) == whole);
  return 0;
}
