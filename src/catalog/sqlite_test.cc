#include "catalog/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/testing/temp_directory.h"
#include "catalog/catalog.h"
#include "catalog/migrations.h"
#include "catalog/testing/test_home.h"

namespace thalweg::catalog {
namespace {

using ::testing::HasSubstr;

TEST(SqliteTest, ErrorsSayWhoHasToAct) {
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_FULL, "x").code(), Code::kDiskFull);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_FULL, "x").fault(), Fault::kResource);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_CORRUPT, "x").code(), Code::kCorrupt);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_NOTADB, "x").code(), Code::kCorrupt);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_BUSY, "x").code(), Code::kConflict);
  EXPECT_TRUE(FromSqlite(nullptr, SQLITE_BUSY, "x").retryable());
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_IOERR_FSYNC, "x").code(), Code::kIo);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_READONLY, "x").fault(), Fault::kUser);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_CONSTRAINT_UNIQUE, "x").fault(), Fault::kBug);
  EXPECT_EQ(FromSqlite(nullptr, SQLITE_MISUSE, "x").code(), Code::kInternal);
}

TEST(SqliteTest, ValuesComeBackAsTheyWere) {
  const TempDirectory directory;
  const auto db = Connection::Open(directory / "x.db").value();
  ASSERT_TRUE(db->Script("CREATE TABLE t (a, b, c, d, e, f, g)").ok());
  const std::string text("with\0zero and \xF0\x9F\x8C\x8A", 18);
  const Instant instant(std::chrono::microseconds(-123456789));
  ASSERT_TRUE(db->Run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", text, "", NodeId("n"),
                      VersionId(), instant, std::optional<Instant>(), NodeState::kReused)
                  .ok());
  Query rows(*db, "SELECT * FROM t");
  ASSERT_TRUE(rows.Next());
  std::string read, empty = "x";
  NodeId node;
  VersionId none("x");
  Instant at;
  std::optional<Instant> never = instant;
  NodeState state = NodeState::kPending;
  rows.Into(read, empty, node, none, at, never, state);
  EXPECT_EQ(read, text);
  EXPECT_EQ(empty, "");
  EXPECT_EQ(node.str(), "n");
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(at, instant);
  EXPECT_EQ(never, std::nullopt);
  EXPECT_EQ(state, NodeState::kReused);
  EXPECT_FALSE(rows.Next());
  EXPECT_TRUE(rows.status().ok());
}

TEST(SqliteTest, AnUnknownStateIsAFailure) {
  const TempDirectory directory;
  const auto db = Connection::Open(directory / "x.db").value();
  Query rows(*db, "SELECT 'sleeping'");
  ASSERT_TRUE(rows.Next());
  RunState state = RunState::kDone;
  rows.Into(state);
  EXPECT_FALSE(rows.status().ok());
  EXPECT_FALSE(rows.Next());
}

TEST(SqliteTest, AFailedTransactionIsRolledBackAndTheNextWorks) {
  const TempDirectory directory;
  const auto db = Connection::Open(directory / "x.db").value();
  ASSERT_TRUE(db->Script("CREATE TABLE t (a INTEGER UNIQUE)").ok());
  ASSERT_TRUE(db->BeginWrite(Connection::Durability::kDurable).ok());
  ASSERT_TRUE(db->Run("INSERT INTO t VALUES (?)", 1).ok());
  EXPECT_EQ(db->Run("INSERT INTO t VALUES (?)", 1).fault(), Fault::kBug);
  db->Rollback();
  ASSERT_TRUE(db->BeginWrite(Connection::Durability::kNotDurable).ok());
  ASSERT_TRUE(db->Run("INSERT INTO t VALUES (?)", 1).ok());
  ASSERT_TRUE(db->Commit().ok());
}

TEST(CatalogOpenTest, ANewerSchemaIsRefused) {
  TestHome home;
  home.Close();
  {
    const auto db = Connection::Open(home.home().CatalogPath()).value();
    ASSERT_TRUE(db->Script("PRAGMA user_version = 99").ok());
  }
  const auto catalog = Catalog::Open(home.home(), SystemClock());
  ASSERT_FALSE(catalog.ok());
  EXPECT_EQ(catalog.status().code(), Code::kUnsupported);
  {
    const auto db = Connection::Open(home.home().CatalogPath()).value();
    ASSERT_TRUE(
        db->Script("PRAGMA user_version = " + std::to_string(Migrations().back().version)).ok());
  }
  home.Reopen();
}

TEST(CatalogOpenTest, WhatIsNotADatabaseIsCorrupt) {
  const TempDirectory directory;
  const Home home = Home::OpenOrCreate(LocalFileSystem(), directory / ".thalweg").value();
  directory.Write(".thalweg/catalog.db", std::string(5000, 'x'));
  const auto catalog = Catalog::Open(home, SystemClock());
  ASSERT_FALSE(catalog.ok());
  EXPECT_EQ(catalog.status().code(), Code::kCorrupt);
  EXPECT_THAT(catalog.status().hint(), HasSubstr("doctor"));
}

TEST(CatalogOpenTest, LeavesOneFileBehindWhenTheLastCloses) {
  TestHome home;
  home.CommitOne("a");
  home.Close();
  EXPECT_THAT(LocalFileSystem().List(home.home().path()).value(),
              ::testing::UnorderedElementsAre("format", "lock", "catalog.db", "tables", "state",
                                              "topics", "runs", "spill"));
}

/// Changes the catalog behind its back.
void Tamper(TestHome& home, const std::string& sql) {
  home.Close();
  {
    const auto db = Connection::Open(home.home().CatalogPath()).value();
    const Status status = db->Script("PRAGMA foreign_keys = OFF; " + sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  home.Reopen();
}

TEST(IntegrityTest, FindsWhatContradictsItself) {
  for (const auto& [sql, finding] : std::vector<std::pair<const char*, const char*>>{
           {"UPDATE runs SET state = 'waiting' WHERE number = 1", "run 1 is waiting"},
           {"UPDATE node_runs SET state = 'failed' WHERE node_name = 'a'", "node a of run"},
           {"UPDATE runs SET number = 7 WHERE number = 2", "run numbers have gaps"},
           {"UPDATE versions SET number = 3 WHERE number = 2", "version numbers have gaps"},
           {"DELETE FROM version_files", "has rows and no file"},
           {"UPDATE attempts SET number = 9", "attempt numbers have gaps"},
           {"DELETE FROM events WHERE id = 1", "event numbers have gaps"},
           {"DELETE FROM epochs", "version without an epoch"},
           {"UPDATE attempts SET split_id = 'x' || id", "refers to a row of splits"}}) {
    TestHome home;
    home.CommitOne("a");
    home.CommitOne("a");
    ASSERT_TRUE(home.catalog().CheckIntegrity().ok());
    Tamper(home, sql);
    const Status status = home.catalog().CheckIntegrity();
    ASSERT_FALSE(status.ok()) << sql;
    EXPECT_EQ(status.code(), Code::kCorrupt);
    EXPECT_THAT(status.message(), HasSubstr(finding)) << sql;
  }
}

}  // namespace
}  // namespace thalweg::catalog
