#include "formats/json_decoder.h"
#include "formats/testing/fuzz_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace thalweg::formats;  // NOLINT(google-build-using-namespace)
  for (const auto layout :
       {JsonDecoderOptions::Layout::kLines, JsonDecoderOptions::Layout::kValues}) {
    FuzzDecoder(data, size, [layout] {
      return JsonDecoder::Make({{.name = "a", .type = "integer"},
                                {.name = "s", .type = "struct(x decimal(5,2), y varchar[])"},
                                {.name = "m", .type = "map(varchar, timestamptz)"},
                                {.name = "j", .type = "json"},
                                {.name = "t", .type = "varchar"}},
                               {.layout = layout});
    });
  }
  return 0;
}
