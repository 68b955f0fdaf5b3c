#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "spec/parameter_value.h"
#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Brief;
using testing::Full;
using testing::LoadedText;
using testing::LoadExample;

bool Takes(std::string_view type, std::string_view text) {
  return CheckParameterValue(type, text).ok();
}

TEST(ParameterValue, NumbersHaveTheirRanges) {
  EXPECT_TRUE(Takes("bigint", "9223372036854775807"));
  EXPECT_TRUE(Takes("bigint", "-9223372036854775808"));
  EXPECT_FALSE(Takes("bigint", "9223372036854775808"));
  EXPECT_FALSE(Takes("bigint", "1.0"));
  EXPECT_FALSE(Takes("bigint", "abc"));
  EXPECT_FALSE(Takes("bigint", ""));
  EXPECT_FALSE(Takes("bigint", " 1"));
  EXPECT_TRUE(Takes("tinyint", "-128"));
  EXPECT_FALSE(Takes("tinyint", "128"));
  EXPECT_TRUE(Takes("ubigint", "18446744073709551615"));
  EXPECT_FALSE(Takes("utinyint", "-1"));
  EXPECT_TRUE(Takes("double", "1e-3"));
  EXPECT_FALSE(Takes("double", "1,5"));
}

TEST(ParameterValue, DecimalsAreNeverRounded) {
  EXPECT_TRUE(Takes("decimal(5,2)", "123.45"));
  EXPECT_TRUE(Takes("decimal(5,2)", "-123"));
  EXPECT_TRUE(Takes("decimal(5,2)", "000123.4"));
  EXPECT_TRUE(Takes("decimal(2,2)", "0.25"));
  EXPECT_FALSE(Takes("decimal(5,2)", "1234"));
  EXPECT_FALSE(Takes("decimal(5,2)", "1.234"));
  EXPECT_FALSE(Takes("decimal(5,2)", "1."));
  EXPECT_FALSE(Takes("decimal(5,2)", ".5"));
  EXPECT_FALSE(Takes("decimal(5,2)", "1e2"));
}

TEST(ParameterValue, DatesAndTimes) {
  EXPECT_TRUE(Takes("date", "2012-02-29"));
  EXPECT_FALSE(Takes("date", "2013-02-29"));
  EXPECT_FALSE(Takes("date", "2013-1-1"));
  EXPECT_TRUE(Takes("time", "23:59:59.123456"));
  EXPECT_FALSE(Takes("time", "24:01"));
  EXPECT_TRUE(Takes("timestamp", "2013-01-01"));
  EXPECT_TRUE(Takes("timestamp", "2013-01-01 05:00"));
  EXPECT_FALSE(Takes("timestamp", "2013-01-01T05:00Z"));
  EXPECT_TRUE(Takes("timestamptz", "2013-01-01T05:00:00Z"));
  EXPECT_TRUE(Takes("timestamptz", "2013-01-01 05:00+01"));
  EXPECT_TRUE(Takes("timestamptz", "2013-01-01 05:00-05:30"));
  EXPECT_FALSE(Takes("timestamptz", "2013-01-01 05:00"));
}

TEST(ParameterValue, OneValueOnly) {
  EXPECT_EQ(CheckParameterType("integer[]").code(), Code::kUnsupported);
  EXPECT_EQ(CheckParameterType("struct(a integer)").code(), Code::kUnsupported);
  EXPECT_TRUE(Takes("varchar", ""));
  EXPECT_TRUE(Takes("interval", "1 day"));
}

LoadOptions Given(std::map<std::string, std::string> params) {
  LoadOptions options;
  options.params = std::move(params);
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "DATA") return "/data";
    if (name == "LINES") return "7";
    return std::nullopt;
  };
  options.secret = [](const std::string& name) -> std::optional<std::string> {
    if (name == "key") return "hunter2";
    return std::nullopt;
  };
  return options;
}

