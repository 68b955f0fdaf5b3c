#include "base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(Utf8Test, DecodesEveryLength) {
  EXPECT_EQ(DecodeUtf8("a", 0).value, U'a');
  EXPECT_EQ(DecodeUtf8("\u00e9", 0).value, 0xE9U);
  EXPECT_EQ(DecodeUtf8("\u20ac", 0).value, 0x20ACU);
  const CodePoint emoji = DecodeUtf8("x\U0001F600", 1);
  EXPECT_EQ(emoji.value, 0x1F600U);
  EXPECT_EQ(emoji.bytes, 4U);
  EXPECT_TRUE(emoji.valid);
}

TEST(Utf8Test, RefusesWhatTheStandardRefuses) {
  for (const char* const text : {
           "\x80",              // a continuation alone
           "\xC0\xAF",          // overlong
           "\xC1\xBF",          // overlong
           "\xE0\x80\xAF",      // overlong
           "\xF0\x80\x80\xAF",  // overlong
           "\xED\xA0\x80",      // surrogate
           "\xF4\x90\x80\x80",  // above U+10FFFF
           "\xF5\x80\x80\x80", "\xFF",
           "\xE2\x82",      // cut off
           "\xE2\x28\xA1",  // no continuation
       }) {
    const CodePoint point = DecodeUtf8(text, 0);
    EXPECT_FALSE(point.valid) << EscapeForDisplay(text);
    EXPECT_EQ(point.bytes, 1U);
    EXPECT_FALSE(IsValidUtf8(text));
  }
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("na\u00efve \U0010FFFF"));
}

TEST(Utf8Test, CountsInvalidBytesAsOneEach) {
  EXPECT_EQ(CountCodePoints(""), 0U);
  EXPECT_EQ(CountCodePoints("a\u20ac\U0001F600"), 3U);
  EXPECT_EQ(CountCodePoints("a\xFF\xFEz"), 4U);
}

TEST(Utf8Test, ShowsWhatCannotBeSeen) {
  EXPECT_EQ(EscapeForDisplay("plain \u00e9 \u6f22"), "plain \u00e9 \u6f22");
  EXPECT_EQ(EscapeForDisplay("a\tb"), "a b");
  EXPECT_EQ(EscapeForDisplay("\x1b[31m"), "\\u{1b}[31m");
  EXPECT_EQ(EscapeForDisplay("a\u202eb\u2066c"), "a\\u{202e}b\\u{2066}c");
  EXPECT_EQ(EscapeForDisplay("a\u200bb\ufeff"), "a\\u{200b}b\\u{feff}");
  EXPECT_EQ(EscapeForDisplay("a\nb\r"), "a\\u{a}b\\u{d}");
  EXPECT_EQ(EscapeForDisplay("\xff"), "\\x{ff}");
  EXPECT_EQ(EscapeForDisplay(std::string_view("\0", 1)), "\\u{0}");
}

TEST(Utf8Test, KnowsWideAndCombining) {
  EXPECT_EQ(DisplayWidth(U'a'), 1);
  EXPECT_EQ(DisplayWidth(0x6F22), 2);
  EXPECT_EQ(DisplayWidth(0x1F600), 2);
  EXPECT_EQ(DisplayWidth(0x301), 0);
  EXPECT_EQ(DisplayWidth(0x2026), 1);
}

}  // namespace
}  // namespace thalweg
