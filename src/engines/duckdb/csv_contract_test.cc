#include <algorithm>

#include <gmock/gmock.h>

#include "component/testing/csv_cases.h"
#include "component/testing/row_text.h"
#include "engines/duckdb/testing/engine_fixture.h"

namespace thalweg::engines {
namespace {

using component::CsvCase;

/// docs/specs/csv.md, as this engine keeps it.
class CsvContractTest : public EngineFixture, public ::testing::WithParamInterface<CsvCase> {
 protected:
  std::vector<std::string> RowsOf(const component::JobResult& result) {
    std::vector<std::string> rows;
    const auto stream = engine_->Query(Sql("SELECT * FROM t", "t", Table(result)), {}).value();
    while (const data::Batch batch = stream->Next().value()) {
      for (std::string& row : component::RowsAsText(batch)) rows.push_back(std::move(row));
    }
    std::ranges::sort(rows);
    return rows;
  }
};

TEST_P(CsvContractTest, GivesTheseRowsAndThoseBadOnes) {
  component::Job job = MakeJob(component::Scan(GetParam().scan));
  job.rejects_path = job.out_directory + "/rejects.parquet";
  const auto result = Run(std::move(job));
  ASSERT_TRUE(result.ok()) << result.status();

  std::vector<std::string> expected = GetParam().rows;
  std::ranges::sort(expected);
  EXPECT_EQ(RowsOf(*result), expected);

  std::vector<CsvCase::Bad> bad;
  if (result->rejects) {
    for (const auto& row :
         Fetch("SELECT line, \"column\" FROM '" + result->rejects->path + "' ORDER BY line")) {
      bad.push_back({std::stoll(row[0].value()), row[1].value_or("")});
    }
  }
  EXPECT_EQ(bad, GetParam().bad);
}

INSTANTIATE_TEST_SUITE_P(Cases, CsvContractTest, ::testing::ValuesIn(component::LoadCsvCases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thalweg::engines