LoadedText WithParams(const std::string& params, const LoadOptions& options = Given({})) {
  return LoadExample(
      "thalweg: 1\npipeline: p\nparams: " + params + "\nnodes: {a: {sql: SELECT 1}}\n", options);
}

TEST(Parameters, DefaultsGivenValuesAndNull) {
  const LoadedText loaded = WithParams(
      "{a: {type: INT, default: 1}, b: {type: text, default: 1.10, doc: d}, c: {type: date, "
      "default: null}, d: boolean, "
      "e: {type: bool, default: True}, f: {type: varchar, default: \"${env.DATA}/x\"}}",
      Given({{"d", "true"}, {"a", "5"}}));
  ASSERT_EQ(Full(loaded.diagnostics), "");
  const auto& params = loaded.pipeline.params;
  EXPECT_EQ(params[0].type, "integer");
  EXPECT_EQ(params[0].value, "5");
  EXPECT_EQ(params[1].value, "1.10");
  EXPECT_EQ(params[1].doc, "d");
  EXPECT_FALSE(params[2].value.has_value());
  EXPECT_EQ(params[3].value, "true");
  EXPECT_EQ(params[4].value, "true");
  EXPECT_EQ(params[5].value, "/data/x");
  EXPECT_EQ(loaded.pipeline.environment.at("DATA"), "/data");
}

TEST(Parameters, MistakesSayWhereTheParameterIsDeclared) {
  EXPECT_EQ(Brief(WithParams("{n: {type: bigint, default: 1}}", Given({{"n", "abc"}})).diagnostics),
            "bad-parameter 3:10+1 declared here as bigint");
  EXPECT_EQ(Brief(WithParams("{n: {type: bigint, default: abc}}").diagnostics),
            "bad-parameter 3:37+3");
  EXPECT_EQ(Brief(WithParams("{n: bigint}").diagnostics), "missing-parameter 3:10+1");
  EXPECT_EQ(Brief(WithParams("{n: {type: bignt, default: 1}}").diagnostics),
            "unknown-type 3:20+5 did you mean \"bigint\"?");
  EXPECT_EQ(Brief(WithParams("{n: {type: \"int[]\", default: 1}}").diagnostics),
            "bad-parameter 3:20+7");
  EXPECT_EQ(Brief(WithParams("{n: {type: bigint, default: [1]}}").diagnostics),
            "wrong-type 3:37+3");
  EXPECT_EQ(Brief(WithParams("{N: {type: bigint, default: 1}}").diagnostics),
            "bad-name 3:10+1 write \"n\"");
  EXPECT_EQ(Brief(WithParams("{n: {type: bigint, default: 1}}", Given({{"m", "1"}})).diagnostics),
            "unknown-parameter 3:9+31");
  EXPECT_EQ(Brief(WithParams("{n: {type: varchar, default: \"${secret.key}\"}}").diagnostics),
            "bad-substitution 3:39+13");
}

TEST(Parameters, OneMistakeIsReportedOnce) {
  const auto errors = [](const std::string& params, const LoadOptions& options) {
    return Brief(LoadExample("thalweg: 1\npipeline: p\nparams: {n: " + params +
                                 "}\nnodes:\n  a: {source: {files: x, skip: \"${n}\"}}\n",
                             options)
                     .diagnostics);
  };
  EXPECT_EQ(errors("bigint", Given({})), "missing-parameter 3:10+1");
  EXPECT_EQ(errors("bigint", Given({{"n", "abc"}})),
            "bad-parameter 3:10+1 declared here as bigint");
  EXPECT_EQ(errors("{type: date, default: null}", Given({})), "bad-substitution 5:33+4");
  EXPECT_EQ(errors("{type: bigint, default: 7}", Given({})), "");
}

std::string OptionsOf(const std::string& source, const LoadOptions& options = Given({})) {
  const LoadedText loaded = LoadExample(
      "thalweg: 1\npipeline: p\nparams: {s: {type: varchar, default: \"5\"}, n: {type: integer, "
      "default: 5}}\nnodes:\n  a: " +
          source + "\n",
      options);
  EXPECT_EQ(Full(loaded.diagnostics), "");
  return loaded.pipeline.nodes.at(0).canonical;
}

