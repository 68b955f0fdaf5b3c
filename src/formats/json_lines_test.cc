// Lines that look like the one before are read another way than the first: the rows must be those
// that each line gives alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json_decoder.h"
#include "formats/testing/decoder_suite.h"

namespace thalweg::formats {
namespace {

const std::vector<TextColumnSpec> kColumns = {
    {.name = "a", .type = "bigint"},
    {.name = "b", .type = "varchar"},
    {.name = "t", .type = "timestamptz", .from = "epoch_ms"},
    {.name = "d", .type = "decimal(6,2)", .default_text = "1.5"},
    {.name = "j", .type = "json"},
    {.name = "l", .type = "integer[]"},
    {.name = "o", .type = "boolean"}};

DecodedText Decode(std::string_view text, const JsonDecoderOptions& options) {
  auto decoder = JsonDecoder::Make(kColumns, options);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  return DecodeAll(**decoder, {text});
}

/// The reasons of bad rows without their line.
std::string Reason(const std::string& bad) {
  return bad.substr(bad.find_first_not_of("0123456789"));
}

void ExpectAsAlone(const std::vector<std::string>& lines, const JsonDecoderOptions& options = {}) {
  std::string text;
  std::vector<std::string> rows, bad;
  for (const std::string& line : lines) {
    text += line + "\n";
    const DecodedText alone = Decode(line + "\n", options);
    rows.insert(rows.end(), alone.rows.begin(), alone.rows.end());
    for (const auto& each : alone.bad) bad.push_back(Reason(each));
  }
  const DecodedText all = Decode(text, options);
  EXPECT_EQ(all.rows, rows);
  std::vector<std::string> all_bad;
  for (const auto& each : all.bad) all_bad.push_back(Reason(each));
  EXPECT_EQ(all_bad, bad);
}

const std::string kFirst = R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 1700000000123})";

TEST(JsonLines, AsAlone) {
  for (const std::string other : {
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 1700000000123})",
           R"( {"u" :"x","a":  -7 , "b":"", "n":null,"t": null }  )",
           R"({"u": "x", "a": "12", "b": "q,}:{", "n": true, "t": "1700000000999"})",
           R"({"u": "x", "a": 1, "b": "p\n", "n": 2.5, "t": 5})",
           R"({"u": "\q", "a": 1, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1, "b": {"z": [1]}, "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1, "b": [], "n": {}, "t": 5})",
           R"({"u": "x", "a": 1, "b": 77, "n": [1, 2], "t": 5})",
           R"({"u": "x", "a": 1, "b": false, "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1.5, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 99999999999999999999, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a": true, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 01, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1, "b": "p", "n": 02, "t": 5})",
           R"({"u": "x", "a": 1, "b": "p", "n": tru, "t": 5})",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 5} x)",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 5}})",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 5},)",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 5)",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t":})",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t"})",
           R"({"u": "x", "a": 1, "b": "p" "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1 2, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a" 1, "b": "p", "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1, "a": 2, "n": 2.5, "t": 5})",
           R"({"u": "x", "a": 1, "b": "p", "n": 2.5, "t": 5, "d": 2.25})",
           R"({"u": "x", "a": 1})",
           R"({"u": "x"x, "a": 1})",
           R"({"uu": "x", "a": 1, "b": "p", "n": 2.5, "t": 5})",
           R"({"u", "a": 1, "b": "p", "n": 2.5, "t": 5})",
           R"({})",
           R"({"d": null, "o": true, "j": 5, "l": [1]})",
           R"([{"u": "x"}])",
           R"("u": "x")",
           R"({"u": "x", "a": 1, "b": "open, "n": 2.5, "t": 5})",
           "{\"u\": \"x\", \"a\": 1, \"b\": \"\xFF\", \"n\": 2.5, \"t\": 5}",
           "{\"u\": \"\x01\", \"a\": 1, \"b\": \"p\", \"n\": 2.5, \"t\": 5}",
           "{\"u\": \"x\", \"a\": 1,\x01 \"b\": \"p\", \"n\": 2.5, \"t\": 5}",
           "{\"u\": \"x\", \"a\": 1, \"b\": \"\xC3\xA9\", \"n\": 2.5, \"t\": 5}\r",
           "\t",
       }) {
    SCOPED_TRACE(other);
    for (const auto unknown :
         {JsonDecoderOptions::UnknownKeys::kIgnore, JsonDecoderOptions::UnknownKeys::kReject}) {
      ExpectAsAlone({kFirst, kFirst, other, kFirst, other, other, kFirst},
                    {.unknown_keys = unknown});
    }
  }
}

TEST(JsonLines, TheKeysChangeInEveryLine) {
  std::vector<std::string> lines;
  for (int i = 0; i < 400; ++i) {
    lines.push_back(i % 3 == 0   ? kFirst
                    : i % 3 == 1 ? R"({"a": 5, "o": true, "b": "p"})"
                                 : R"({"b": "r\t", "l": [1, 2]})");
  }
  ExpectAsAlone(lines);
}

TEST(JsonLines, ManyLooksAndALineLongerThanOne) {
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    text += R"({"a": )" + std::to_string(i) + R"(, "b": "some text", "x": )" +
            (i == 2500 ? "\"" + std::string(300 << 10, 'y') + "\"" : "null") + "}\n";
  }
  const DecodedText decoded = Decode(text, {});
  ASSERT_EQ(decoded.rows.size(), 5000u);
  EXPECT_TRUE(decoded.bad.empty());
  EXPECT_THAT(decoded.rows[4999], testing::HasSubstr("4999"));
}

}  // namespace
}  // namespace thalweg::formats
