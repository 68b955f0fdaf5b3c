#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "spec/document_limits.h"
#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Brief;
using testing::Full;
using testing::Under;

SourceTextRef Source(std::string text) {
  return std::make_shared<const SourceText>("x.yaml", std::move(text));
}

Value Good(const std::string& text) {
  Diagnostics diagnostics;
  Value value = ParseYaml(Source(text), diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << Full(diagnostics);
  return value;
}

std::string Errors(const std::string& text) {
  Diagnostics diagnostics;
  const Value value = ParseYaml(Source(text), diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    EXPECT_FALSE(diagnostic.message.empty());
    EXPECT_FALSE(diagnostic.label.empty() && diagnostic.help.empty()) << diagnostic.message;
  }
  return Brief(diagnostics);
}

/// "slug line:column" of the only error.
std::string Where(const std::string& text) {
  const std::string errors = Errors(text);
  return errors.substr(0, errors.find('+'));
}

char KindOf(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return '0';
    case Value::Kind::kBoolean:
      return 'b';
    case Value::Kind::kNumber:
      return 'n';
    case Value::Kind::kString:
      return 's';
    case Value::Kind::kList:
      return 'l';
    case Value::Kind::kMap:
      return 'm';
  }
  return '?';
}

TEST(Yaml, ScalarsFollowTheCoreSchemaAndKeepTheirText) {
  const Value list = Good(
      "[1, -2, 1.10, 1e3, 0, 010, +1, 0x1F, 0o17, .5, 1., .inf, 1_000, 12:30, 2013-01-01, "
      "true, True, FALSE, no, off, NO, y, null, Null, ~, nULL, \"1\", 'true', \"\"]");
  std::string kinds;
  for (const Value& item : list.items()) kinds += KindOf(item);
  EXPECT_EQ(kinds,
            "nnnnn"
            "ssssssssss"
            "bbb"
            "ssss"
            "000"
            "s"
            "sss");
  EXPECT_EQ(list.items()[2].text(), "1.10");
  EXPECT_EQ(list.items()[5].text(), "010");
  EXPECT_EQ(list.items()[16].text(), "True");
}

TEST(Yaml, EveryValueHasItsPlace) {
  const Value root = Good("a: 1\nb: {c: [x, \"y\"], d: }\ne:\n  - f: g\n    h: i\n  -\nj:\n");
  EXPECT_EQ(Under(root.Find("a")->span()), "1");
  EXPECT_EQ(Under(root.Find("b")->span()), "{c: [x, \"y\"], d: }");
  EXPECT_EQ(Under(root.Find("b")->Find("c")->span()), "[x, \"y\"]");
  EXPECT_EQ(Under(root.Find("b")->Find("c")->items()[1].span()), "\"y\"");
  EXPECT_EQ(Under(root.Find("b")->Find("d")->span()), "d");  // nothing stands there: its key
  EXPECT_EQ(Under(root.Find("e")->items()[0].span()), "f: g\n    h: i");
  EXPECT_TRUE(root.Find("e")->items()[1].is_null());
  EXPECT_EQ(Under(root.Find("j")->span()), "j");
  const Value gaps = Good("- a  # - b\n-\n- # c - d\n- e\n");
  EXPECT_EQ(gaps.items()[1].span().ToPlace().line, 2);
  EXPECT_EQ(gaps.items()[2].span().ToPlace().line, 3);
  EXPECT_EQ(Under(root.entries()[2].key_span), "e");
}

TEST(Yaml, PlacesCountCodePointsAndAllLineEnds) {
  const Value root = Good(
      "\xEF\xBB\xBF"
      "\xC3\xA9: \xF0\x9F\x98\x80\r\nb: c\rd: e\n");
  EXPECT_EQ(root.entries()[0].key, "\xC3\xA9");
  EXPECT_EQ(root.entries()[0].value.span().ToPlace().column, 4);
  EXPECT_EQ(root.entries()[0].value.span().ToPlace().length, 1);
  EXPECT_EQ(root.Find("b")->span().ToPlace().line, 2);
  EXPECT_EQ(root.Find("d")->span().ToPlace().line, 3);
}

struct SqlForm {
  const char* name;
  const char* yaml;  ///< the value of key a
};

class SqlPlaces : public ::testing::TestWithParam<SqlForm> {};

