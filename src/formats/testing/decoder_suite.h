#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "formats/decoder.h"

namespace thalweg::formats {

/// What decoding gave, in a form that tests compare and print: rows as JSON, bad rows as
/// "line|column|reason|raw".
struct DecodedText {
  std::vector<std::string> rows, bad;
  std::string error;  ///< slug; empty: none
  bool operator==(const DecodedText&) const = default;
};
std::ostream& operator<<(std::ostream& out, const DecodedText& text);

/// Pushes the pieces one after another and decodes each to its end.
DecodedText DecodeAll(Decoder& decoder, const std::vector<std::string_view>& pieces,
                      Bytes budget = Bytes::MiB(1));

struct DecoderCase {
  std::string name;  ///< letters and digits
  std::string text;
  /// A decoder at the beginning; or, with `before`, one that goes on where that one stands.
  std::function<Result<std::unique_ptr<Decoder>>(const Decoder* before)> make;
};
std::ostream& operator<<(std::ostream& out, const DecoderCase& one);

// What every decoder must do with every text. Each records failures of its own.
void ExpectSameWhenCutInTwo(const DecoderCase& one);  ///< at every byte
void ExpectSameByteByByte(const DecoderCase& one);
void ExpectSameWithTinyBudget(const DecoderCase& one);  ///< a row a step
void ExpectSameWhenResumed(const DecoderCase& one);     ///< behind every row

/// The suite for a decoder, in one line: THALWEG_DECODER_SUITE(Csv, CsvCases());
#define THALWEG_DECODER_SUITE(Name, cases)                                                        \
  class Name##DecoderSuite : public ::testing::TestWithParam<::thalweg::formats::DecoderCase> {}; \
  TEST_P(Name##DecoderSuite, CutInTwo) {                                                          \
    ExpectSameWhenCutInTwo(GetParam());                                                           \
  }                                                                                               \
  TEST_P(Name##DecoderSuite, ByteByByte) {                                                        \
    ExpectSameByteByByte(GetParam());                                                             \
  }                                                                                               \
  TEST_P(Name##DecoderSuite, TinyBudget) {                                                        \
    ExpectSameWithTinyBudget(GetParam());                                                         \
  }                                                                                               \
  TEST_P(Name##DecoderSuite, Resumed) {                                                           \
    ExpectSameWhenResumed(GetParam());                                                            \
  }                                                                                               \
  INSTANTIATE_TEST_SUITE_P(, Name##DecoderSuite, ::testing::ValuesIn(cases),                      \
                           [](const auto& test) { return test.param.name; })

}  // namespace thalweg::formats
