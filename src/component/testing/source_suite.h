#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "component/source.h"

namespace thalweg::component {

/// A source that can be replayed and that ends (bounded, or a stream with an end), over data that
/// the test has put somewhere. A few dozen rows are enough.
struct SourceCase {
  std::string name;  ///< letters and digits
  std::function<std::unique_ptr<Source>()> make;
};
std::ostream& operator<<(std::ostream& out, const SourceCase& one);

// What every such source must do. Each records failures of its own.
void ExpectBindIsStable(
    const SourceCase& one);  ///< schema, columns and identity, twice and in two instances
void ExpectDiscoverIsStable(const SourceCase& one);  ///< the same splits by name, each once
void ExpectReadTwiceEqual(const SourceCase& one);    ///< also the schema: that of Bind
void ExpectBudgetsEqual(const SourceCase& one);      ///< 1 byte, some, many
void ExpectResumesAnywhere(
    const SourceCase& one);  ///< from every position: the rest, without gap or repeat
void ExpectAcksInOrder(const SourceCase& one);  ///< every position, and with some left out

/// The suite for a source, in one line: THALWEG_SOURCE_SUITE(Files, FilesCases());
#define THALWEG_SOURCE_SUITE(Name, cases)                                                         \
  class Name##SourceSuite : public ::testing::TestWithParam<::thalweg::component::SourceCase> {}; \
  TEST_P(Name##SourceSuite, BindIsStable) {                                                       \
    ExpectBindIsStable(GetParam());                                                               \
  }                                                                                               \
  TEST_P(Name##SourceSuite, DiscoverIsStable) {                                                   \
    ExpectDiscoverIsStable(GetParam());                                                           \
  }                                                                                               \
  TEST_P(Name##SourceSuite, ReadTwiceEqual) {                                                     \
    ExpectReadTwiceEqual(GetParam());                                                             \
  }                                                                                               \
  TEST_P(Name##SourceSuite, BudgetsEqual) {                                                       \
    ExpectBudgetsEqual(GetParam());                                                               \
  }                                                                                               \
  TEST_P(Name##SourceSuite, ResumesAnywhere) {                                                    \
    ExpectResumesAnywhere(GetParam());                                                            \
  }                                                                                               \
  TEST_P(Name##SourceSuite, AcksInOrder) {                                                        \
    ExpectAcksInOrder(GetParam());                                                                \
  }                                                                                               \
  INSTANTIATE_TEST_SUITE_P(, Name##SourceSuite, ::testing::ValuesIn(cases),                       \
                           [](const auto& test) { return test.param.name; })

}  // namespace thalweg::component