/// However SQL is written, each word of it is found in the file where it stands.
TEST_P(SqlPlaces, EveryWordIsFoundWhereItStands) {
  const std::string text = std::string("x: 0\na: ") + GetParam().yaml + "\nb: last\n";
  const Value root = Good(text);
  const Value& sql = *root.Find("a");
  ASSERT_EQ(root.Find("b")->text(), "last");
  int words = 0;
  for (const std::string word :
       {"SELECT", "carier", "delay", "FROM", "flights", "WHERE", "origin"}) {
    for (std::size_t at = sql.text().find(word); at != std::string::npos;
         at = sql.text().find(word, at + 1)) {
      EXPECT_EQ(Under(sql.SpanOf(at, at + word.size())), word) << sql.text();
      ++words;
    }
  }
  EXPECT_GE(words, 4) << sql.text();
  // Whatever is asked for lies inside of the value.
  for (std::size_t begin = 0; begin <= sql.text().size() + 1; ++begin) {
    for (std::size_t end = begin; end <= sql.text().size() + 1; ++end) {
      const Span span = sql.SpanOf(begin, end);
      ASSERT_LE(span.begin, span.end);
      ASSERT_GE(span.begin, sql.span().begin);
      ASSERT_LE(span.end, sql.span().end);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, SqlPlaces,
    ::testing::Values(
        SqlForm{"Plain", "SELECT carier, delay FROM flights"},
        SqlForm{"PlainOnNextLine", "\n  SELECT carier, delay FROM flights"},
        SqlForm{"PlainLines", "SELECT carier,\n    delay\n\n  FROM flights   \n   WHERE origin"},
        SqlForm{"Literal", "|\n  SELECT carier, delay\n  FROM flights\n"},
        SqlForm{"LiteralDeep",
                "|\n      SELECT carier,\n             delay\n        FROM flights\n      WHERE "
                "origin\n"},
        SqlForm{"LiteralBlankLines",
                "|\n\n  SELECT carier\n\n\n  FROM flights\n  \n   WHERE origin\n\n"},
        SqlForm{"LiteralIndented", "|2\n    SELECT carier\n   FROM flights\n  WHERE origin"},
        SqlForm{"LiteralStrip", "|-\n  SELECT carier\n  FROM flights\n\n"},
        SqlForm{"LiteralKeep", "|+\n  SELECT carier\n  FROM flights WHERE origin\n\n\n"},
        SqlForm{"LiteralTabs", "|\n  SELECT carier\n  \tFROM\tflights\n  WHERE origin"},
        SqlForm{"LiteralTrailingBlanks",
                "|\n  SELECT carier  \n  FROM flights \t \n  WHERE origin"},
        SqlForm{"LiteralHeaderComment",
                "| # SELECT nothing\n  SELECT carier\n  FROM flights # not a comment\n"},
        SqlForm{"LiteralWindows", "|\r\n  SELECT carier\r\n  FROM flights\r\n  WHERE origin\r\n"},
        SqlForm{"LiteralUnicode",
                "|\n  SELECT '\xC3\xA9\xF0\x9F\x98\x80', carier\n  FROM flights WHERE origin"},
        SqlForm{"Folded", ">\n  SELECT carier, delay\n  FROM flights\n"},
        SqlForm{"FoldedParagraphs",
                ">\n\n  SELECT carier\n  , delay\n\n  FROM flights\n\n\n  WHERE origin\n\n"},
        SqlForm{"FoldedMoreIndented",
                ">-\n  SELECT carier\n     , delay\n       FROM flights\n  WHERE origin\n  AND "
                "delay\n"},
        SqlForm{"FoldedKeep", ">+\n  SELECT carier\n  FROM flights\n\n\n"},
        SqlForm{"FoldedIndented", ">1\n  SELECT carier\n FROM flights\n"},
        SqlForm{"Double", "\"SELECT carier, delay FROM flights\""},
        SqlForm{
            "DoubleEscapes",
            R"("SELECT \"carier\", '\u00e9\x41\U0001F600\ud83d\ude00\N\_\L\P\t' AS delay\nFROM flights WHERE \/origin")"},
        SqlForm{"DoubleLines",
                "\"SELECT carier,\n    delay  \n\n   FROM flights\n  WHERE origin\""},
        SqlForm{"DoubleCutLines",
                "\"SELECT carier, \\\n    delay \\\n\n  \\ FROM flights\\\n  WHERE origin\""},
        SqlForm{"DoubleWideBlanks", "\"SELECT    carier      FROM     flights   \""},
        SqlForm{"DoubleWindows", "\"SELECT carier\r\n\r\n  FROM flights\r\n  WHERE origin\""},
        SqlForm{"Single", "'SELECT carier, delay FROM flights'"},
        SqlForm{"SingleQuotes",
                "'SELECT carier, ''x'''' y'' AS delay FROM flights WHERE origin = '''''"},
        SqlForm{"SingleLines", "'SELECT carier,\n    ''x'' AS delay\n\n  FROM flights\n  '"}),
    [](const auto& test) { return std::string(test.param.name); });

struct TextForm {
  const char* yaml;
  const char* text;
};

TEST(Yaml, TextIsDecodedAsYamlSays) {
  // The last four are what the library's own decoding gets wrong.
  for (const TextForm& form : std::vector<TextForm>{{"a: x\n  y\n\n  z # c", "x y\nz"},
                                                    {"a: |\n  x\n\n   y\n\n", "x\n\n y\n"},
                                                    {"a: |-\n  x\n\n", "x"},
                                                    {"a: |+\n  x\n\n", "x\n\n"},
                                                    {"a: |\n  x", "x"},
                                                    {"a: |+\n  x\n  ", "x\n"},
                                                    {"a: |\n", ""},
                                                    {"a: |+\n\n\n", "\n\n"},
                                                    {"a: |1-\n   x\n  y", "  x\n y"},
                                                    {"a:\n  - |2\n      x\n", "  x\n"},
                                                    {"a:\n- >\n  x\n  y\n", "x y\n"},
                                                    {"a: &n # > no header\n  |\n  x\n", "x\n"},
                                                    {"a: >\n  x\n  y\n\n\n  z\n", "x y\n\nz\n"},
                                                    {"a: \"x\\\n   y  \n\n  z\\ \"", "xy\nz "},
                                                    {"a: 'x\n\n  y'", "x\ny"},
                                                    {"a: '''x'''''", "'x''"},
                                                    {"a: ''''''", "''"},
                                                    {"a: >\n  x\n\n   y\n", "x\n\n y\n"},
                                                    {"a: >-\n  x\n\n  \ty\n  z", "x\n\n\ty\nz"}}) {
    const Value root = Good(form.yaml);
    const Value* value = root.Find("a");
    while (!value->is_scalar()) value = &value->items()[0];
    EXPECT_EQ(value->text(), form.text) << form.yaml;
  }
}

TEST(Yaml, FlowItemsAreFound) {
  const Value root = Good("evidence: [\"SELECT origin FROM a\", 'SELECT ''x''', SELECT 2]");
  const Value& item = root.Find("evidence")->items()[0];
  EXPECT_EQ(Under(item.SpanOf(7, 13)), "origin");
  EXPECT_EQ(Under(root.Find("evidence")->items()[1].SpanOf(7, 10)), "''x''");
}

TEST(Yaml, DuplicateKeysNameBothPlaces) {
  EXPECT_EQ(Errors("a: 1\nb: 2\na: 3\n"), "duplicate-key 3:1+1 first given at 1:1");
  EXPECT_EQ(Errors("x: {a: 1, \"a\": 2}\n"), "duplicate-key 1:11+3 first given at 1:5");
  std::string many;
  for (int i = 0; i < 40; ++i) many += fmt::format("k{}: 1\n", i);
  EXPECT_EQ(Errors(many + "k7: 2\nk39: 2\n"),
            "duplicate-key 41:1+2 first given at 8:1\nduplicate-key 42:1+3 first given at 40:1");
}

TEST(Yaml, AnchorsAliasesAndMergeKeys) {
  const Value root = Good(
      "base: &base {nulls: [NA], skip: 1}\n"
      "a: {<<: *base, skip: 2}\n"
      "b: {<<: [*base, {more: 3, skip: 4}], other: 5}\n"
      "c: *base\n");
  EXPECT_EQ(root.Find("a")->Find("skip")->text(), "2");
  EXPECT_EQ(root.Find("a")->Find("nulls")->items()[0].text(), "NA");
  EXPECT_EQ(root.Find("b")->Find("skip")->text(), "1");
  EXPECT_EQ(root.Find("b")->Find("more")->text(), "3");
  EXPECT_EQ(root.Find("c")->Find("skip")->span().ToPlace().line, 1);
  EXPECT_EQ(Good("{'<<': 1}").Find("<<")->text(), "1");
}

TEST(Yaml, WrongAliasesAreRefused) {
  EXPECT_EQ(Errors("a: &base 1\nb: *bse\n"), "yaml-alias 2:4+4 did you mean \"*base\"?");
  EXPECT_EQ(Where("a: &x [1, *x]\n"), "yaml-alias 1:11");
  EXPECT_EQ(Where("a: &x 1\nb: {<<: *x}\n"), "yaml-key 2:5");
}

TEST(Yaml, AliasBombsAreCheap) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 60; ++i) {
    std::string aliases;
    for (int j = 0; j < 10; ++j) aliases += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    text += fmt::format("a{0}: &a{0} [{1}]\n", i, aliases);
  }
  EXPECT_EQ(Where(text).substr(0, 10), "yaml-alias");
  std::string maps = "m0: &m0 {a: 1, b: 2}\n";
  for (int i = 1; i < 60; ++i)
    maps += fmt::format("m{0}: &m{0} {{x: *m{1}, y: *m{1}, z{0}: 1}}\n", i, i - 1);
  EXPECT_EQ(Where(maps).substr(0, 10), "yaml-alias");
}

