#include "formats/json_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/testing/decoder_suite.h"

namespace thalweg::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Columns = std::vector<TextColumnSpec>;
using Layout = JsonDecoderOptions::Layout;

const Columns kNumberAndText = {{.name = "a", .type = "integer"}, {.name = "b", .type = "varchar"}};
const Columns kNested = {{.name = "l", .type = "integer[]"},
                         {.name = "s", .type = "struct(x integer, y varchar[])"},
                         {.name = "m", .type = "map(varchar, decimal(5,2))"},
                         {.name = "j", .type = "json"}};

DecodedText Decode(std::string_view text, const Columns& columns = kNumberAndText,
                   const JsonDecoderOptions& options = {}) {
  auto decoder = JsonDecoder::Make(columns, options);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return DecodeAll(**decoder, {text});
}

/// One value for one column; the row, or what was wrong with it.
std::string DecodeOne(const std::string& type, const std::string& value) {
  const auto decoded = Decode("{\"c\":" + value + "}\n", {{.name = "c", .type = type}});
  if (!decoded.rows.empty()) return decoded.rows[0].substr(5, decoded.rows[0].size() - 6);
  return decoded.bad.empty() ? decoded.error : decoded.bad[0];
}

DecoderCase Case(std::string name, Layout layout, std::string text,
                 Columns columns = kNumberAndText) {
  return {std::move(name), std::move(text),
          [=](const Decoder* before) -> Result<std::unique_ptr<Decoder>> {
            const TextPosition start = before == nullptr ? TextPosition() : before->At();
            TW_ASSIGN_OR_RETURN(auto made, JsonDecoder::Make(columns, {.layout = layout}, start));
            return std::unique_ptr<Decoder>(std::move(made));
          }};
}

std::vector<DecoderCase> Cases() {
  const std::string nested =
      R"({"l":[1,null,3],"s":{"y":["p","q"],"x":2},"m":{"k":1.5},"j":{ "z": [1, {}] }})";
  const std::string spoilt = R"({"l":[1],"s":{"y":["p"],"x":2.5},"m":{"k":1.5}})";
  return {
      Case("Lines", Layout::kLines,
           "{\"a\":1,\"b\":\"x\"}\n\n{\"b\":\"\\u00e9\\n\",\"a\":2}\r\n{}\n{\"a\":3}"),
      Case("Nested", Layout::kLines, nested + "\n" + spoilt + "\n" + nested + "\n", kNested),
      Case("BrokenLines", Layout::kLines,
           "{\"a\":1}\n{\"a\":2,\"b\":\n{\"a\":3}\n5\n[]\n{\"a\":4}x\n{\"a\":tru}\n\xFF\n{\"a\":5}"
           "\n{\"a\""),
      Case("ByteOrderMark", Layout::kLines, "\xEF\xBB\xBF{\"a\":1}\n"),
      Case("Array", Layout::kValues,
           " [ {\"a\":1} ,\n {\"a\":2,\"b\":\"],{\\\"\"}\n,{\"a\":3} ]\n"),
      Case("Arrays", Layout::kValues, "[{\"a\":1}][]\n[{\"a\":2},\n{\"a\":\"q\"}]"),
      Case("Sequence", Layout::kValues,
           "{\"a\":1}{\"a\":2}\n\n{\"a\":3,\n\"b\":\"y\"} 7 \"s\" null\n"),
      Case("TornValue", Layout::kValues, "[{\"a\":1},\n{\"a\":2,"),
      Case("TornArray", Layout::kValues, "[{\"a\":1},{\"a\":2}\n"),
      Case("Stray", Layout::kValues, "{\"a\":1}\n,{\"a\":2}"),
      Case("StrayInArray", Layout::kValues, "[{\"a\":1} {\"a\":2}]"),
      Case("Empty", Layout::kValues, ""),
  };
}

THALWEG_DECODER_SUITE(Json, Cases());

TEST(JsonDecoderTest, MissingKeysAndNullsAreNull) {
  EXPECT_THAT(Decode("{\"z\":1}\n{\"a\":null,\"b\":null}\n").rows,
              ElementsAre(R"({"a":null,"b":null})", R"({"a":null,"b":null})"));
  const Columns columns = {{.name = "a", .type = "integer", .default_text = "7"}};
  EXPECT_THAT(Decode("{}\n{\"a\":null}\n{\"a\":1}\n", columns).rows,
              ElementsAre(R"({"a":7})", R"({"a":7})", R"({"a":1})"));
}

