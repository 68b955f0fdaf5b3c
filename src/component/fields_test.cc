#include "component/fields.h"

#include <memory>

#include <gtest/gtest.h>

namespace thalweg::component {
namespace {

struct Inner {
  TypeName type;
  std::string default_value;
  static OptionsOf<Inner> Describe() {
    return OptionsOf<Inner>("a column", "A column.")
        .Field("type", &Inner::type, {.doc = "Its type.", .required = true})
        .Field("default", &Inner::default_value, {.doc = "For empty fields."})
        .Shorthand("type");
  }
};

struct Options {
  std::string path, mode = "fail";
  std::int64_t skip = 0;
  double share = 0;
  bool header = true;
  std::vector<std::string> nulls;
  NamedList<Inner> columns;
  std::optional<Duration> every;
  std::optional<Bytes> memory;
  std::optional<SqlText> filter;
  Value later;
  static OptionsOf<Options> Describe() {
    return OptionsOf<Options>("files", "Files.")
        .Field("path", &Options::path, {.doc = "Where.", .example = "a.csv", .required = true})
        .Field("mode", &Options::mode, {.doc = "How.", .choices = {"fail", "drop", "quarantine"}})
        .Field("skip", &Options::skip, {.doc = "Lines."})
        .Field("share", &Options::share, {.doc = "Share."})
        .Field("header", &Options::header, {.doc = "Header."})
        .Field("nulls", &Options::nulls, {.doc = "Nulls.", .scalar_or_list = true})
        .Field("columns", &Options::columns, {.doc = "Columns."})
        .Field("every", &Options::every, {.doc = "Pause."})
        .Field("memory", &Options::memory, {.doc = "Memory."})
        .Field("filter", &Options::filter, {.doc = "Filter."})
        .Field("later", &Options::later, {.doc = "Not built.", .reserved = true});
  }
};

Value Text(std::string text) {
  return Value::String(std::move(text), {});
}
Value Number(std::string text) {
  return Value::Number(std::move(text), {});
}
Value Map(std::vector<std::pair<std::string, Value>> pairs) {
  std::vector<Value::Entry> entries;
  for (auto& [key, value] : pairs) entries.push_back({key, {}, value});
  return Value::Map(std::move(entries), {});
}

/// Slugs of all errors, with labels.
std::string Read(const Value& value, Options* options,
                 const std::vector<std::string>& ignored = {}) {
  Diagnostics diagnostics;
  const bool good = DescriptionOf<Options>().Read(value, ignored, options, diagnostics);
  EXPECT_EQ(good, !diagnostics.has_errors());
  std::string all;
  for (const auto& diagnostic : diagnostics.all()) {
    if (!all.empty()) all += "; ";
    all += diagnostic.slug + (diagnostic.label.empty() ? "" : " " + diagnostic.label);
  }
  return all;
}

std::string ReadOne(const std::string& key, Value value) {
  Options options;
  return Read(Map({{"path", Text("a")}, {key, std::move(value)}}), &options);
}

TEST(Fields, ReadsEveryShape) {
  Options options;
  const Value value = Map(
      {{"path", Text("a.csv")},
       {"mode", Text("drop")},
       {"skip", Number("3")},
       {"share", Number("0.5")},
       {"header", Value::Boolean(false, "false", {})},
       {"nulls", Text("NA")},
       {"columns",
        Map({{"b", Text("INT")}, {"a", Map({{"type", Text("text")}, {"default", Number("0")}})}})},
       {"every", Text("5m")},
       {"memory", Text("2KiB")},
       {"filter", Text("a > 1")}});
  ASSERT_EQ(Read(value, &options), "");
  EXPECT_EQ(options.path, "a.csv");
  EXPECT_EQ(options.skip, 3);
  EXPECT_EQ(options.share, 0.5);
  EXPECT_FALSE(options.header);
  EXPECT_EQ(options.nulls, std::vector<std::string>{"NA"});
  ASSERT_EQ(options.columns.size(), 2u);
  EXPECT_EQ(options.columns[0].first, "b");
  EXPECT_EQ(options.columns[0].second.type.text, "integer");
  EXPECT_EQ(options.columns[1].second.default_value, "0");
  EXPECT_EQ(options.every, std::chrono::minutes(5));
  EXPECT_EQ(options.memory->value, 2048);
  EXPECT_EQ(options.filter->text, "a > 1");
}

TEST(Fields, TextTakesNumbersAsTheyAreWritten) {
  Options options;
  ASSERT_EQ(Read(Map({{"path", Number("1.10")}}), &options), "");
  EXPECT_EQ(options.path, "1.10");
}

TEST(Fields, EveryMistakeIsReportedInOnePass) {
  Options options;
  EXPECT_EQ(Read(Map({{"pth", Text("a")},
                      {"skip", Text("x")},
                      {"mode", Text("dorp")},
                      {"header", Text("yes")}}),
                 &options),
            "unknown-key did you mean \"path\"?; wrong-type; bad-value did you mean drop?; "
            "wrong-type write true or false, without quotes; missing-key add path: a.csv");
}

TEST(Fields, WrongShapesAreRefused) {
  EXPECT_EQ(ReadOne("skip", Number("1.5")), "bad-value");
  EXPECT_EQ(ReadOne("skip", Number("99999999999999999999")), "bad-value");
  EXPECT_EQ(ReadOne("skip", Text("010")), "wrong-type write it in plain decimal digits");
  EXPECT_EQ(ReadOne("share", Number("1e999")), "bad-value");
  EXPECT_EQ(ReadOne("nulls", Map({})), "wrong-type");
  EXPECT_EQ(ReadOne("nulls", Value::List({Value::Null({}, "NULL")}, {})),
            "empty-value NULL is nothing at all; as text it needs quotes");
  EXPECT_EQ(ReadOne("columns", Text("x")), "wrong-type");
  EXPECT_EQ(ReadOne("columns", Map({{"a", Value::List({}, {})}})), "wrong-type");
  EXPECT_TRUE(ReadOne("every", Number("10")).starts_with("bad-value"));
  EXPECT_TRUE(ReadOne("memory", Text("much")).starts_with("bad-value"));
  EXPECT_EQ(ReadOne("filter", Text("  \n")), "empty-value write SQL here");
  EXPECT_TRUE(ReadOne("columns", Map({{"a", Text("intger")}})).starts_with("unknown-type"));
}

TEST(Fields, ReservedFieldsAreRefusedAsNotYet) {
  Options options;
  Diagnostics diagnostics;
  EXPECT_FALSE(DescriptionOf<Options>().Read(Map({{"path", Text("a")}, {"later", Text("x")}}), {},
                                             &options, diagnostics));
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].slug, "not-yet");
  EXPECT_EQ(diagnostics.all()[0].code, Code::kUnsupported);
}

