// The program as people meet it: exit codes, what goes to stdout and what to stderr, what it leaves
// behind.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/testing/temp_directory.h"
#include "cli/testing/run_program.h"

namespace thalweg::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProgramTest : public testing::Test {
 protected:
  ProgramOutcome Run(std::vector<std::string> arguments, const std::string& input = "") const {
    return RunProgram(arguments, directory_.path(), input);
  }
  void Write(const std::string& name, const std::string& text) const {
    directory_.Write(name, text);
  }
  bool Exists(const std::string& name) const { return std::filesystem::exists(directory_ / name); }
  std::string Read(const std::string& name) const {
    std::ifstream file(directory_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TempDirectory directory_;
};

/// A pipeline with a gate, over one file.
constexpr const char* kGated = R"(thalweg: 1
pipeline: gated
nodes:
  numbers: {source: {files: numbers.csv}}
  checked: {from: numbers, gate: {question: "Right?", evidence: ["SELECT count(*) AS n FROM numbers"]}}
  doubled: {sql: "SELECT 2 * n AS n FROM checked"}
)";

TEST_F(ProgramTest, AloneItPrintsAnOverview) {
  const auto run = Run({});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.out, HasSubstr("thalweg init"));
  EXPECT_EQ(run.err, "");
}

TEST_F(ProgramTest, MistakesOnTheCommandLineAreTwo) {
  const auto text = Run({"rnu"});
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err, HasSubstr("thalweg run"));
  const auto document = Run({"rnu", "-o", "json"});
  EXPECT_EQ(document.exit_code, 2);
  EXPECT_EQ(json::parse(document.err)["v"], 1);
  EXPECT_EQ(json::parse(document.err)["errors"][0]["slug"], "unknown-command");
}

TEST_F(ProgramTest, WithoutAHomeNothingIsMade) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"ls"},
                                             {"runs"},
                                             {"query", "SELECT 1"},
                                             {"show", "1"},
                                             {"resume"},
                                             {"approve", "g"},
                                             {"gc"}}) {
    const auto run = Run(words);
    EXPECT_EQ(run.exit_code, 5) << words[0] << run.err;
    EXPECT_THAT(run.err, HasSubstr("thalweg ")) << words[0];
  }
  Write("p.yaml", kGated);
  Write("numbers.csv", "n\n1\n");
  EXPECT_EQ(Run({"plan"}).exit_code, 0);
  EXPECT_EQ(Run({"validate"}).exit_code, 0);
  EXPECT_EQ(Run({"graph"}).exit_code, 0);
  EXPECT_EQ(Run({"doctor"}).exit_code, 0);
  EXPECT_FALSE(Exists(".thalweg"));
}

TEST_F(ProgramTest, FilesThatAreMissingOrWrongAreThreeAndLeaveNothing) {
  EXPECT_EQ(Run({"run"}).exit_code, 3);
  EXPECT_EQ(Run({"run", "nosuch.yaml"}).exit_code, 3);
  Write("p.yaml",
        "thalweg: 1\npipeline: p\nnodes:\n  a: {sql: \"SELECT * FROM nosuch\"}\n  b: {sql: \"SELEC "
        "1\"}\n");
  const auto run = Run({"run"});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err, HasSubstr("--> p.yaml:4:"));
  EXPECT_THAT(run.err, HasSubstr("--> p.yaml:5:"));
  EXPECT_THAT(run.err, HasSubstr("2 errors: mend them, then type: thalweg run"));
  EXPECT_FALSE(Exists(".thalweg"));
}

