#include "connectors/tail/tail_source.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "component/testing/source_suite.h"
#include "connectors/streams/testing/stream_stand.h"
#include "connectors/tail/register.h"
#include "data/testing/batch.h"
#include "formats/arrow_ipc_encoder.h"

namespace thalweg::connectors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ArrowText() {
  std::string text;
  for (int stream = 0; stream < 2; ++stream) {
    const auto batch = data::MakeBatch({{"a", "integer", "[1, 2]"}});
    formats::ArrowIpcEncoder encoder(batch->schema());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(encoder.Encode(*batch, &text).ok());
    EXPECT_TRUE(encoder.Finish(&text).ok());
  }
  return text;
}

component::SourceCase Case(std::string name, std::string options, std::string first,
                           std::string second) {
  const auto stand = std::make_shared<StreamStand>(RegisterTail);
  stand->directory().Write("one", first);
  stand->directory().Write("two", second);
  return {std::move(name), [stand, options] {
            return stand->Source("tail", R"({"tail": "*", "end_at_eof": true, )" + options + "}");
          }};
}

std::vector<component::SourceCase> Cases() {
  return {
      Case("Ndjson", R"("columns": {"a": "integer"})", "{\"a\":1}\n\nx\n{\"a\":2}\n{\"a\":3}",
           "{\"a\":4}\n"),
      Case("Csv", R"("format": "csv", "columns": {"b": "varchar", "a": "integer"})",
           "a,b\n1,\"x\ny\"\n2,z\n", "b,c,a\np,,3\nq,,no\n"),
      Case("Lines", R"("format": "lines")", "one\r\ntwo\n\n", "three"),
      Case("Arrow", R"("format": "arrow", "columns": {"a": "integer"})", ArrowText(), ArrowText()),
  };
}

THALWEG_SOURCE_SUITE(Tail, Cases());

class TailTest : public ::testing::Test {
 protected:
  std::unique_ptr<component::Reader> Open(const std::string& body,
                                          const component::Position& from = {}) {
    source_ = stand_.Source("tail", body);
    return source_->Open(source_->Discover({}).value().front(), from).value();
  }
  std::string path(const std::string& name) const { return stand_.directory() / name; }
  void Append(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::app | std::ios::binary) << text;
  }
  StreamStand stand_{RegisterTail};
  std::unique_ptr<component::Source> source_;
  static constexpr char kLog[] = R"({"tail": "log", "format": "lines", "look_every": "2ms"})";
};

TEST_F(TailTest, LinesComeWhenTheirEndsDo) {
  Append("log", "one\ntw");
  const auto reader = Open(kLog);
  EXPECT_FALSE(source_->Bind().value().bounded);
  ReaderDriver driver(*reader);
  driver.ReadRows(1);
  driver.ExpectBlocked();
  Append("log", "o\nthree\n");
  driver.ReadRows(3);
  EXPECT_THAT(driver.text().rows,
              ElementsAre(R"({"line":"one"})", R"({"line":"two"})", R"({"line":"three"})"));
}

TEST_F(TailTest, AFileThatIsRenamedIsReadToItsEndThenTheNewOne) {
  Append("log", "one\n");
  const auto reader = Open(kLog);
  ReaderDriver driver(*reader);
  driver.ReadRows(1);
  Append("log", "two\nlast");
  std::filesystem::rename(path("log"), path("log.1"));
  Append("log", "new\n");
  driver.ReadRows(4);
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"line":"one"})", R"({"line":"two"})",
                                              R"({"line":"last"})", R"({"line":"new"})"));
}