TEST(JsonDecoderTest, KeepsEveryStorableTypeExactly) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"boolean", "true"},
      {"tinyint", "-128"},
      {"utinyint", "255"},
      {"bigint", "-9223372036854775808"},
      {"ubigint", "18446744073709551615"},
      {"double", "0.1"},
      {"double", "1e+300"},
      {"real", "0.1"},
      {"decimal(18,2)", "9007199254740993.25"},
      {"decimal(38,0)", "-99999999999999999999999999999999999999"},
      {"varchar", R"("a \"b\" \\ \n ü")"},
      {"blob", R"("a\\x00\\xFF\\x5C")"},
      {"date", R"("2013-01-02")"},
      {"time", R"("03:04:05.123456")"},
      {"timestamp", R"("2013-01-02T03:04:05.123456")"},
      {"timestamptz", R"("2013-01-02T03:04:05Z")"},
      {"timestamp_ns", R"("2013-01-02T03:04:05.123456789")"},
      {"uuid", R"("550e8400-e29b-41d4-a716-446655440000")"},
      {"json", R"({"k": [1.10, null]})"},
      {"integer[]", "[1,null,3]"},
      {"varchar[][]", R"([["a"],[],null])"},
      {"struct(x integer, y struct(z double))", R"({"x":1,"y":{"z":0.5}})"},
      {"map(varchar, integer[])", R"({"k":[1],"l":null})"},
      {"map(integer, varchar)", R"({"1":"x"})"},
  };
  for (const auto& [type, value] : cases) EXPECT_EQ(DecodeOne(type, value), value) << type;
}

TEST(JsonDecoderTest, TakesEqualFormsOfAValue) {
  EXPECT_EQ(DecodeOne("integer", "1.0"), "1");
  EXPECT_EQ(DecodeOne("integer", "1e3"), "1000");
  EXPECT_EQ(DecodeOne("integer", "\"5\""), "5");
  EXPECT_EQ(DecodeOne("decimal(5,2)", "1.5"), "1.50");
  EXPECT_EQ(DecodeOne("double", "\"NaN\""), "\"NaN\"");
  EXPECT_EQ(DecodeOne("double", "\"-inf\""), "\"-Infinity\"");
  EXPECT_EQ(DecodeOne("varchar", "1.10"), "\"1.10\"");
  EXPECT_EQ(DecodeOne("varchar", "[1, {\"x\": 2}]"), R"("[1, {\"x\": 2}]")");
  EXPECT_EQ(DecodeOne("timestamptz", "\"2013-01-02T03:04:05+02:00\""), "\"2013-01-02T01:04:05Z\"");
}

TEST(JsonDecoderTest, RefusesWhatWouldBeRoundedOrGuessed) {
  for (const auto& [type, value] : std::vector<std::pair<std::string, std::string>>{
           {"integer", "1.5"},
           {"integer", "2147483648"},
           {"integer", "true"},
           {"integer", "{}"},
           {"integer", "\"\""},
           {"bigint", "1e19"},
           {"decimal(5,2)", "1.005"},
           {"decimal(5,2)", "1000"},
           {"double", "1e400"},
           {"double", "true"},
           {"boolean", "1"},
           {"boolean", "\"maybe\""},
           {"date", "5"},
           {"date", "\"2013-02-30\""},
           {"timestamp", "\"2013-01-02 00:00:00+02\""},
           {"blob", "5"},
           {"uuid", "5"},
           {"integer[]", "5"},
           {"integer[]", "[\"x\"]"},
           {"struct(x integer)", "[]"},
           {"struct(x integer)", "{\"x\":1,\"x\":2}"},
           {"map(varchar, integer)", "{\"k\":1,\"k\":2}"},
           {"varchar", "\"\\ud800\""},
           {"json", "01"},
           {"json", "[1,]"},
           {"json", "{\"a\":nul}"}}) {
    EXPECT_THAT(DecodeOne(type, value), StartsWith("1|")) << type << " " << value;
  }
}

TEST(JsonDecoderTest, ReasonsNameTheNestedField) {
  EXPECT_EQ(DecodeOne("struct(x struct(y integer))", R"({"x":{"y":"q"}})"),
            R"(1|c|x: y: not a number (integer): "q"|{"c":{"x":{"y":"q"}}})");
}

TEST(JsonDecoderTest, ReasonsSayWhatTheLineIs) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"a":1} trailing)", "something follows the value"},
      {R"({"a":1} 7)", "something follows the value"},
      {R"({"a":1,"b":"}"} x)", "something follows the value"},
      {R"({"a":1}{"a":2})", "something follows the value"},
      {R"({"a":1,"b":"}" x)", "an object or a list is not closed"},
      {R"({"a":1)", "an object or a list is not closed"},
      {"not json", "a word that is not true, false or null"},
      {"tru", "a word that is not true, false or null"},
      {"null", "null, not an object"},
      {"false", "true or false, not an object"},
      {"-x", "a number is not written as JSON wants it"},
      {"[1]", "a list, not an object"},
  };
  for (const auto& [line, reason] : cases)
    EXPECT_THAT(Decode(line + "\n").bad, ElementsAre(StartsWith("1||" + reason + "|"))) << line;
}