TEST_F(ProgramTest, MissingDataIsOneAndUnknownNodesAreFive) {
  Write("p.yaml", kGated);
  const auto missing = Run({"run"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("numbers.csv"));
  EXPECT_FALSE(Exists(".thalweg"));
  Write("numbers.csv", "n\n1\n");
  const auto unknown = Run({"run", "doublet"});
  EXPECT_EQ(unknown.exit_code, 5);
  EXPECT_THAT(unknown.err, HasSubstr("doubled"));
}

TEST_F(ProgramTest, FromInitToAnAnswer) {
  ASSERT_EQ(Run({"init"}).exit_code, 0);
  const auto again = Run({"init"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("nothing was written"));

  const auto run = Run({"run"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("out/by_country.csv"));
  EXPECT_THAT(run.err, HasSubstr("FROM orders_rejects"));
  EXPECT_THAT(Read("out/by_country.csv"), StartsWith("country,orders,revenue\nIN,2,410.24\n"));

  const auto query = Run({"query", "-o", "csv", "FROM by_country ORDER BY revenue DESC LIMIT 1"});
  EXPECT_EQ(query.exit_code, 0) << query.err;
  EXPECT_EQ(query.out, "country,orders,revenue\nIN,2,410.24\n");
  EXPECT_EQ(Run({"query", "-o", "csv", "-"}, "SELECT count(*) AS n FROM orders_rejects").out,
            "n\n1\n");

  const auto reused = Run({"run"});
  EXPECT_EQ(reused.exit_code, 0);
  EXPECT_THAT(reused.err, HasSubstr("5 reused"));
  EXPECT_THAT(Run({"graph"}).out, HasSubstr("reused, 4 rows"));
  EXPECT_THAT(Run({"ls"}).out, HasSubstr("shop.by_country"));
  EXPECT_THAT(Run({"show", "1"}).out, HasSubstr("by_country"));
  EXPECT_THAT(Run({"show", "sales"}).out, HasSubstr("decimal(10,2)"));
  EXPECT_EQ(json::parse(Run({"runs", "-o", "json"}).out)["runs"].size(), 2U);
  EXPECT_EQ(Run({"doctor"}).exit_code, 0);
  EXPECT_EQ(Run({"gc", "--keep", "1"}).exit_code, 0);
}

TEST_F(ProgramTest, AGateIsSixUntilItIsSigned) {
  Write("p.yaml", kGated);
  Write("numbers.csv", "n\n1\n2\n");
  const auto waiting = Run({"run"});
  EXPECT_EQ(waiting.exit_code, 6) << waiting.err;
  EXPECT_THAT(waiting.err, HasSubstr("Right?"));
  EXPECT_THAT(waiting.err, HasSubstr("thalweg approve checked --resume"));
  EXPECT_EQ(Run({"resume"}).exit_code, 6);

  const auto document = Run({"resume", "-o", "json"});
  EXPECT_EQ(document.exit_code, 6);
  EXPECT_EQ(json::parse(document.out)["gates"][0]["question"], "Right?");
  EXPECT_EQ(document.err, "");

  EXPECT_EQ(Run({"approve", "chekced"}).exit_code, 5);
  const auto approved = Run({"approve", "checked", "--resume"});
  EXPECT_EQ(approved.exit_code, 0) << approved.err;
  EXPECT_EQ(Run({"query", "-o", "csv", "SELECT sum(n) AS s FROM doubled"}).out, "s\n6\n");
}

TEST_F(ProgramTest, ARejectedGateIsFour) {
  Write("p.yaml", kGated);
  Write("numbers.csv", "n\n1\n");
  ASSERT_EQ(Run({"run"}).exit_code, 6);
  EXPECT_EQ(Run({"reject", "checked"}).exit_code, 2);
  EXPECT_EQ(Run({"reject", "checked", "--comment", "no"}).exit_code, 0);
  EXPECT_EQ(Run({"run"}).exit_code, 4);
}

TEST_F(ProgramTest, StatementsThatAreWrongAreTwoTablesThatAreMissingFive) {
  ASSERT_EQ(Run({"init"}).exit_code, 0);
  ASSERT_EQ(Run({"run"}).exit_code, 0);
  const auto wrong = Run({"query", "SELEC 1"});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
  EXPECT_THAT(wrong.err, HasSubstr("^"));
  const auto missing = Run({"query", "FROM by_contry"});
  EXPECT_EQ(missing.exit_code, 5);
  EXPECT_THAT(missing.err, HasSubstr("by_country"));
  EXPECT_EQ(Run({"query", "COPY (SELECT 1) TO 'x.csv'"}).exit_code, 2);
  EXPECT_FALSE(Exists("x.csv"));
}

TEST_F(ProgramTest, AReaderThatLeavesEndsItQuietly) {
  ASSERT_EQ(Run({"init"}).exit_code, 0);
  ASSERT_EQ(Run({"run"}).exit_code, 0);
  const std::string binary =
      std::getenv("THALWEG_BINARY") != nullptr ? std::getenv("THALWEG_BINARY") : "build/thalweg";
  const std::string line =
      "cd " + directory_.path() + " && { " + std::filesystem::absolute(binary).string() +
      " query -o csv 'SELECT * FROM range(100000000)' 2>err; echo $? >code; } | head -1 >first";
  ASSERT_EQ(std::system(line.c_str()), 0);
  EXPECT_EQ(Read("first"), "range\n");
  EXPECT_EQ(Read("code"), "0\n");
  EXPECT_EQ(Read("err"), "");
}

TEST_F(ProgramTest, AnInterruptedRunIsCancelledAndSaysSo) {
  Write("p.yaml",
        "thalweg: 1\npipeline: p\nnodes:\n  long: {sql: \"SELECT sum(a.n * b.n) AS s FROM "
        "range(10000000) AS a(n), range(10000000) AS b(n)\"}\n");
  const auto run = RunAndSignal({"run"}, directory_.path(), "run 1 of p\n", SIGINT);
  EXPECT_EQ(run.exit_code, 130);
  EXPECT_THAT(run.err, HasSubstr("run 1 of p was stopped"));
  EXPECT_THAT(run.err, HasSubstr("next: thalweg resume"));
  EXPECT_THAT(Run({"runs"}).out, HasSubstr("cancelled"));
}

TEST_F(ProgramTest, AdviceDoesNotRepeatAWrongParameter) {
  Write("p.yaml", kGated);
  Write("numbers.csv", "n\n1\n");
  for (const bool home : {false, true}) {
    if (home) {
      ASSERT_EQ(Run({"run"}).exit_code, 6);
    }
    const auto run = Run({"run", "--param", "nosuch=1"});
    EXPECT_EQ(run.exit_code, 3);
    EXPECT_THAT(run.err, HasSubstr("then type: thalweg run --param NAME=VALUE"));
  }
}

TEST_F(ProgramTest, TheSchemaIsJsonAndTheReferenceIsPages) {
  EXPECT_TRUE(json::parse(Run({"schema"}).out).is_object());
  EXPECT_EQ(Run({"schema", "--reference", "pages"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::is_empty(directory_ / "pages"));
  EXPECT_THAT(Run({"describe", "files"}).out, HasSubstr("nulls"));
  EXPECT_EQ(Run({"describe", "fils"}).exit_code, 5);
}

}  // namespace
}  // namespace thalweg::cli
