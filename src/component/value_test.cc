#include "component/value.h"

#include <memory>

#include <gtest/gtest.h>

namespace thalweg::component {
namespace {

SourceTextRef Source(std::string text) {
  return std::make_shared<const SourceText>("x.yaml", std::move(text));
}

std::string Under(const Span& span) {
  return span.source->text().substr(span.begin, span.end - span.begin);
}

TEST(Value, PlainTextMapsByteByByte) {
  const auto source = Source("sql: SELECT carier FROM t");
  const Value value = Value::String("SELECT carier FROM t", Span{source, 5, 25});
  EXPECT_EQ(Under(value.SpanOf(7, 13)), "carier");
  EXPECT_EQ(Under(value.SpanOf(0, 20)), "SELECT carier FROM t");
}

TEST(Value, BlockLinesLeaveTheirIndentationOut) {
  const auto source = Source("sql: |\n    SELECT a\n    FROM t\nb: 1\n");
  const Value value = Value::String("SELECT a\nFROM t\n", Span{source, 11, 30}, {{0, 11}, {9, 24}});
  EXPECT_EQ(Under(value.SpanOf(7, 8)), "a");
  EXPECT_EQ(Under(value.SpanOf(9, 13)), "FROM");
  EXPECT_EQ(Under(value.SpanOf(0, 8)), "SELECT a");
  // The line end belongs to the first line, and not to the second one's indentation.
  EXPECT_EQ(Under(value.SpanOf(0, 9)), "SELECT a\n");
  EXPECT_EQ(Under(value.SpanOf(7, 13)), "a\n    FROM");
}

TEST(Value, AnEscapeIsAsLongAsItIsWritten) {
  const auto source = Source(R"(a: "x\"id\"y")");
  const Value value =
      Value::String("x\"id\"y", Span{source, 3, 13}, {{0, 4}, {1, 5}, {2, 7}, {4, 9}, {5, 11}});
  EXPECT_EQ(Under(value.SpanOf(1, 5)), R"(\"id\")");
  EXPECT_EQ(Under(value.SpanOf(2, 4)), "id");
  EXPECT_EQ(Under(value.SpanOf(5, 6)), "y");
}

TEST(Value, PlacesBehindTheTextStayInIt) {
  const auto source = Source("a: xyz # more");
  const Value value = Value::String("xyz", Span{source, 3, 6});
  EXPECT_EQ(value.SpanOf(3, 3).begin, 6u);
  EXPECT_EQ(Under(value.SpanOf(1, 99)), "yz");
  EXPECT_EQ(value.SpanOf(50, 99).begin, 6u);
}

TEST(Value, AnotherTextHasOnlyThePlaceOfTheWhole) {
  const auto source = Source("a: ${data}/x.csv");
  const Value value = Value::String("${data}/x.csv", Span{source, 3, 16}).WithText("in/x.csv");
  EXPECT_EQ(value.text(), "in/x.csv");
  EXPECT_EQ(Under(value.SpanOf(3, 4)), "${data}/x.csv");
}

TEST(Value, ADefaultValueIsNothing) {
  const Value value;
  EXPECT_TRUE(value.is_null());
  EXPECT_TRUE(value.is_scalar());
  EXPECT_EQ(value.text(), "");
  EXPECT_TRUE(value.items().empty());
  EXPECT_EQ(value.Find("x"), nullptr);
  EXPECT_EQ(value.span().source, nullptr);
}

TEST(Value, MapsKeepTheirOrder) {
  const Value map =
      Value::Map({{"b", {}, Value::Number("1", {})}, {"a", {}, Value::Number("2", {})}}, {});
  EXPECT_EQ(map.entries()[0].key, "b");
  EXPECT_EQ(map.Find("a")->text(), "2");
  EXPECT_EQ(map.Find("c"), nullptr);
}

}  // namespace
}  // namespace thalweg::component