TEST(Substitution, FillsTextAndKeepsTypes) {
  EXPECT_EQ(OptionsOf("{source: {files: \"${env.DATA}/${s}-${n}.csv\"}}"),
            OptionsOf("{source: {files: /data/5-5.csv}}"));
  EXPECT_EQ(OptionsOf("{source: {files: x, skip: \"${n}\"}}"),
            OptionsOf("{source: {files: x, skip: 5}}"));
  EXPECT_EQ(OptionsOf("{source: {files: x, skip: \"${env.LINES}\"}}"),
            OptionsOf("{source: {files: x, skip: 7}}"));
  EXPECT_EQ(OptionsOf("{source: {files: x, nulls: [\"${s}\"]}}"),
            OptionsOf("{source: {files: x, nulls: [\"5\"]}}"));
}

TEST(Substitution, TheTwoCharactersThemselves) {
  const LoadedText loaded = LoadExample(
      "thalweg: 1\npipeline: p\nnodes:\n  a: {sql: \"SELECT $${x}$$ AS s\"}\n  b: {from: a, "
      "target: {files: \"a$${x}$$.csv\"}}\n  c: {from: a, gate: \"Costs $5 or $$?\"}\n");
  ASSERT_EQ(Full(loaded.diagnostics), "");
  EXPECT_EQ(std::get<SqlBody>(loaded.pipeline.nodes[0].body).text.text, "SELECT $${x}$$ AS s");
  EXPECT_EQ(std::get<GateBody>(loaded.pipeline.nodes[2].body).question, "Costs $5 or $$?");
}

TEST(Substitution, SecretsAreNeverInWhatIsKept) {
  const LoadedText loaded = LoadExample(
      "thalweg: 1\npipeline: p\nnodes:\n  a: {source: {files: \"x?key=${secret.key}\", skip: "
      "\"${secret.key}\"}}\n",
      Given({}));
  EXPECT_EQ(Brief(loaded.diagnostics), "wrong-type 4:52+15 for example 0");
  EXPECT_EQ(Full(loaded.diagnostics).find("hunter2"), std::string::npos);
  const std::string canonical = OptionsOf("{source: {files: \"x?key=${secret.key}\"}}");
  EXPECT_EQ(canonical.find("hunter2"), std::string::npos);
  EXPECT_NE(canonical.find("${secret.key}"), std::string::npos);
}

TEST(Substitution, RunValuesMarkTheNodeAndStayOutOfTheKey) {
  const std::string text =
      "thalweg: 1\npipeline: p\nnodes:\n  a: {sql: SELECT 1}\n  t: {from: a, target: {files: "
      "\"out/${run.number}-${run.started}.csv\"}}\n"
      "  g: {from: a, gate: \"Publish run ${run.number}?\"}\n";
  const LoadedText before = LoadExample(text);
  ASSERT_EQ(Full(before.diagnostics), "");
  EXPECT_TRUE(before.pipeline.Find("t")->uses_run);
  EXPECT_FALSE(before.pipeline.Find("g")->uses_run);  // a question makes no rows
  EXPECT_EQ(std::get<GateBody>(before.pipeline.Find("g")->body).question,
            "Publish run ${run.number}?");
  LoadOptions options;
  options.run = LoadOptions::RunValues{12, *ParseInstant("2013-01-01T05:00:00.000000Z")};
  const LoadedText during = LoadExample(text, options);
  EXPECT_EQ(std::get<GateBody>(during.pipeline.Find("g")->body).question, "Publish run 12?");
  EXPECT_TRUE(during.pipeline.Find("t")->uses_run);
  EXPECT_EQ(before.pipeline.Find("t")->canonical, during.pipeline.Find("t")->canonical);
}

}  // namespace
}  // namespace thalweg::spec
