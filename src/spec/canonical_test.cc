#include <string>

#include <gtest/gtest.h>

#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Full;
using testing::LoadedText;
using testing::LoadExample;

std::string Canonical(const std::string& node) {
  const LoadedText loaded = LoadExample(
      "thalweg: 1\npipeline: p\nnodes:\n  in_0: {sql: SELECT 1 AS x}\n  events: {source: {topic: "
      "t}}\n  a: " +
      node + "\n");
  EXPECT_EQ(Full(loaded.diagnostics), "") << node;
  return loaded.pipeline.Find("a")->canonical;
}

void ExpectSame(const std::string& a, const std::string& b) {
  EXPECT_EQ(Canonical(a), Canonical(b));
}
void ExpectDifferent(const std::string& a, const std::string& b) {
  EXPECT_NE(Canonical(a), Canonical(b));
}

TEST(Canonical, SpellingDoesNotCount) {
  ExpectSame("{source: {files: x, skip: 1}}", "{source: {skip: 1, files: [\"x\"]}} # comment");
  ExpectSame("{source: {files: x, columns: {a: int, b: {type: TEXT}}}}",
             "{source: {files: x, columns: {a: {type: INTEGER}, b: varchar}}}");
  ExpectSame("{from: in_0, lookup: {in: t, match: a, refresh: 1m}}",
             "{from: in_0, lookup: {match: [a], refresh: 60s, in: t}}");
  ExpectSame("{from: in_0, filter: \"x > 1\"}", "{from: in_0, filter: {condition: 'x > 1 '}}");
  ExpectSame("{from: in_0, target: {files: x, order_by: x}}",
             "{from: in_0, target: {order_by: [x asc], files: x, write: replace}}");
}

TEST(Canonical, WhatChangesRowsCounts) {
  ExpectDifferent("{source: {files: x}}", "{source: {files: y}}");
  ExpectDifferent("{source: {files: x, columns: {a: int, b: int}}}",
                  "{source: {files: x, columns: {b: int, a: int}}}");
  ExpectDifferent("{source: {files: x, nulls: [a, b]}}", "{source: {files: x, nulls: [b, a]}}");
  ExpectDifferent("{from: in_0, filter: \"x > 1\"}", "{from: in_0, filter: \"x > 2\"}");
  ExpectDifferent("{from: in_0, target: {files: x}}",
                  "{from: in_0, target: {files: x, order_by: x}}");
  ExpectDifferent("{from: in_0, target: {files: x}}",
                  "{from: in_0, target: {files: x, write: append}}");
  ExpectDifferent("{source: {files: x}}", "{source: {files: x}, event_time: {column: t}}");
  ExpectDifferent("{sql: SELECT 1}", "{sql: SELECT 1, materialize: append}");
  ExpectDifferent("{sql: SELECT 1}", "{sql: {duckdb: SELECT 1}}");
  ExpectDifferent("{sql: SELECT 1}",
                  "{sql: SELECT 1, checks: [{not_null: x, severity: quarantine}]}");
  ExpectDifferent("{source: {files: x}}", "{source: {topic: x}}");
}

TEST(Canonical, WhatDoesNotChangeRowsDoesNotCount) {
  ExpectSame("{sql: SELECT 1}",
             "{sql: {text: SELECT 2, deterministic: true}, tags: x, doc: y, memory: 1GB, timeout: "
             "5s, start: manual, was: z, after: in_0, "
             "materialize: replace, checks: [{not_null: x}, {rows: {min: 1}, severity: warn}]}");
  ExpectSame("{from: in_0, target: {files: x}}", "{from: in_0, target: {files: x, threads: 3}}");
  ExpectSame("{from: in_0, gate: a}",
             "{from: in_0, gate: {question: b, evidence: [SELECT 1], timeout: 1d}}");
}

}  // namespace
}  // namespace thalweg::spec
