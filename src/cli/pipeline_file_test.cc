#include "cli/pipeline_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_line.h"
#include "cli/testing/captured_console.h"

namespace thalweg::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Works in a directory of its own.
class PipelineFileTest : public testing::Test {
 protected:
  PipelineFileTest() {
    before_ = std::filesystem::current_path();
    char name[] = "/tmp/thalweg-cli-XXXXXX";
    directory_ = mkdtemp(name);
    std::filesystem::current_path(directory_);
  }
  ~PipelineFileTest() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }

  static void Write(const std::string& name, const std::string& text) {
    std::ofstream(name) << text;
  }

  Result<runs::RunRequest> Choose(std::vector<std::string> words) {
    auto line = ParseCommandLine(Commands(), {"run"});
    line->options.params = {{"data", "a b"}};
    const Context context(program_, *line->command, line->options, *console_);
    again_ = Again(context, "run", words);
    return ChoosePipeline(context, words);
  }

  Program program_;
  CapturedConsole console_;
  std::string again_;
  std::filesystem::path before_, directory_;
};

TEST_F(PipelineFileTest, TheOnlyPipelineOfTheDirectory) {
  Write("docker-compose.yaml", "services: {}\n");
  Write("notes.json", "{}");
  Write("shop.yml", "# a comment\nthalweg: 1\npipeline: shop\n");
  const auto request = Choose({"sales+"});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->file, "shop.yml");
  EXPECT_THAT(request->selection, ElementsAre("sales+"));
  EXPECT_THAT(request->text, HasSubstr("pipeline: shop"));
  EXPECT_EQ(request->params.at("data"), "a b");
  EXPECT_EQ(again_, "thalweg run sales+ --param 'data=a b'");
}

TEST_F(PipelineFileTest, JsonAndByteOrderMarks) {
  Write("a.json", "{\"thalweg\": 1}");
  Write("b.yaml", "\xEF\xBB\xBFthalweg: 1\n");
  Write("c.yaml", "x:\n  thalweg: 1\n");
  const auto found = PipelineFilesIn(LocalFileSystem(), ".");
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(*found, ElementsAre("a.json", "b.yaml"));
}

TEST_F(PipelineFileTest, SeveralAreListed) {
  Write("a.yaml", "thalweg: 1\n");
  Write("b.yaml", "thalweg: 1\n");
  const auto request = Choose({});
  ASSERT_FALSE(request.ok());
  EXPECT_EQ(request.status().slug(), "several-pipeline-files");
  EXPECT_THAT(request.status().message(), HasSubstr("a.yaml, b.yaml"));
  EXPECT_THAT(request.status().hint(), HasSubstr("thalweg run a.yaml"));
}

TEST_F(PipelineFileTest, AFileOfAnotherKindIsNotTakenForANode) {
  Write("shop.yml", "thalweg: 1\npipeline: shop\n");
  Write("orders.csv", "id\n");
  const auto request = Choose({"orders.csv"});
  EXPECT_EQ(request.status().slug(), "no-pipeline-file");
  EXPECT_THAT(request.status().message(), HasSubstr("orders.csv is no pipeline file"));
}

TEST_F(PipelineFileTest, NoneAndMissing) {
  EXPECT_EQ(Choose({}).status().slug(), "no-pipeline-file");
  Write("flights.yaml", "thalweg: 1\n");
  const auto request = Choose({"flihgts.yaml"});
  ASSERT_FALSE(request.ok());
  EXPECT_THAT(request.status().hint(), HasSubstr("thalweg run flights.yaml"));
}

}  // namespace
}  // namespace thalweg::cli
