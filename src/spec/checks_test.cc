#include <string>

#include <gtest/gtest.h>

#include "spec/pipeline.h"
#include "spec/testing/loaded_text.h"

namespace thalweg::spec {
namespace {

using testing::Brief;
using testing::Full;
using testing::LoadedText;
using testing::LoadExample;

LoadedText WithChecks(const std::string& checks) {
  return LoadExample(
      "thalweg: 1\npipeline: p\nnodes:\n  other: {sql: SELECT 1 AS b}\n  a:\n    sql: SELECT 1 AS "
      "a\n    checks: [" +
      checks + "]\n");
}

CheckSpec Check(const std::string& check) {
  const LoadedText loaded = WithChecks(check);
  EXPECT_EQ(Full(loaded.diagnostics), "");
  return loaded.pipeline.Find("a")->checks.at(0);
}

using Columns = std::vector<std::string>;

TEST(Checks, EveryKind) {
  EXPECT_EQ(std::get<CheckSpec::NotNull>(Check("{not_null: a}").kind).columns, Columns{"a"});
  EXPECT_EQ(std::get<CheckSpec::NotNull>(Check("{not_null: [a, b]}").kind).columns,
            (Columns{"a", "b"}));
  EXPECT_EQ(Check("{unique: [a, b]}").name, "unique(a, b)");
  const CheckSpec accepted = Check("{accepted: {column: a, values: [x, 1, \"NULL\"]}}");
  EXPECT_EQ(std::get<CheckSpec::Accepted>(accepted.kind).values[2].text, "NULL");
  const CheckSpec range = Check("{range: {column: a, min: 0, max: $top}}");
  EXPECT_EQ(std::get<CheckSpec::Range>(range.kind).min->text, "0");
  EXPECT_EQ(std::get<CheckSpec::Range>(range.kind).max->text, "$top");
  const CheckSpec rows = Check("{rows: {max: 10}}");
  EXPECT_FALSE(std::get<CheckSpec::Rows>(rows.kind).min.has_value());
  const CheckSpec key = Check("{foreign_key: {columns: [a], table: other, to: b}}");
  EXPECT_EQ(std::get<CheckSpec::ForeignKey>(key.kind).to, Columns{"b"});
  EXPECT_EQ(key.name, "foreign_key(a -> other)");
  const CheckSpec same = Check("{foreign_key: {columns: b, table: other}}");
  EXPECT_EQ(std::get<CheckSpec::ForeignKey>(same.kind).to, Columns{"b"});
  const CheckSpec sql = Check("{sql: \"a  >\\n 0\", severity: warn}");
  EXPECT_EQ(std::get<CheckSpec::Sql>(sql.kind).condition.text, "a  >\n 0");
  EXPECT_EQ(sql.name, "a > 0");
  EXPECT_EQ(sql.severity, Severity::kWarn);
  EXPECT_EQ(Check("{not_null: a, name: present, severity: quarantine}").name, "present");
}

TEST(Checks, LongConditionsAreCutBetweenCharacters) {
  const std::string name =
      Check("{sql: \"a <> '" + std::string(53, 'x') + "\xC3\xA9\xC3\xA9\xC3\xA9'\"}").name;
  EXPECT_TRUE(name.ends_with("x...")) << name;
}

TEST(Checks, Mistakes) {
  const auto errors = [](const std::string& check) { return Brief(WithChecks(check).diagnostics); };
  EXPECT_EQ(errors("{nul: a}"), "unknown-key 7:15+3");
  EXPECT_EQ(errors("{not_nul: a}"), "unknown-key 7:15+7 did you mean \"not_null\"?");
  EXPECT_EQ(errors("{not_null: a, unique: b}"), "several-kinds 7:28+6 it is \"not_null\" already");
  EXPECT_EQ(errors("{severity: warn}"), "missing-kind 7:14+16");
  EXPECT_EQ(errors("not_null"), "wrong-type 7:14+8");
  EXPECT_EQ(errors("{not_null: []}"), "empty-value 7:25+2 name at least one");
  EXPECT_EQ(errors("{accepted: {column: a, values: []}}"), "empty-value 7:25+23");
  EXPECT_EQ(errors("{range: {column: a}}"), "missing-key 7:22+11");
  EXPECT_EQ(errors("{rows: {min: 1}, severity: quarantine}"),
            "bad-value 7:41+10 write warn or fail");
  EXPECT_EQ(errors("{unique: a, severity: quarantine}"), "bad-value 7:36+10 write warn or fail");
  EXPECT_EQ(errors("{rows: {minimum: 1}}"), "unknown-key 7:22+7");
  EXPECT_EQ(errors("{foreign_key: {columns: [a, b], table: other, to: [b]}}"),
            "bad-value 7:28+40 2 and 1");
  EXPECT_EQ(errors("{foreign_key: {columns: a, table: othr}}"),
            "unknown-node 7:48+4 did you mean \"other\"?");
  EXPECT_EQ(errors("{foreign_key: {columns: a, table: a}}"), "cycle 7:48+1");
  EXPECT_EQ(errors("{not_null: a, severity: warning}"), "bad-value 7:38+7");
  EXPECT_EQ(errors("{sql: \"a > ${n}\"}"), "substitution-in-sql 7:25+4 write $n");
}

}  // namespace
}  // namespace thalweg::spec
