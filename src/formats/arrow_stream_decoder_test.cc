#include "formats/arrow_stream_decoder.h"

#include <cstdlib>

#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "data/testing/batch.h"
#include "formats/arrow_ipc_encoder.h"
#include "formats/testing/decoder_suite.h"

namespace thalweg::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

data::Batch Rows(const std::string& numbers, const std::string& texts) {
  return data::MakeBatch({{"a", "integer", numbers}, {"b", "varchar", texts}});
}

std::string Stream(const std::vector<data::Batch>& batches, bool end = true) {
  std::string text;
  ArrowIpcEncoder encoder(batches.front()->schema());
  for (const auto& batch : batches) EXPECT_TRUE(encoder.Encode(*batch, &text).ok());
  std::string rest;
  EXPECT_TRUE(encoder.Finish(&rest).ok());
  return end ? text + rest : text;
}

const std::vector<TextColumnSpec> kColumns = {{.name = "b", .type = "varchar"},
                                              {.name = "a", .type = "integer"}};

DecoderCase Case(std::string name, std::string text) {
  return {std::move(name), text, [text](const Decoder* before) -> Result<std::unique_ptr<Decoder>> {
            TextPosition start;
            std::string schema;
            if (before != nullptr) {
              start = before->At();
              const auto place = static_cast<const ArrowStreamDecoder*>(before)->schema_place();
              schema = text.substr(static_cast<std::size_t>(place.first),
                                   static_cast<std::size_t>(place.second - place.first));
            }
            TW_ASSIGN_OR_RETURN(auto made, ArrowStreamDecoder::Make(kColumns, start, schema));
            return std::unique_ptr<Decoder>(std::move(made));
          }};
}

std::vector<DecoderCase> Cases() {
  const std::string one = Stream({Rows("[1, null]", R"(["x", "y"])"), Rows("[3]", R"([null])")});
  const std::string other = Stream({data::MakeBatch(
      {{"b", "varchar", R"(["z"])"}, {"c", "double", "[1.5]"}, {"a", "integer", "[4]"}})});
  return {
      Case("One", one),
      Case("SeveralOneAfterAnother", one + other + one),
      Case("WithoutAnEnd", Stream({Rows("[1]", R"(["x"])")}, false)),
      Case("Torn", one + other.substr(0, other.size() / 2)),
      Case("TornInALength", one.substr(0, 6)),
      Case("EmptyBatch", Stream({Rows("[]", "[]"), Rows("[1]", R"(["x"])")})),
      Case("Empty", ""),
      Case("NoArrow", "{\"a\":1}\n{\"a\":2}\n{\"a\":2}\n"),
  };
}

THALWEG_DECODER_SUITE(ArrowStream, Cases());

DecodedText Decode(const std::string& text) {
  const auto decoder = ArrowStreamDecoder::Make(kColumns);
  return DecodeAll(**decoder, {text});
}

TEST(ArrowStreamDecoderTest, ColumnsAreFoundByNameInEveryStream) {
  const DecodedText text = Decode(
      Stream({Rows("[1]", R"(["x"])")}) +
      Stream({data::MakeBatch(
          {{"z", "double", "[0]"}, {"a", "integer", "[2]"}, {"b", "varchar", R"(["y"])"}})}));
  EXPECT_THAT(text.rows, ElementsAre(R"({"b":"x","a":1})", R"({"b":"y","a":2})"));
  EXPECT_THAT(text.bad, IsEmpty());
  EXPECT_EQ(text.error, "");
}

Status ErrorOf(const std::string& text) {
  const auto decoder = ArrowStreamDecoder::Make(kColumns);
  (*decoder)->Push(text, true);
  while (true) {
    const auto decoded = (*decoder)->Decode(Bytes(1));
    if (!decoded.ok() || decoded->next == Decoded::Next::kEnd) return decoded.status();
  }
}

TEST(ArrowStreamDecoderTest, AnotherSchemaThanDeclaredNamesTheColumn) {
  const Status type =
      ErrorOf(Stream({data::MakeBatch({{"a", "bigint", "[1]"}, {"b", "varchar", R"(["x"])"}})}));
  EXPECT_EQ(type.slug(), "wrong-type");
  EXPECT_THAT(type.message(), HasSubstr("column=\"a\" declared=integer stream=bigint"));
  const Status missing = ErrorOf(Stream({data::MakeBatch({{"a", "integer", "[1]"}})}));
  EXPECT_EQ(missing.slug(), "missing-column");
  EXPECT_THAT(missing.message(), HasSubstr("column=\"b\""));
}

TEST(ArrowStreamDecoderTest, ALengthThatNobodySentIsNotHeld) {
  // Continuation, then metadata of 2 GiB - 1.
  const Status status = ErrorOf(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 8));
  EXPECT_FALSE(status.ok());
}

TEST(ArrowStreamDecoderTest, WhatIsTornIsABadRow) {
  const std::string text = Stream({Rows("[1]", R"(["x"])"), Rows("[2]", R"(["y"])")}, false);
  const DecodedText torn = Decode(text.substr(0, text.size() - 1));
  EXPECT_THAT(torn.rows, ElementsAre(R"({"b":"x","a":1})"));
  EXPECT_THAT(torn.bad, ElementsAre("3||the stream ends inside of a message|"));
}

/// Seeds of the fuzz target. With THALWEG_WRITE_SEEDS in the environment they are written anew.
TEST(ArrowStreamDecoderTest, TheCorpusHoldsValidStreams) {
  const std::string one = Stream({Rows("[1, null]", R"(["x", "y"])"), Rows("[3]", "[null]")});
  const std::string other = Stream({data::MakeBatch(
      {{"b", "varchar", R"(["z"])"}, {"c", "double[]", "[[1.5]]"}, {"a", "integer", "[4]"}})});
  const struct {
    std::string name, text;
    std::size_t rows, bad;
  } seeds[] = {{"batches", one, 3, 0},
               {"streams", one + other, 4, 0},
               {"no_rows", Stream({Rows("[]", "[]")}), 0, 0},
               {"no_end", Stream({Rows("[1]", R"(["x"])")}, false), 1, 0},
               {"torn_stream", one + other.substr(0, other.size() / 2), 3, 1}};
  for (const auto& seed : seeds) {
    const std::string path = "tests/corpora/arrow_stream/" + seed.name;
    if (std::getenv("THALWEG_WRITE_SEEDS") != nullptr) {
      ASSERT_TRUE(WriteFileAtomically(LocalFileSystem(), AbsolutePath(path), seed.text).ok());
    }
    const auto text = ReadFile(LocalFileSystem(), AbsolutePath(path));
    ASSERT_TRUE(text.ok()) << text.status().ToString();
    const DecodedText decoded = Decode(*text);
    EXPECT_EQ(decoded.error, "") << seed.name;
    EXPECT_EQ(decoded.rows.size(), seed.rows) << seed.name;
    EXPECT_EQ(decoded.bad.size(), seed.bad) << seed.name;
  }
}

}  // namespace
}  // namespace thalweg::formats
