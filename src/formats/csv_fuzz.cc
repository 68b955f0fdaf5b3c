#include "formats/csv_decoder.h"
#include "formats/testing/fuzz_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace thalweg::formats;  // NOLINT(google-build-using-namespace)
  FuzzDecoder(data, size, [] {
    CsvDecoderOptions options;
    options.nulls = {"", "NA"};
    return CsvDecoder::Make({{.name = "a", .type = "integer", .position = 1},
                             {.name = "b", .type = "timestamptz", .position = 2},
                             {.name = "c", .type = "decimal(10,2)", .position = 3}},
                            options);
  });
  return 0;
}
