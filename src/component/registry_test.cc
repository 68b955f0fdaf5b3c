#include "component/registry.h"

#include <gtest/gtest.h>

namespace thalweg::component {
namespace {

Descriptor Named(std::string name) {
  Descriptor descriptor;
  descriptor.name = std::move(name);
  return descriptor;
}

Registry::MakeSource NoSource() {
  return [](const Value&, const std::vector<std::string>&,
            Diagnostics&) -> std::unique_ptr<SourceOptions> { return nullptr; };
}
Registry::MakeTarget NoTarget() {
  return [](const Value&, const std::vector<std::string>&,
            Diagnostics&) -> std::unique_ptr<TargetOptions> { return nullptr; };
}
Registry::MakeOperator NoOperator() {
  return [](const Value&, Diagnostics&) -> std::unique_ptr<OperatorSpec> { return nullptr; };
}

TEST(Registry, FindsByKindAndName) {
  Registry registry;
  registry.Add(Named("filter"), NoOperator());
  registry.Add(Named("files"), NoTarget());
  registry.Add(Named("tcp"), NoSource());
  registry.Add(Named("files"), NoSource());
  EXPECT_TRUE(registry.Find(Kind::kSource, "files")->source);
  EXPECT_TRUE(registry.Find(Kind::kTarget, "files")->target);
  EXPECT_EQ(registry.Find(Kind::kOperator, "files"), nullptr);
  EXPECT_EQ(registry.Names(Kind::kSource), (std::vector<std::string>{"files", "tcp"}));
  std::string all;
  for (const auto* entry : registry.All()) all += entry->descriptor.name + " ";
  EXPECT_EQ(all, "files tcp files filter ");
}

TEST(RegistryDeathTest, ANameIsGivenOnce) {
  Registry registry;
  registry.Add(Named("files"), NoSource());
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(registry.Add(Named("files"), NoSource()), "");
}

}  // namespace
}  // namespace thalweg::component