TEST(Fields, KeysOfSomebodyElseArePassedOverButSuggested) {
  Options options;
  EXPECT_EQ(Read(Map({{"path", Text("a")}, {"order_by", Text("x")}}), &options, {"order_by"}), "");
  EXPECT_EQ(Read(Map({{"path", Text("a")}, {"ordr_by", Text("x")}}), &options, {"order_by"}),
            "unknown-key did you mean \"order_by\"?");
}

TEST(Fields, LookAlikeLettersShowInNames) {
  EXPECT_EQ(QuoteName("t\xD0\xB0gs"), "\"t\\u{430}gs\"");
  EXPECT_EQ(QuoteName("a\n\xFF"), "\"a\\u{a}\\x{ff}\"");
}

/// The SQL of `text` from byte `begin` on, as a scalar without quotes would be read.
std::string ReadSql(const std::string& text, std::size_t begin, std::size_t end) {
  const auto source = std::make_shared<const SourceText>("x.yaml", text);
  const Value value = Value::String(text.substr(begin, end - begin), Span{source, begin, end});
  SqlText sql;
  Diagnostics diagnostics;
  if (ReadValue(value, FieldInfo{}, &sql, diagnostics)) return "";
  const Place place = diagnostics.all()[0].span.ToPlace();
  return diagnostics.all()[0].slug + " " + std::to_string(place.column) + "+" +
         std::to_string(place.length);
}

TEST(Fields, ACommentThatCutsSqlIsAnError) {
  EXPECT_EQ(ReadSql("sql: SELECT 1 # one\n", 5, 13), "comment-in-sql 15+5");
  EXPECT_EQ(ReadSql("sql: SELECT 1\t#one", 5, 13), "comment-in-sql 15+4");
  EXPECT_EQ(ReadSql("sql: SELECT 1\n# one\n", 5, 13), "");
  EXPECT_EQ(ReadSql("sql: 'SELECT 1' # one\n", 5, 15), "");
  EXPECT_EQ(ReadSql("sql: SELECT 1", 5, 13), "");
}

}  // namespace
}  // namespace thalweg::component
