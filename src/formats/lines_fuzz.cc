#include "formats/lines_decoder.h"
#include "formats/testing/fuzz_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace thalweg::formats;  // NOLINT(google-build-using-namespace)
  FuzzDecoder(data, size, [] { return LinesDecoder::Make({}); });
  return 0;
}
