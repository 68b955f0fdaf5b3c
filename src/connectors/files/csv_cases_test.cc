// The cases of the CSV contract through the source's own reader. The engine's reader runs them too.
#include <gtest/gtest.h>

#include "component/testing/csv_cases.h"
#include "component/testing/row_text.h"
#include "connectors/files/testing/source_stand.h"

namespace thalweg::connectors {
namespace {

class CsvCasesTest : public ::testing::TestWithParam<component::CsvCase> {};

FilesSourceBody BodyOf(const component::CsvScan& scan) {
  FilesSourceBody body;
  body.files = scan.paths;
  body.format = "csv";
  for (const component::TextColumn& column : scan.columns) {
    FileColumnOptions options;
    options.type = component::TypeName{column.type};
    if (column.position > 0) options.position = column.position;
    if (column.default_value) options.default_value = component::Scalar{*column.default_value, {}};
    body.columns.emplace_back(column.name, std::move(options));
  }
  body.only_declared = scan.only_declared;
  body.delimiter = scan.delimiter;
  body.quote = scan.quote;
  body.escape = scan.escape;
  body.header = scan.header;
  body.skip = scan.skip;
  body.nulls = scan.nulls;
  body.date_format = scan.date_format;
  body.timestamp_format = scan.timestamp_format;
  body.rejects.bad_rows = component::BadRows::kQuarantine;
  return body;
}

TEST_P(CsvCasesTest, GivesTheRowsAndTheBadRows) {
  const SourceStand stand;
  const auto source = stand.Make(BodyOf(GetParam().scan));
  const auto bound = source->Bind();
  ASSERT_TRUE(bound.ok()) << bound.status();
  const auto splits = source->Discover({});
  ASSERT_TRUE(splits.ok() && splits->size() == 1);
  auto reader = source->Open(splits->front(), {});
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::vector<std::string> rows;
  std::vector<component::CsvCase::Bad> bad;
  for (auto state = component::Polled::State::kRows; state != component::Polled::State::kEnd;) {
    const auto polled = (*reader)->Poll(Bytes::MiB(1), [] {});
    ASSERT_TRUE(polled.ok()) << polled.status();
    for (std::string& row : component::RowsAsText(polled->rows)) rows.push_back(std::move(row));
    for (const component::Reject& reject : polled->rejects) {
      EXPECT_EQ(reject.source, GetParam().scan.paths.front());
      EXPECT_FALSE(reject.reason.empty());
      bad.push_back({reject.line, reject.column});
    }
    state = polled->state;
  }
  EXPECT_EQ(rows, GetParam().rows);
  EXPECT_EQ(bad, GetParam().bad);
}

INSTANTIATE_TEST_SUITE_P(, CsvCasesTest, ::testing::ValuesIn(component::LoadCsvCases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thalweg::connectors
