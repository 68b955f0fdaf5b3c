#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "duckdb/database.h"
#include "sql/analysis.h"

namespace thalweg::sql::testing {

/// Tests that analyse statements: one database for the tests of a suite, because parsing keeps
/// nothing.
class AnalyzerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    duckdb::DatabaseOptions options;
    options.threads = 2;
    database_ = duckdb::Database::Open(options).value();
    analyzer_ = Analyzer::Open(*database_).value();
  }
  static void TearDownTestSuite() {
    analyzer_.reset();
    database_.reset();
  }

  static Analyzer& analyzer() { return *analyzer_; }

  static Analyzer::Outcome Run(const std::string& sql) {
    return std::move(analyzer().Analyze({&sql, 1}).value().front());
  }

  /// The analysis; a rejection fails the test.
  static Analysis Accept(const std::string& sql) {
    Analyzer::Outcome outcome = Run(sql);
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
      const Finding& finding = rejection->findings.front();
      ADD_FAILURE() << "rejected: " << sql.substr(0, 200) << "\n  " << finding.slug << ": "
                    << finding.message << " at " << Text(sql, finding.range);
      return {};
    }
    return std::get<Analysis>(std::move(outcome));
  }

  /// The findings; an acceptance fails the test.
  static std::vector<Finding> Reject(const std::string& sql) {
    Analyzer::Outcome outcome = Run(sql);
    if (auto* rejection = std::get_if<Rejection>(&outcome)) return std::move(rejection->findings);
    ADD_FAILURE() << "accepted: " << sql.substr(0, 200);
    return {};
  }

  static std::string Text(std::string_view sql, TextRange range) {
    if (range.begin > range.end || range.end > sql.size()) return "<outside of the text>";
    return std::string(sql.substr(range.begin, range.end - range.begin));
  }

  /// "slug@text" of each.
  static std::vector<std::string> Places(std::string_view sql,
                                         const std::vector<Finding>& findings) {
    std::vector<std::string> places;
    for (const Finding& finding : findings)
      places.push_back(finding.slug + "@" + Text(sql, finding.range));
    return places;
  }

 private:
  static inline std::unique_ptr<duckdb::Database> database_;
  static inline std::unique_ptr<Analyzer> analyzer_;
};

}  // namespace thalweg::sql::testing
