#pragma once

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engines/duckdb/duckdb_engine.h"

namespace thalweg::engines {

/// An engine over a directory of its own.
class EngineFixture : public ::testing::Test {
 protected:
  using Rows = std::vector<std::vector<std::optional<std::string>>>;

  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "." + test->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    directory_ = std::filesystem::path(::testing::TempDir()) / ("thalweg_" + name);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Open({.memory = Bytes::MiB(512), .threads = 2, .spill_directory = Path("spill")});
  }
  void TearDown() override {
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Open(const DuckDbEngineOptions& options) {
    engine_.reset();
    auto engine = OpenDuckDb(options);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::string Write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name, std::ios::binary) << text;
    return Path(name);
  }

  static component::Statement Sql(std::string text,
                                  std::vector<component::Parameter> parameters = {}) {
    component::Statement statement;
    statement.text = std::move(text);
    statement.parameters = std::move(parameters);
    return statement;
  }
  /// "FROM name" in the text stands for the input.
  static component::Statement Sql(std::string text, const std::string& name,
                                  component::Input input) {
    component::Statement statement;
    const std::size_t begin = text.find("FROM " + name) + 5;
    statement.slots.push_back(
        {.begin = begin, .end = begin + name.size(), .alias = name, .input = 0});
    statement.inputs.push_back(std::move(input));
    statement.text = std::move(text);
    return statement;
  }

  /// Waits for the job's end.
  component::JobState Await(component::Job job) {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    const auto id = engine_->Submit(std::move(job), [&] {
      const std::lock_guard lock(mutex);
      ended = true;
      changed.notify_all();
    });
    EXPECT_TRUE(id.ok()) << id.status();
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended; });
    return engine_->Poll(*id).value();
  }

  component::Job MakeJob(std::variant<component::Statement, component::Scan> work) {
    component::Job job;
    job.work = std::move(work);
    job.out_directory = Path("out" + std::to_string(++jobs_));
    std::filesystem::create_directories(job.out_directory);
    return job;
  }
  Result<component::JobResult> Run(component::Job job) {
    component::JobState state = Await(std::move(job));
    if (state.state == component::JobState::State::kFailed) return state.error;
    return *state.result;
  }
  Result<component::JobResult> Run(std::variant<component::Statement, component::Scan> work) {
    return Run(MakeJob(std::move(work)));
  }
  static component::TableInput Table(const component::JobResult& result) {
    component::TableInput table;
    table.manifest.columns = result.columns;
    table.manifest.files = result.files;
    table.manifest.rows = result.rows_out;
    return table;
  }

  /// All cells as text, by DuckDB itself; `sql` may read files.
  Rows Fetch(const std::string& sql) {
    const auto connection = engine_->database().Connect().value();
    const auto rows = connection->Fetch(sql);
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status();
    return rows.ok() ? *rows : Rows();
  }
  /// "a|b;c|NULL": rows in their order.
  std::string Text(const std::string& sql) {
    std::string text;
    for (const auto& row : Fetch(sql)) {
      if (!text.empty()) text += ';';
      for (std::size_t i = 0; i < row.size(); ++i)
        text += (i > 0 ? "|" : "") + row[i].value_or("NULL");
    }
    return text;
  }

  std::filesystem::path directory_;
  std::unique_ptr<DuckDbEngine> engine_;
  int jobs_ = 0;
};

}  // namespace thalweg::engines