TEST(JsonDecoderTest, AKeyThatStandsTwiceIsABadRow) {
  const auto decoded = Decode("{\"a\":1,\"a\":1}\n");
  EXPECT_THAT(decoded.rows, IsEmpty());
  EXPECT_THAT(decoded.bad, ElementsAre(StartsWith("1|a|the key stands twice")));
}

TEST(JsonDecoderTest, ChecksWhatNoColumnTakes) {
  for (const std::string value :
       {"xx", "tru", "01", "[1,]", "{\"k\" 1}", "\"\\x\"", "nul", "-", "1.e5"}) {
    const auto decoded = Decode("{\"a\":1,\"unknown\":" + value + "}\n{\"a\":2}\n");
    EXPECT_THAT(decoded.rows, ElementsAre(R"({"a":2,"b":null})")) << value;
    EXPECT_THAT(decoded.bad, ElementsAre(StartsWith("1||"))) << value;
  }
}

TEST(JsonDecoderTest, KeysAreTakenByTheirWholeName) {
  const std::string longest(300, 'k');
  const Columns columns = {{.name = "a", .type = "integer"},
                           {.name = "ab", .type = "integer"},
                           {.name = longest, .type = "integer"},
                           {.name = "q\"\n", .type = "integer"}};
  EXPECT_THAT(
      Decode("{\"ab\":2,\"\\u0061\":1,\"" + longest + "\":3,\"q\\\"\\n\":4,\"A\":5}\n", columns)
          .rows,
      ElementsAre("{\"a\":1,\"ab\":2,\"" + longest + "\":3,\"q\\\"\\n\":4}"));
  EXPECT_THAT(Decode("{\"a\":1,\"k\":2}", columns).rows, SizeIs(1));
}

TEST(JsonDecoderTest, UnknownKeysAreRefusedOnRequest) {
  const JsonDecoderOptions strict = {.unknown_keys = JsonDecoderOptions::UnknownKeys::kReject};
  EXPECT_THAT(Decode("{\"a\":1,\"z\":2}\n", kNumberAndText, strict).bad,
              ElementsAre(StartsWith("1||a key that no column takes: \"z\"")));
}

TEST(JsonDecoderTest, ATornLineSpoilsNoOther) {
  const auto decoded = Decode("{\"a\":1}\n{\"a\":2,\"b\":\"x\n{\"a\":3}\n");
  EXPECT_THAT(decoded.rows, ElementsAre(R"({"a":1,"b":null})", R"({"a":3,"b":null})"));
  EXPECT_THAT(decoded.bad, ElementsAre(StartsWith("2||")));
}

TEST(JsonDecoderTest, BadRowsInArraysSayTheirLine) {
  const auto decoded = Decode("[\n{\"a\":1},\n{\"a\":\"q\",\n\"b\":\"x\"},\n{\"a\":3}\n]\n",
                              kNumberAndText, {.layout = Layout::kValues});
  EXPECT_THAT(decoded.rows, SizeIs(2));
  EXPECT_THAT(decoded.bad, ElementsAre(StartsWith("3|a|")));
}

TEST(JsonDecoderTest, DeepNestingIsABadRowNotACrash) {
  for (const int depth : {600, 100'000}) {
    const auto n = static_cast<std::size_t>(depth);
    const std::string deep = std::string(n, '[') + std::string(n, ']');
    EXPECT_THAT(Decode("{\"a\":1,\"z\":" + deep + "}\n{\"a\":2}\n").rows, SizeIs(1));
    EXPECT_THAT(DecodeOne("json", deep), StartsWith("1|"));
  }
}

TEST(JsonDecoderTest, FormsOfTimeAreTaken) {
  const Columns columns = {{.name = "t", .type = "timestamptz", .from = "epoch_ms"},
                           {.name = "d", .type = "date", .from = "%d.%m.%Y"}};
  const auto decoded =
      Decode("{\"t\":1357095845678,\"d\":\"02.01.2013\"}\n{\"t\":\"x\"}\n{\"d\":\"2013-01-02\"}\n",
             columns);
  EXPECT_THAT(decoded.rows, ElementsAre(R"({"t":"2013-01-02T03:04:05.678Z","d":"2013-01-02"})"));
  EXPECT_THAT(decoded.bad, ElementsAre(StartsWith("2|t|"), StartsWith("3|d|")));
}

}  // namespace
}  // namespace thalweg::formats
