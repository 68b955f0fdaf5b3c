#include "connectors/files/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "component/registry.h"
#include "connectors/files/register.h"
#include "connectors/files/testing/source_stand.h"

namespace thalweg::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FilesOptionsTest : public ::testing::Test {
 protected:
  FilesOptionsTest() { RegisterFiles(registry_); }

  /// Slugs of everything that is wrong.
  std::vector<std::string> Mistakes(component::Kind kind, std::string_view body) {
    Diagnostics diagnostics;
    const auto* entry = registry_.Find(kind, "files");
    const component::Value value = ParseBody(body);
    const std::vector<std::string> shared = {"order_by", "write", "key", "event_time"};
    const bool made = kind == component::Kind::kSource
                          ? entry->source(value, shared, diagnostics) != nullptr
                          : entry->target(value, shared, diagnostics) != nullptr;
    EXPECT_EQ(made, !diagnostics.has_errors());
    std::vector<std::string> slugs;
    for (const Diagnostic& one : diagnostics.all()) {
      slugs.push_back(one.slug);
      EXPECT_TRUE(one.span.source) << one.message;
    }
    return slugs;
  }
  std::vector<std::string> Source(std::string_view body) {
    return Mistakes(component::Kind::kSource, body);
  }
  std::vector<std::string> Target(std::string_view body) {
    return Mistakes(component::Kind::kTarget, body);
  }

  component::Registry registry_;
};

TEST_F(FilesOptionsTest, ARealSourceIsTaken) {
  EXPECT_THAT(
      Source(
          R"({"files": "a/*.csv.gz", "nulls": ["", "NA"], "bad_rows": "quarantine", "max_bad_rows": 10,
                         "columns": {"dep_delay": "integer", "ts": {"type": "timestamptz", "from": "epoch_ms", "position": 3, "default": "0"}},
                         "delimiter": "||", "quote": "", "header": false, "skip": 2, "encoding": "latin-1", "file_name": "f"})"),
      IsEmpty());
  EXPECT_THAT(Source(R"({"files": ["a.parquet", "b.parquet"], "event_time": {}})"), IsEmpty());
}

TEST_F(FilesOptionsTest, MistakesOfASourceAreFoundBeforeAnyFileIsLookedAt) {
  EXPECT_THAT(Source(R"({"files": []})"), ElementsAre("empty-value"));
  EXPECT_THAT(
      Source(
          R"({"files": "a.csv", "delimiter": "12345", "quote": "''", "skip": -1, "encoding": "x"})"),
      ::testing::SizeIs(4));
  EXPECT_THAT(Source(R"({"files": "a.csv", "columns": {"a": "integer", "A": "integer"}})"),
              ElementsAre("repeated-column"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "columns": {"a": "interval"}})"),
              ElementsAre("type-not-storable"));
  EXPECT_THAT(
      Source(R"({"files": "a.csv", "columns": {"a": {"type": "integer", "default": "x"}}})"),
      ElementsAre("bad-default"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "columns": {"a": {"type": "date", "from": "%Q"}}})"),
              ElementsAre("bad-date-form"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "columns": {"a": {"from": "epoch_ms"}}})"),
              ElementsAre("missing-type"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "columns": {"a": {"type": "date", "position": 0}}})"),
              ElementsAre("bad-value"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "file_name": "A", "columns": {"a": "date"}})"),
              ElementsAre("repeated-column"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "bad_rows": "drop", "max_bad_rows": "many"})"),
              ElementsAre("bad-value"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "max_bad_rows": "1%"})"), ElementsAre("contradiction"));
  EXPECT_THAT(Source(R"({"files": "a.json", "delimiter": ";"})"), ElementsAre("wrong-format"));
  EXPECT_THAT(Source(R"({"files": "a.parquet", "bad_rows": "drop"})"), ElementsAre("wrong-format"));
  EXPECT_THAT(Source(R"({"files": "a.csv", "date_format": "yyyy"})"), ElementsAre("bad-date-form"));
}

TEST_F(FilesOptionsTest, MistakesOfATargetAreFoundBeforeAnythingRuns) {
  EXPECT_THAT(Target(R"({"files": "out/a.parquet", "order_by": ["x"], "codec": "snappy"})"),
              IsEmpty());
  EXPECT_THAT(Target(R"({"files": "out/parts/", "max_rows_per_file": 5})"), IsEmpty());
  EXPECT_THAT(Target(R"({"files": "out/a.data"})"), ElementsAre("unknown-format"));
  EXPECT_THAT(Target(R"({"files": "out/a.parquet", "header": true})"), ElementsAre("wrong-format"));
  EXPECT_THAT(Target(R"({"files": "out/a.csv", "codec": "snappy"})"), ElementsAre("bad-value"));
  EXPECT_THAT(Target(R"({"files": "out/a.parquet.gz"})"), ElementsAre("bad-value"));
  EXPECT_THAT(Target(R"({"files": "out/a.csv", "max_rows_per_file": 5})"),
              ElementsAre("bad-value"));
  EXPECT_THAT(Target(R"({"files": "out/a.csv", "delimiter": "\n"})"), ElementsAre("bad-delimiter"));
}

TEST_F(FilesOptionsTest, EveryOptionIsDescribed) {
  for (const auto* entry : registry_.All()) {
    EXPECT_FALSE(entry->descriptor.summary.empty() || entry->descriptor.promise.empty() ||
                 entry->descriptor.example.empty());
    for (const component::FieldInfo& field : entry->descriptor.options.fields)
      EXPECT_FALSE(field.doc.empty()) << field.name;
  }
}

}  // namespace
}  // namespace thalweg::connectors