TEST(Yaml, WhatYamlKnowsAndWeDoNotIsRefusedWithItsPlace) {
  EXPECT_EQ(Where("a: !!python/object:os.system x\n"), "yaml-tag 1:4");
  EXPECT_EQ(Where("a: !!str 5\n"), "yaml-tag 1:4");
  EXPECT_EQ(Where("a: ! [x]\n").substr(0, 8), "yaml-tag");
  EXPECT_EQ(Where("a: 1\n---\nb: 2\n"), "several-documents 2:1");
  EXPECT_EQ(Where("%YAML 1.1\n---\na: yes\n"), "yaml-version 1:1");
  EXPECT_EQ(Where("? [a]\n: 1\n").substr(0, 8), "yaml-key");
  EXPECT_EQ(Where("~: 1\n"), "yaml-key 1:1");
  EXPECT_EQ(Where("a: \"x\\0y\"\n"), "control-character 1:4");
  EXPECT_EQ(Where("a: \"\\ud83d\"\n").substr(0, 13), "yaml-syntax 1");
}

TEST(Yaml, OneDocumentMayBeMarked) {
  EXPECT_EQ(Good("---\na: 1\n...\n").Find("a")->text(), "1");
  EXPECT_EQ(Good("%YAML 1.2\n---\na: 1\n").Find("a")->text(), "1");
  EXPECT_TRUE(Good("# nothing\n").is_null());
  EXPECT_TRUE(Good("").is_null());
}

