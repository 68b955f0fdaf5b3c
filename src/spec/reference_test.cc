#include <string>

#include <gtest/gtest.h>

#include "spec/grammar.h"
#include "spec/pipeline.h"
#include "spec/testing/example_components.h"

namespace thalweg::spec {
namespace {

bool Mentions(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

TEST(Reference, HasAPageForEveryComponentAndOneForTheFile) {
  const auto pages = ReferencePages(testing::ExampleRegistry());
  EXPECT_EQ(pages.size(), 2u + 6u);
  for (const char* name :
       {"README.md", "pipeline-file.md", "source-files.md", "source-topic.md", "target-files.md",
        "operator-filter.md", "operator-lookup.md", "operator-aggregate.md"}) {
    ASSERT_TRUE(pages.contains(name)) << name;
    EXPECT_TRUE(pages.at(name).ends_with("\n"));
    EXPECT_TRUE(std::string(name) == "README.md" || Mentions(pages.at("README.md"), name)) << name;
  }
}

TEST(Reference, NamesEveryKeyOfTheGrammar) {
  const auto pages = ReferencePages(testing::ExampleRegistry());
  const std::string& page = pages.at("pipeline-file.md");
  for (const auto* info :
       {&component::DescriptionOf<DocumentKeys>().info(),
        &component::DescriptionOf<CommonKeys>().info(), &component::DescriptionOf<SqlKeys>().info(),
        &component::DescriptionOf<GateKeys>().info(),
        &component::DescriptionOf<SourceKeys>().info(),
        &component::DescriptionOf<TargetKeys>().info()}) {
    for (const auto& field : info->fields) {
      EXPECT_TRUE(Mentions(page, "| `" + field.name + "`")) << field.name;
      EXPECT_FALSE(field.doc.empty()) << field.name;
    }
  }
  EXPECT_TRUE(Mentions(page, "### checks.foreign_key"));
  EXPECT_TRUE(Mentions(pages.at("source-files.md"), "quarantine"));
}

TEST(Describe, ComponentsAndKeys) {
  const auto registry = testing::ExampleRegistry();
  const std::string files = *DescribeText(registry, "files");
  EXPECT_TRUE(Mentions(files, "Source files"));
  EXPECT_TRUE(Mentions(files, "Target files"));
  const std::string target = *DescribeText(registry, "target.files");
  EXPECT_FALSE(Mentions(target, "Source files"));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "checks"), "foreign_key"));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "SQL"), "deterministic"));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "source"), "topic: Reads events."));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "materialize"), "append"));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "bad_rows"), "quarantine"));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "accepted"), "In node.checks:"));
  EXPECT_TRUE(Mentions(*DescribeText(registry, "sql.duckdb"), "In sql:"));
}

TEST(Describe, UnknownNamesGetANearOne) {
  const auto registry = testing::ExampleRegistry();
  const Status status = DescribeText(registry, "filtr").status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_TRUE(Mentions(status.hint(), "filter"));
}

}  // namespace
}  // namespace thalweg::spec
