#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Brief;
using testing::Full;
using testing::Under;

Value Good(const std::string& text) {
  Diagnostics diagnostics;
  Value value = ParseJson(std::make_shared<const SourceText>("x.json", text), diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << Full(diagnostics);
  return value;
}

std::string Where(const std::string& text) {
  Diagnostics diagnostics;
  EXPECT_TRUE(ParseJson(std::make_shared<const SourceText>("x.json", text), diagnostics).is_null());
  const std::string errors = Brief(diagnostics);
  return errors.substr(0, errors.find('+'));
}

TEST(Json, EveryValueHasItsPlace) {
  const Value root =
      Good("\xEF\xBB\xBF {\"a\": [1, -2.50e+1, true, null],\n \"b\": {\"c\": \"x\"}}\n");
  EXPECT_EQ(Under(root.Find("a")->span()), "[1, -2.50e+1, true, null]");
  EXPECT_EQ(root.Find("a")->items()[1].text(), "-2.50e+1");
  EXPECT_EQ(root.Find("a")->items()[2].kind(), Value::Kind::kBoolean);
  EXPECT_TRUE(root.Find("a")->items()[3].is_null());
  EXPECT_EQ(Under(root.Find("b")->Find("c")->span()), "\"x\"");
  EXPECT_EQ(Under(root.entries()[1].key_span), "\"b\"");
  EXPECT_EQ(root.Find("b")->span().ToPlace().line, 2);
}

TEST(Json, EscapesAreReadAndMapped) {
  const Value root =
      Good(R"({"sql": "SELECT \"carier\", '\u00e9\ud83d\ude00\\\/\t'\nFROM flights"})");
  const Value& sql = *root.Find("sql");
  EXPECT_EQ(sql.text(), "SELECT \"carier\", '\xC3\xA9\xF0\x9F\x98\x80\\/\t'\nFROM flights");
  for (const std::string word : {"SELECT", "carier", "FROM", "flights"}) {
    const std::size_t at = sql.text().find(word);
    EXPECT_EQ(Under(sql.SpanOf(at, at + word.size())), word);
  }
  EXPECT_EQ(Under(sql.SpanOf(7, 15)), R"(\"carier\")");
}

TEST(Json, MistakesAreRefusedWithTheirPlace) {
  EXPECT_EQ(Where(R"({"a": 1, "a": 2)"), "duplicate-key 1:10");
  EXPECT_EQ(Where("[1, 2,]"), "json-syntax 1:7");
  EXPECT_EQ(Where("{\"a\": 1,}"), "json-syntax 1:9");
  EXPECT_EQ(Where("{a: 1}"), "json-syntax 1:2");
  EXPECT_EQ(Where("{\"a\" 1}"), "json-syntax 1:6");
  EXPECT_EQ(Where("{\"a\":\n 'x'}"), "json-syntax 2:2");
  EXPECT_EQ(Where("{\"a\": 01}"), "json-syntax 1:7");
  EXPECT_EQ(Where("{\"a\": NaN}"), "json-syntax 1:7");
  EXPECT_EQ(Where("{\"a\": // x\n 1}"), "json-syntax 1:7");
  EXPECT_EQ(Where("{\"a\": \"x\ny\"}"), "json-syntax 1:9");
  EXPECT_EQ(Where("{\"a\": \"x}"), "json-syntax 1:7");
  EXPECT_EQ(Where("{\"a\": \"\\q\"}"), "json-syntax 1:8");
  EXPECT_EQ(Where("{\"a\": \"\\ud83d x\"}"), "json-syntax 1:8");
  EXPECT_EQ(Where("{\"a\": \"\\u0000\"}"), "json-syntax 1:8");
  EXPECT_EQ(Where("[1] [2]"), "json-syntax 1:5");
  EXPECT_EQ(Where("[1 2]"), "json-syntax 1:4");
  EXPECT_EQ(Where("{\"a\":"), "json-syntax 1:6");
  EXPECT_EQ(Where(std::string(65, '[') + std::string(65, ']')), "too-deep 1:65");
  EXPECT_EQ(Where(std::string(1'000'000, '[')), "too-deep 1:65");
}

TEST(Json, DuplicateKeysDoNotStopTheReader) {
  Diagnostics diagnostics;
  const auto source = std::make_shared<const SourceText>("x.json", R"({"a": 1, "a": 2, "b": 3})");
  const Value value = ParseJson(source, diagnostics);
  EXPECT_EQ(diagnostics.errors(), 1u);
  EXPECT_EQ(value.Find("b")->text(), "3");
  EXPECT_EQ(value.Find("a")->text(), "1");
}

TEST(Json, GivesTheSamePipelineAsYaml) {
  const auto yaml = testing::LoadExample(
      "thalweg: 1\npipeline: p\nnodes: {a: {sql: \"SELECT 1 AS x\"}, t: {from: a, target: {files: "
      "x.csv}}}");
  const auto json = testing::LoadExample(
      R"({"thalweg": 1, "pipeline": "p", "nodes": {"a": {"sql": "SELECT 1 AS x"}, "t": {"from": "a", "target": {"files": "x.csv"}}}})",
      {}, "p.json");
  ASSERT_FALSE(yaml.diagnostics.has_errors()) << Full(yaml.diagnostics);
  ASSERT_FALSE(json.diagnostics.has_errors()) << Full(json.diagnostics);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(yaml.pipeline.nodes[i].canonical, json.pipeline.nodes[i].canonical);
}

}  // namespace
}  // namespace thalweg::spec
