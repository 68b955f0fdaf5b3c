#include "runs/metric_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/testing/test_home.h"
#include "runs/testing/test_pipeline.h"

namespace thalweg::runs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class MetricSeriesTest : public ::testing::Test {
 protected:
  std::vector<double> Values() {
    std::vector<double> values;
    for (const auto& metric : ReadMetrics(home_.home(), 7).value()) values.push_back(metric.value);
    return values;
  }
  catalog::TestHome home_;
};

TEST_F(MetricSeriesTest, WritesWhenItIsTime) {
  MetricSeries series(home_.home(), home_.clock(), 7, {.every = std::chrono::seconds(10)});
  series.Add("a", "rows", 1);
  series.WriteIfDue();
  EXPECT_THAT(Values(), IsEmpty());
  home_.clock().Advance(std::chrono::seconds(10));
  series.Add("a", "rows", 2);
  series.WriteIfDue();
  EXPECT_THAT(Values(), ElementsAre(1, 2));
  series.Add("", "lag", 0.5);
  series.WriteIfDue();
  EXPECT_THAT(Values(), SizeIs(2));
  series.Write();
  const auto metrics = ReadMetrics(home_.home(), 7).value();
  ASSERT_THAT(metrics, SizeIs(3));
  EXPECT_EQ(metrics[2].node, "");
  EXPECT_EQ(metrics[2].measure, "lag");
  EXPECT_EQ(metrics[2].value, 0.5);
  EXPECT_EQ(metrics[2].at, home_.clock().Now());
}

TEST_F(MetricSeriesTest, GoesOnBehindWhatIsThere) {
  {
    MetricSeries series(home_.home(), home_.clock(), 7);
    series.Add("a", "rows", 1);
    series.Write();
  }
  MetricSeries series(home_.home(), home_.clock(), 7);
  series.Add("a", "rows", 2);
  series.Write();
  EXPECT_THAT(Values(), ElementsAre(1, 2));
}

TEST_F(MetricSeriesTest, ThinsOutWhatIsOld) {
  MetricSeries series(home_.home(), home_.clock(), 7, {.most_rows = 100});
  for (int i = 0; i < 1000; ++i) {
    home_.clock().Advance(std::chrono::seconds(1));
    series.Add("a", "rows", i);
    series.Add("b", "rows", -i);
  }
  series.Write();
  const auto values = Values();
  EXPECT_LE(values.size(), 100u);
  EXPECT_GE(values.size(), 50u);
  EXPECT_EQ(values.back(), -999);
  EXPECT_EQ(values.front(), 0);  // the beginning stays
  for (std::size_t i = 0; i < values.size(); i += 2) EXPECT_EQ(values[i], -values[i + 1]);
}

TEST_F(MetricSeriesTest, AnUnreadableFileIsReplaced) {
  ASSERT_TRUE(home_.home().files().MakeDirectory(home_.home().RunDirectory(7)).ok());
  const std::string path = JoinPath(home_.home().RunDirectory(7), "metrics.parquet");
  ASSERT_TRUE(WriteFileAtomically(home_.home().files(), path, "no parquet").ok());
  MetricSeries series(home_.home(), home_.clock(), 7);
  series.Add("a", "rows", 1);
  series.Write();
  EXPECT_THAT(Values(), ElementsAre(1));
}

TEST(BatchMetricsTest, ARunWritesWhatItsNodesMeasured) {
  TestPipeline pipeline;
  pipeline.Write("in.csv", "k,v\n1,2\n3,4\n");
  pipeline.Nodes(R"(
  a: {source: {files: in.csv, columns: {k: bigint, v: bigint}}}
  b: {sql: "SELECT k, v + 1 AS v FROM a"}
)");
  const auto first = pipeline.Run();
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string rows =
      "SELECT run, node, measure, value FROM thalweg.metrics WHERE measure = 'rows' AND node = 'b'";
  EXPECT_EQ(pipeline.Rows(rows), "1|b|rows|2\n");
  ASSERT_TRUE(pipeline.Run().ok());  // all reused
  EXPECT_EQ(pipeline.Rows(rows), "1|b|rows|2\n");
}

}  // namespace
}  // namespace thalweg::runs
