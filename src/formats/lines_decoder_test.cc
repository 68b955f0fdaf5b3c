#include "formats/lines_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/testing/decoder_suite.h"

namespace thalweg::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DecoderCase Case(std::string name, std::string text) {
  return {std::move(name), std::move(text),
          [](const Decoder* before) -> Result<std::unique_ptr<Decoder>> {
            TW_ASSIGN_OR_RETURN(auto made,
                                LinesDecoder::Make({}, before ? before->At() : TextPosition()));
            return std::unique_ptr<Decoder>(std::move(made));
          }};
}

THALWEG_DECODER_SUITE(Lines, (std::vector<DecoderCase>{
                                 Case("Plain", "one\ntwo\n\nfour"),
                                 Case("CarriageReturns", "one\r\ntwo\r\n\r\nf\rour\r\n"),
                                 Case("NotUtf8", "one\n\xFF\xFE\nthree\n\xC3"),
                                 Case("ByteOrderMark", "\xEF\xBB\xBFone\n"),
                                 Case("LoneCarriageReturn", "one\r"),
                                 Case("Empty", ""),
                             }));

DecodedText Decode(std::string_view text) {
  const auto decoder = LinesDecoder::Make({});
  return DecodeAll(**decoder, {text});
}

TEST(LinesDecoderTest, ARowIsALineWithoutItsEnd) {
  const DecodedText text = Decode("one\r\n\nlast \"x\"");
  EXPECT_THAT(text.rows,
              ElementsAre(R"({"line":"one"})", R"({"line":""})", R"({"line":"last \"x\""})"));
  EXPECT_THAT(text.bad, IsEmpty());
}

TEST(LinesDecoderTest, WhatIsNotUtf8IsABadRow) {
  const DecodedText text = Decode("one\n\xFF!\nthree\n");
  EXPECT_THAT(text.rows, ElementsAre(R"({"line":"one"})", R"({"line":"three"})"));
  EXPECT_THAT(text.bad, ElementsAre("2||not UTF-8|\xEF\xBF\xBD!"));
}

TEST(LinesDecoderTest, ALineLongerThanTheLimitIsAnError) {
  const auto decoder = LinesDecoder::Make({});
  const std::string chunk(1 << 20, 'x');
  (*decoder)->Push("short\n", false);
  for (int i = 0; i < 66; ++i) (*decoder)->Push(chunk, false);
  EXPECT_EQ((*decoder)->Decode(Bytes::MiB(1))->rows->num_rows(), 1);
  EXPECT_EQ((*decoder)->Decode(Bytes::MiB(1)).status().slug(), "row-too-long");
}

TEST(LinesDecoderTest, TheColumnIsOneVarchar) {
  EXPECT_EQ(
      (*LinesDecoder::Make({{.name = "text", .type = "varchar"}}))->schema()->field(0)->name(),
      "text");
  EXPECT_EQ(LinesDecoder::Make({{.name = "a", .type = "integer"}}).status().slug(), "bad-columns");
}

}  // namespace
}  // namespace thalweg::formats
