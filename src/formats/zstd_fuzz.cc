// Any bytes are expanded or refused, in steps of the caller's size; and what is packed comes back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace thalweg::formats;  // NOLINT(google-build-using-namespace)
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto expand = [](std::string_view input, std::string* text) {
    const auto decompressor = Decompressor::Make(Compression::kZstd);
    std::size_t total = 0;
    for (std::string out; total < (std::size_t{8} << 20); out.clear()) {
      if (!decompressor->Push(&input, 4096, &out).ok()) return false;
      TW_CHECK(out.size() <= 4096);
      text->append(out);
      total += out.size();
      if (out.empty()) break;
    }
    return decompressor->Finish().ok();
  };
  std::string ignored;
  static_cast<void>(expand(bytes, &ignored));
  auto compressor = Compressor::Make(Compression::kZstd);
  TW_CHECK(compressor.ok());
  std::string packed, back;
  TW_CHECK((*compressor)->Push(bytes, &packed).ok() && (*compressor)->Finish(&packed).ok());
  TW_CHECK(expand(packed, &back) && back == bytes);
  return 0;
}