TEST_F(TailTest, ARenameThatThePatternTakesReadsNothingTwice) {
  const std::string all = R"({"tail": "log*", "format": "lines", "look_every": "2ms"})";
  Append("log", "one\n");
  auto reader = Open(all);
  ReaderDriver driver(*reader);
  driver.ReadRows(1);
  std::filesystem::rename(path("log"), path("log.1"));
  Append("log", "new\n");
  driver.ReadRows(2);
  driver.ExpectBlocked();
  const auto at = reader->At();
  std::filesystem::rename(path("log.1"), path("log.2"));
  Append("log", "newer\n");
  reader = Open(all, at);
  ReaderDriver later(*reader);
  later.ReadRows(1);
  later.ExpectBlocked();
  EXPECT_THAT(later.text().rows, ElementsAre(R"({"line":"newer"})"));
}

TEST_F(TailTest, ARotationWhileNobodyReadLosesNothing) {
  Append("log", "one\n");
  auto reader = Open(kLog);
  ReaderDriver driver(*reader);
  driver.ReadRows(1);
  const auto at = reader->At();
  Append("log", "two\n");
  std::filesystem::rename(path("log"), path("log.1"));
  Append("log", "new\n");
  reader = Open(kLog, at);
  ReaderDriver later(*reader);
  later.ReadRows(2);
  EXPECT_THAT(later.text().rows, ElementsAre(R"({"line":"two"})", R"({"line":"new"})"));
}

TEST_F(TailTest, AFileThatIsCutIsReadFromItsBeginning) {
  Append("log", "a long line\n");
  const auto reader = Open(kLog);
  ReaderDriver driver(*reader);
  driver.ReadRows(1);
  std::filesystem::resize_file(path("log"), 0);
  driver.ExpectBlocked();
  Append("log", "new\n");
  driver.ReadRows(2);
  EXPECT_EQ(driver.text().rows.back(), R"({"line":"new"})");
}

TEST_F(TailTest, NewFilesOfADirectoryAreRead) {
  stand_.directory().Write("logs/a", "one\n");
  const auto reader = Open(R"({"tail": "logs", "format": "lines", "look_every": "2ms"})");
  ReaderDriver driver(*reader);
  driver.ReadRows(1);
  driver.ExpectBlocked();
  stand_.directory().Write("logs/b", "two\n");
  driver.ReadRows(2);
}

TEST_F(TailTest, AFileThatIsNotThereYetIsWaitedFor) {
  const auto reader = Open(kLog);
  ReaderDriver driver(*reader);
  driver.ExpectBlocked();
  Append("log", "one\n");
  driver.ReadRows(1);
}

TEST_F(TailTest, FromTheEndBeginsWithTheNextLine) {
  Append("log", "one\ntwo\nthr");
  const auto reader =
      Open(R"({"tail": "log", "format": "lines", "look_every": "2ms", "from": "end"})");
  ReaderDriver driver(*reader);
  driver.ExpectBlocked();
  Append("log", "ee\n");
  driver.ReadRows(1);
  EXPECT_THAT(driver.text().rows, ElementsAre(R"({"line":"three"})"));
}

TEST_F(TailTest, AnotherReaderGoesOnWithWhatCameMeanwhile) {
  Append("log", "one\n");
  const std::string body = R"({"tail": "log", "format": "lines", "end_at_eof": true})";
  const auto reader = Open(body);
  ReaderDriver driver(*reader);
  driver.ReadToEnd();
  Append("log", "two\n");
  const auto later = Open(body, reader->At());
  EXPECT_THAT(component::ReadAll(*later).rows, ElementsAre(R"({"line":"two"})"));
}

TEST_F(TailTest, MistakesAreNamed) {
  EXPECT_THAT(stand_.SourceMistake("tail", R"({"tail": [], "format": "lines"})"),
              HasSubstr("empty-value"));
  EXPECT_THAT(stand_.SourceMistake("tail", R"({"tail": "x", "format": "arrow", "from": "end",
                                               "columns": {"a": "integer"}})"),
              HasSubstr("Arrow"));
  source_ = stand_.Source("tail", kLog);
  EXPECT_EQ(source_->Open({"files", {}}, {"{}"}).status().code(), Code::kCorrupt);
}

}  // namespace
}  // namespace thalweg::connectors
