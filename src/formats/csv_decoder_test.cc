#include "formats/csv_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/testing/decoder_suite.h"

namespace thalweg::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Columns = std::vector<TextColumnSpec>;

const Columns kNumberAndText = {{.name = "a", .type = "integer"}, {.name = "b", .type = "varchar"}};

CsvDecoderOptions WithDelimiter(std::string delimiter) {
  CsvDecoderOptions options;
  options.dialect.delimiter = std::move(delimiter);
  return options;
}
CsvDecoderOptions WithoutHeader() {
  return {.header = false};
}

DecodedText Decode(std::string_view text, const Columns& columns = kNumberAndText,
                   const CsvDecoderOptions& options = {}) {
  auto decoder = CsvDecoder::Make(columns, options);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return DecodeAll(**decoder, {text});
}

DecoderCase Case(std::string name, std::string text, Columns columns = kNumberAndText,
                 CsvDecoderOptions options = {}) {
  return {std::move(name), std::move(text),
          [=](const Decoder* before) -> Result<std::unique_ptr<Decoder>> {
            if (before == nullptr) {
              TW_ASSIGN_OR_RETURN(auto made, CsvDecoder::Make(columns, options));
              return std::unique_ptr<Decoder>(std::move(made));
            }
            TW_ASSIGN_OR_RETURN(
                auto made, CsvDecoder::Make(columns, options, before->At(),
                                            dynamic_cast<const CsvDecoder&>(*before).header()));
            return std::unique_ptr<Decoder>(std::move(made));
          }};
}

std::vector<DecoderCase> Cases() {
  CsvDecoderOptions backslash;
  backslash.dialect.escape = '\\';
  return {
      Case("Plain", "a,b\n1,x\n2,y\n3,z"),
      Case("CarriageReturns", "a,b\r\n1,x\r\n\r\n2,\"y\r\nz\"\r\n"),
      Case("LoneCarriageReturns", "a,b\r1,x\r2,\"y\rz\"\r"),
      Case("MixedLineEnds", "a,b\r\n1,x\n2,y\r3,z\r\n"),
      Case("ByteOrderMark",
           "\xEF\xBB\xBF"
           "a,b\n1,\xC3\xA9\n"),
      Case("Quotes", "a,b\n1,\"x,\"\"y\"\"\n\"\n\"2\",\"\"\n3, \"z\" \n4,\"\"\"\"\n"),
      Case("BackslashEscapes", "a,b\n1,\"x\\\"y\\\\z\\n\"\n2,\\\"\n", kNumberAndText, backslash),
      Case("BadRows", "a,b\n1\nq,x\n2,y,z\n3,\"x\"y\n4,ok\n5,\xFF\n6,\"open\n"),
      Case("LongDelimiter", "a||b\n1||x|y\n2||\"p||q\"\n3|||\n", kNumberAndText,
           WithDelimiter("||")),
      Case("Tabs", "a\tb\n1\tx \t\n2\t y\n", kNumberAndText, WithDelimiter("\t")),
      Case("NoHeader", "1,x\n2,\"y\n\"\nq,z\n", kNumberAndText, WithoutHeader()),
      Case("OneColumn", "a\n1\n\n2\n\"\"\n\n", {{.name = "a", .type = "integer"}}),
      Case("Skipped", "# it's\r\n# \"x\n\na,b\n1,x\n", kNumberAndText, {.skip = 3}),
      Case("MissingColumn", "a,c\n1,x\n"),
      Case("Empty", ""),
  };
}

THALWEG_DECODER_SUITE(Csv, Cases());

TEST(CsvDecoderTest, TakesColumnsByNameInAnyOrderAndCase) {
  const auto decoded = Decode("x,B,A\n9,t,1\n");
  EXPECT_THAT(decoded.rows, ElementsAre(R"({"a":1,"b":"t"})"));
}

TEST(CsvDecoderTest, TakesColumnsByPosition) {
  const Columns columns = {{.name = "last", .type = "varchar", .position = 3},
                           {.name = "first", .type = "integer", .position = 1}};
  EXPECT_THAT(Decode("h,h,h\n1,2,z\n", columns).rows, ElementsAre(R"({"last":"z","first":1})"));
  EXPECT_THAT(Decode("1,2,z\n", columns, WithoutHeader()).rows,
              ElementsAre(R"({"last":"z","first":1})"));
  EXPECT_EQ(Decode("h,h\n1,2\n", columns).error, "missing-column");
}

TEST(CsvDecoderTest, TellsRepeatedHeaderNamesApart) {
  const Columns columns = {{.name = "a_1", .type = "varchar"},
                           {.name = "column2", .type = "varchar"}};
  EXPECT_THAT(Decode("a,A,\n1,2,3\n", columns).rows, ElementsAre(R"({"a_1":"2","column2":"3"})"));
}

TEST(CsvDecoderTest, SuggestsTheColumnThatWasMeant) {
  auto decoder = CsvDecoder::Make({{.name = "carier", .type = "varchar"}}, {});
  ASSERT_TRUE(decoder.ok());
  (*decoder)->Push("carrier,origin\nAA,JFK\n", true);
  const auto decoded = (*decoder)->Decode(Bytes(100));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().code(), Code::kInvalid);
  EXPECT_EQ(decoded.status().fault(), Fault::kUser);
  EXPECT_THAT(decoded.status().hint(), HasSubstr("\"carrier\""));
}

