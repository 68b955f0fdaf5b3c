#include "formats/byte_stream.h"

#include <gtest/gtest.h>

#include "base/testing/temp_directory.h"

namespace thalweg::formats {
namespace {

Result<std::string> ReadAll(ByteStream& stream, std::size_t step) {
  std::string text;
  while (true) {
    TW_ASSIGN_OR_RETURN(const bool more, stream.Read(step, &text));
    if (!more) return text;
  }
}

Result<std::string> ReadText(const std::string& path, Compression compression,
                             TextEncoding encoding, std::size_t step = 1000,
                             std::int64_t skip = 0) {
  TW_ASSIGN_OR_RETURN(const auto stream, OpenText(LocalFileSystem(), path, compression, encoding));
  TW_RETURN_IF_ERROR(stream->Skip(skip));
  return ReadAll(*stream, step);
}

std::string Gzipped(std::string_view text) {
  auto compressor = Compressor::Make(Compression::kGzip);
  std::string out;
  EXPECT_TRUE((*compressor)->Push(text, &out).ok() && (*compressor)->Finish(&out).ok());
  return out;
}

TEST(ByteStreamTest, SkippingCountsBytesOfThePlainText) {
  const TempDirectory directory;
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + "\n";
  const std::string plain = directory.Write("plain", text);
  const std::string packed = directory.Write("packed", Gzipped(text));
  for (const std::size_t skip : {0u, 1u, 999u, 20'000u, static_cast<unsigned>(text.size())}) {
    const auto offset = static_cast<std::int64_t>(skip);
    for (const std::size_t step : {7u, 1u << 20}) {
      EXPECT_EQ(ReadText(plain, Compression::kNone, TextEncoding::kUtf8, step, offset).value(),
                text.substr(skip));
      EXPECT_EQ(ReadText(packed, Compression::kGzip, TextEncoding::kUtf8, step, offset).value(),
                text.substr(skip));
    }
  }
  const auto beyond = static_cast<std::int64_t>(text.size() + 1);
  EXPECT_EQ(ReadText(plain, Compression::kNone, TextEncoding::kUtf8, 10, beyond).status().code(),
            Code::kCorrupt);
  EXPECT_EQ(ReadText(packed, Compression::kGzip, TextEncoding::kUtf8, 10, beyond).status().code(),
            Code::kCorrupt);
}

TEST(ByteStreamTest, ErrorsNameThePath) {
  const TempDirectory directory;
  const std::string torn = directory.Write("torn.gz", Gzipped("some text").substr(0, 15));
  const auto text = ReadText(torn, Compression::kGzip, TextEncoding::kUtf8);
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.status().message().find("torn.gz"), std::string::npos);
  EXPECT_EQ(
      ReadText(directory / "missing", Compression::kNone, TextEncoding::kUtf8).status().code(),
      Code::kNotFound);
}

TEST(ByteStreamTest, EncodingsBecomeUtf8) {
  const TempDirectory directory;
  const auto read = [&](TextEncoding encoding, std::string_view bytes) {
    return ReadText(directory.Write("text", bytes), Compression::kNone, encoding, 1).value();
  };
  EXPECT_EQ(read(TextEncoding::kLatin1, "caf\xE9 \x80"), "café \xC2\x80");
  EXPECT_EQ(read(TextEncoding::kWindows1252, "\x80 \x93x\x94"), "€ “x”");
  EXPECT_EQ(read(TextEncoding::kUtf16Le, std::string_view("a\0\xE9\0\x3D\xD8\x00\xDE", 8)), "aé😀");
  EXPECT_EQ(read(TextEncoding::kUtf16Be, std::string_view("\0a\xD8\x3D\xDE\x00", 6)), "a😀");
  EXPECT_EQ(read(TextEncoding::kUtf16, std::string_view("\xFE\xFF\0a", 4)),
            "\xEF\xBB\xBF"
            "a");
  EXPECT_EQ(read(TextEncoding::kUtf16, std::string_view("\xFF\xFE\x61\0", 4)),
            "\xEF\xBB\xBF"
            "a");
  // What is no character is no UTF-8 either, so that its row is refused.
  EXPECT_EQ(read(TextEncoding::kWindows1252, "\x81"), "\xFF");
  EXPECT_EQ(read(TextEncoding::kUtf16Le, std::string_view("\x00\xDE\x61\0", 4)),
            "\xFF"
            "a");
  EXPECT_EQ(read(TextEncoding::kUtf16Le, std::string_view("\x3D\xD8\x61\0\x3D\xD8\x62", 7)),
            "\xFF"
            "a\xFF");
}

TEST(TextEncodingTest, NamesAreTakenAsPeopleWriteThem) {
  EXPECT_EQ(*TextEncodingOf("UTF-8"), TextEncoding::kUtf8);
  EXPECT_EQ(*TextEncodingOf("ISO-8859-1"), TextEncoding::kLatin1);
  EXPECT_EQ(*TextEncodingOf("cp1252"), TextEncoding::kWindows1252);
  EXPECT_EQ(TextEncodingOf("ebcdic").status().code(), Code::kInvalid);
}

}  // namespace
}  // namespace thalweg::formats