TEST(Yaml, SyntaxErrorsSayWhatToDo) {
  EXPECT_EQ(Where("a:\n\tb: 1\n"), "yaml-syntax 2:1");
  EXPECT_EQ(Where("sql: SELECT a: b\n"), "yaml-syntax 1:14");
  EXPECT_EQ(Where("sql: SELECT a\n  FROM t # x\n  WHERE y\n"), "yaml-syntax 3:3");
  EXPECT_EQ(Where("a: [1, 2\nb: 1\n"), "yaml-syntax 1:4");
  EXPECT_EQ(Where("a: {b: [1, 2}\n").substr(0, 13), "yaml-syntax 1");
  EXPECT_EQ(Where("a: \"abc\nb: 1\n").substr(0, 13), "yaml-syntax 1");
  EXPECT_EQ(Where("a: {files: ${data}/x}\n").substr(0, 13), "yaml-syntax 1");
  EXPECT_EQ(Where("a: @x\n"), "yaml-syntax 1:4");
  EXPECT_EQ(Where("a: %x\n"), "yaml-syntax 1:4");
  EXPECT_EQ(Where("a:\n  b: 1\n c: 2\n"), "yaml-syntax 3:2");
  EXPECT_EQ(Where("a: \"x\" y\n"), "yaml-syntax 1:8");
  EXPECT_EQ(Where("a: \"\\q\"\n").substr(0, 13), "yaml-syntax 1");
  EXPECT_EQ(Where("a: 1\nb\n"), "yaml-syntax 2:1");
  EXPECT_EQ(Where("}{"), "yaml-syntax 1:1");
}

TEST(Yaml, TextThatIsNoTextIsRefusedWithItsPlace) {
  EXPECT_EQ(Where("a: 1\nb: \xFF\n"), "not-utf8 2:4");
  EXPECT_EQ(Where("a: \xC0\xAF\n"), "not-utf8 1:4");
  EXPECT_EQ(Where(std::string("a: x\0y\n", 7)), "control-character 1:5");
  EXPECT_EQ(Where("a: \x1B[31m\n"), "control-character 1:4");
  EXPECT_EQ(Where(std::string("\xFF\xFE"
                              "a\0",
                              4)),
            "not-utf8 1:1");
  EXPECT_EQ(Where(std::string(kMaxDocumentBytes + 1, ' ')), "file-too-large 1:1");
}

TEST(Yaml, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(Errors(nested(60)), "");
  EXPECT_EQ(Errors(nested(65)).substr(0, 8), "too-deep");
  EXPECT_EQ(Errors(nested(100'000)).substr(0, 8), "too-deep");
  std::string blocks;
  for (std::size_t i = 0; i < 2'000; ++i) blocks += std::string(i, ' ') + "a:\n";
  EXPECT_EQ(Errors(blocks).substr(0, 8), "too-deep");
}

}  // namespace
}  // namespace thalweg::spec