TEST(CsvDecoderTest, NullTextsAreNullQuotedOrNot) {
  const CsvDecoderOptions options = {.nulls = {"", "NA"}};
  EXPECT_THAT(
      Decode("a,b\nNA,NA\n\"NA\",\"\"\n,x\n", kNumberAndText, options).rows,
      ElementsAre(R"({"a":null,"b":null})", R"({"a":null,"b":null})", R"({"a":null,"b":"x"})"));
  // Without the empty text among them an empty field is a text, and no number.
  const auto strict = Decode("a,b\n1,\n,x\n", kNumberAndText, {.nulls = {"NA"}});
  EXPECT_THAT(strict.rows, ElementsAre(R"({"a":1,"b":""})"));
  EXPECT_THAT(strict.bad, ElementsAre(R"(3|a|not a number (integer): ""|,x)"));
}

TEST(CsvDecoderTest, DefaultsStandForNulls) {
  const Columns columns = {{.name = "a", .type = "integer", .default_text = "7"},
                           {.name = "b", .type = "varchar", .default_text = ""}};
  EXPECT_THAT(Decode("a,b\n,\n1,x\n", columns).rows,
              ElementsAre(R"({"a":7,"b":""})", R"({"a":1,"b":"x"})"));
  const auto bad = CsvDecoder::Make({{.name = "a", .type = "integer", .default_text = "x"}}, {});
  EXPECT_EQ(bad.status().slug(), "bad-default");
}

TEST(CsvDecoderTest, BadRowsSayLineColumnAndReasonAndSpoilNoOther) {
  const auto decoded = Decode("a,b\n1,\"two\nlines\"\nq,x\n\n2\n3,y,z\n4,w,,\n\"5\"x,y\n6,v\n");
  EXPECT_THAT(decoded.rows, ElementsAre(R"({"a":1,"b":"two\nlines"})", R"({"a":4,"b":"w"})",
                                        R"({"a":6,"b":"v"})"));
  EXPECT_THAT(decoded.bad,
              ElementsAre(R"(4|a|not a number (integer): "q"|q,x)", "6||1 field, not 2|2",
                          "7||3 fields, not 2|3,y,z", R"(9||text after a closing quote|"5"x,y)"));
}

TEST(CsvDecoderTest, AnOpenQuoteAtTheEndIsOneBadRow) {
  const auto decoded = Decode("a,b\n1,x\n2,\"y\n3,z\n");
  EXPECT_THAT(decoded.rows, ElementsAre(R"({"a":1,"b":"x"})"));
  EXPECT_THAT(decoded.bad, ElementsAre("3||a quote is not closed|2,\"y\n3,z\n"));
}

TEST(CsvDecoderTest, BytesThatAreNoUtf8MakeABadRowWithReadableText) {
  const auto decoded = Decode("a,b\n1,caf\xE9\n2,ok\n");
  EXPECT_THAT(decoded.rows, ElementsAre(R"({"a":2,"b":"ok"})"));
  EXPECT_THAT(decoded.bad, ElementsAre("2||not UTF-8|1,caf\xEF\xBF\xBD"));
}

TEST(CsvDecoderTest, RawTextOfABadRowIsCut) {
  const auto decoded = Decode("a,b\nq," + std::string(100'000, 'x') + "\n");
  ASSERT_EQ(decoded.bad.size(), 1u);
  EXPECT_LT(decoded.bad[0].size(), 66'000u);
}

TEST(CsvDecoderTest, ARowWithoutEndIsAnErrorNotAllOfMemory) {
  auto decoder = CsvDecoder::Make(kNumberAndText, {});
  ASSERT_TRUE(decoder.ok());
  (*decoder)->Push("a,b\n1,\"", false);
  const std::string more(8 << 20, 'x');
  for (int i = 0; i < 16; ++i) {
    (*decoder)->Push(more, false);
    const auto decoded = (*decoder)->Decode(Bytes(1));
    if (decoded.ok()) continue;
    EXPECT_EQ(decoded.status().slug(), "row-too-long");
    return;
  }
  ADD_FAILURE() << "128 MiB were taken as one row";
}

TEST(CsvDecoderTest, ManyBatchesOfTheBudgetMakeTheWholeText) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += std::to_string(i) + ",text\n";
  auto decoder = CsvDecoder::Make(kNumberAndText, {});
  ASSERT_TRUE(decoder.ok());
  (*decoder)->Push(text, true);
  int steps = 0;
  while (true) {
    const auto decoded = (*decoder)->Decode(Bytes(1000));
    ASSERT_TRUE(decoded.ok());
    ++steps;
    if (decoded->next == Decoded::Next::kEnd) break;
  }
  EXPECT_GE(steps, 9);
  EXPECT_LE(steps, 20);
}

TEST(CsvDecoderTest, RefusesWhatCannotBeADelimiterOrAColumn) {
  for (const std::string delimiter : {"", "\n", "a\r", "\"", "12345"}) {
    EXPECT_EQ(CsvDecoder::Make(kNumberAndText, WithDelimiter(delimiter)).status().slug(),
              "bad-delimiter");
  }
  EXPECT_FALSE(CsvDecoder::Make({{.name = "a", .type = "interval"}}, {}).ok());
  EXPECT_EQ(CsvDecoder::Make({{.name = "a", .type = "integer[]"}}, {}).status().slug(),
            "nested-column");
}

TEST(CsvDecoderTest, AHeaderAloneIsNoRows) {
  EXPECT_EQ(Decode("a,b\n\n"), DecodedText());
  EXPECT_EQ(Decode("a,b"), DecodedText());
}

TEST(CsvDecoderTest, OnlyDeclaredColumnsMayBeFewerThanFields) {
  const Columns one = {{.name = "a", .type = "integer"}};
  EXPECT_THAT(Decode("1,x\n2,y\n", one, {.header = false, .only_declared = true}).rows,
              ElementsAre(R"({"a":1})", R"({"a":2})"));
  EXPECT_THAT(Decode("1,x\n2,y\n", one, WithoutHeader()).rows, IsEmpty());
}

}  // namespace
}  // namespace thalweg::formats
