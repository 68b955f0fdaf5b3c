#include "formats/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace thalweg::formats {
namespace {

using ::testing::HasSubstr;

std::string Compressed(Compression compression, std::string_view text) {
  auto compressor = Compressor::Make(compression);
  EXPECT_TRUE(compressor.ok());
  std::string out;
  EXPECT_TRUE((*compressor)->Push(text, &out).ok());
  EXPECT_TRUE((*compressor)->Finish(&out).ok());
  return out;
}

/// Pieces in, at most `most` bytes out at a time.
Result<std::string> Expanded(Compression compression, const std::vector<std::string_view>& pieces,
                             std::size_t most = 1000) {
  const auto decompressor = Decompressor::Make(compression);
  std::string out;
  for (std::string_view piece : pieces) {
    while (true) {
      const std::size_t before = out.size();
      TW_RETURN_IF_ERROR(decompressor->Push(&piece, most, &out));
      EXPECT_LE(out.size() - before, most);
      if (piece.empty() && out.size() - before < most) break;
    }
  }
  TW_RETURN_IF_ERROR(decompressor->Finish());
  return out;
}

std::string SomeText() {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  return text;
}

class CompressionTest : public ::testing::TestWithParam<Compression> {};
INSTANTIATE_TEST_SUITE_P(, CompressionTest,
                         ::testing::Values(Compression::kGzip, Compression::kZstd),
                         [](const auto& test) {
                           return test.param == Compression::kGzip ? "Gzip" : "Zstd";
                         });

TEST_P(CompressionTest, ComesBackHoweverItIsCut) {
  const std::string text = SomeText();
  const std::string packed = Compressed(GetParam(), text);
  const std::string_view bytes = packed;
  EXPECT_LT(packed.size(), text.size());
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const auto out = Expanded(GetParam(), {bytes.substr(0, cut), bytes.substr(cut)});
    ASSERT_TRUE(out.ok()) << out.status();
    ASSERT_EQ(*out, text) << "cut=" << cut;
  }
  std::vector<std::string_view> single;
  for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(bytes.substr(at, 1));
  const auto out = Expanded(GetParam(), single, 1);
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(*out, text);
}

TEST_P(CompressionTest, EveryTruncationIsAnErrorWithItsPosition) {
  const std::string packed = Compressed(GetParam(), SomeText());
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto out = Expanded(GetParam(), {std::string_view(packed).substr(0, size)});
    ASSERT_FALSE(out.ok()) << "size=" << size;
    EXPECT_EQ(out.status().code(), Code::kCorrupt);
    EXPECT_THAT(out.status().message(), HasSubstr("byte=" + std::to_string(size))) << size;
  }
}

TEST_P(CompressionTest, SeveralStreamsInOneFileAreOneText) {
  const std::string packed = Compressed(GetParam(), "one\n") + Compressed(GetParam(), "") +
                             Compressed(GetParam(), "two\n");
  for (std::size_t cut = 0; cut <= packed.size(); ++cut) {
    const std::string_view bytes = packed;
    const auto out = Expanded(GetParam(), {bytes.substr(0, cut), bytes.substr(cut)});
    ASSERT_TRUE(out.ok()) << out.status();
    ASSERT_EQ(*out, "one\ntwo\n");
  }
  EXPECT_EQ(Expanded(GetParam(), {packed + "rubbish"}).status().code(), Code::kCorrupt);
}

TEST_P(CompressionTest, ChangedBytesAreNoticed) {
  const std::string text = SomeText();
  const std::string packed = Compressed(GetParam(), text);
  int noticed = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string changed = packed;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    const auto out = Expanded(GetParam(), {changed});
    if (!out.ok()) {
      ++noticed;
    } else {
      EXPECT_EQ(*out, text) << "other text without an error at=" << at;
    }
  }
  EXPECT_GT(noticed, static_cast<int>(packed.size() / 2));
}

TEST_P(CompressionTest, ABombComesOutInStepsOfTheCaller) {
  const std::string zeros(64 << 20, '\0');
  const std::string packed = Compressed(GetParam(), zeros);
  ASSERT_LT(packed.size(), zeros.size() / 500);
  const auto decompressor = Decompressor::Make(GetParam());
  std::string_view input = packed;
  std::string out;
  std::size_t total = 0;
  do {
    out.clear();
    ASSERT_TRUE(decompressor->Push(&input, 10'000, &out).ok());
    ASSERT_LE(out.size(), 10'000u);
    ASSERT_LE(out.capacity(), 200'000u);
    total += out.size();
  } while (!out.empty());
  EXPECT_EQ(total, zeros.size());
  EXPECT_TRUE(decompressor->Finish().ok());
}

TEST_P(CompressionTest, WhatIsNotCompressedIsAnError) {
  const auto out = Expanded(GetParam(), {"a,b\n1,2\n"});
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.status().fault(), Fault::kUser);
  EXPECT_EQ(Expanded(GetParam(), {}).status().code(), Code::kCorrupt);
}

TEST_P(CompressionTest, EqualInputGivesEqualBytes) {
  EXPECT_EQ(Compressed(GetParam(), SomeText()), Compressed(GetParam(), SomeText()));
}

TEST(CompressionOfTest, ByNameOrByEnding) {
  EXPECT_EQ(*CompressionOf("auto", "a/b.csv"), Compression::kNone);
  EXPECT_EQ(*CompressionOf("auto", "a/b.csv.gz"), Compression::kGzip);
  EXPECT_EQ(*CompressionOf("auto", "b.zst"), Compression::kZstd);
  EXPECT_EQ(*CompressionOf("none", "b.gz"), Compression::kNone);
  EXPECT_EQ(*CompressionOf("zstd", "b.gz"), Compression::kZstd);
  EXPECT_EQ(CompressionOf("auto", "b.csv.bz2").status().code(), Code::kUnsupported);
  EXPECT_EQ(CompressionOf("lzma", "b").status().code(), Code::kInvalid);
  EXPECT_EQ(WithoutCompressionEnding("a/b.csv.gz"), "a/b.csv");
  EXPECT_EQ(WithoutCompressionEnding("a/b.csv"), "a/b.csv");
}

TEST(GzipTest, ZerosThatFillUpTheLastBlockAreNoMember) {
  const auto out = Expanded(Compression::kGzip,
                            {Compressed(Compression::kGzip, "text") + std::string(512, '\0')});
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(*out, "text");
}

}  // namespace
}  // namespace thalweg::formats
