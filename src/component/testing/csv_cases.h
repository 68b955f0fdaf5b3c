#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "component/scan.h"

namespace thalweg::component {

/// One case of the contract in docs/specs/csv.md: tests/cases/csv/<name>.csv, and beside it
/// <name>.json with what must come out of it. Every reader of delimited text runs all of them.
struct CsvCase {
  std::string name;
  CsvScan scan;                   ///< complete: dialect, columns and types are set
  std::vector<std::string> rows;  ///< as RowsAsText gives them, in the order of the file
  struct Bad {
    std::int64_t line;
    std::string column;
    bool operator==(const Bad&) const = default;
  };
  std::vector<Bad> bad;
};

/// All cases, by name. Aborts on one that cannot be read. Tests run in the root of the source tree.
std::vector<CsvCase> LoadCsvCases(const std::string& directory = "tests/cases/csv");

}  // namespace thalweg::component
