// What the batch benchmark is compared with: the same statements through the same DuckDB, with the
// same settings, each written as Parquet and fsynced, and nothing else.
//   bare generate DIR             the data, from a fixed seed
//   bare statements DIR SQL OUT MEMORY_MB    the five statements of the pipeline, one after the
//   other bare fused DIR SQL OUT MEMORY_MB         the same as one statement: what keeping every
//   node costs bare chain N OUT              N tiny statements, each reading the one before
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/file_system.h"
#include "data/quoting.h"
#include "duckdb/database.h"

namespace thalweg {
namespace {

struct Table {
  std::string name, sql;
};

Status Write(duckdb::Connection& connection, const std::string& sql, const std::string& path) {
  TW_RETURN_IF_ERROR(connection.Execute(
      fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)", sql,
                  data::QuoteLiteral(path))));
  FileSystem& files = LocalFileSystem();
  TW_RETURN_IF_ERROR(files.SyncFile(path));
  return files.SyncDirectory(ParentPath(path));
}

/// `name` as a whole word in FROM or JOIN becomes a file.
std::string WithFile(std::string sql, const std::string& name, const std::string& path) {
  for (const char* keyword : {"FROM ", "JOIN "}) {
    const std::string word = keyword + name;
    const std::size_t at = sql.find(word);
    if (at == std::string::npos) continue;
    const char next = at + word.size() < sql.size() ? sql[at + word.size()] : '\n';
    const bool alias = next == ' ' && at + word.size() + 1 < sql.size() &&
                       std::islower(static_cast<unsigned char>(sql[at + word.size() + 1]));
    sql.replace(at, word.size(),
                fmt::format("{}read_parquet([{}]){}", keyword, data::QuoteLiteral(path),
                            alias ? "" : " AS " + name));
  }
  return sql;
}

Result<std::vector<Table>> ReadStatements(const std::string& directory) {
  std::vector<Table> tables;
  for (const char* name : {"filtered", "joined", "grouped", "ranked", "top"}) {
    TW_ASSIGN_OR_RETURN(std::string sql, ReadFile(LocalFileSystem(),
                                                  JoinPath(directory, std::string(name) + ".sql")));
    while (!sql.empty() && sql.back() == '\n') sql.pop_back();
    tables.push_back({name, std::move(sql)});
  }
  return tables;
}

Result<std::unique_ptr<duckdb::Database>> Open(const std::string& out, std::int64_t megabytes) {
  TW_RETURN_IF_ERROR(MakeDirectories(LocalFileSystem(), JoinPath(out, "spill")));
  return duckdb::Database::Open({.memory_limit = Bytes::MiB(megabytes),
                                 .spill_directory = AbsolutePath(JoinPath(out, "spill"))});
}

Status Generate(const std::string& directory) {
  TW_ASSIGN_OR_RETURN(const auto database, Open(directory, 2048));
  TW_ASSIGN_OR_RETURN(const auto connection, database->Connect());
  TW_RETURN_IF_ERROR(Write(
      *connection,
      "SELECT i AS id, (hash(i) % 1000000)::BIGINT AS key, (hash(i + 1) % 100000)::BIGINT AS dim, "
      "(hash(i + 2) % 10)::INTEGER AS kind, "
      "(hash(i + 3) % 1000000)::DOUBLE / 1024 AS amount, (hash(i + 4) % 100)::INTEGER AS quantity, "
      "TIMESTAMP '2024-01-01' + to_milliseconds(i) AS ts, 'label ' || (hash(i + 5) % 5000) AS "
      "label FROM range(20000000) t(i)",
      JoinPath(directory, "events.parquet")));
  return Write(*connection,
               "SELECT i AS dim, 'region ' || (i % 50) AS region, (hash(i) % 1000)::DOUBLE / 512 "
               "AS weight FROM range(100000) t(i)",
               JoinPath(directory, "dims.parquet"));
}

Status Statements(const std::string& data, const std::string& directory, const std::string& out,
                  std::int64_t megabytes) {
  TW_ASSIGN_OR_RETURN(auto tables, ReadStatements(directory));
  TW_ASSIGN_OR_RETURN(const auto database, Open(out, megabytes));
  TW_ASSIGN_OR_RETURN(const auto connection, database->Connect());
  std::vector<std::pair<std::string, std::string>> files = {
      {"events", JoinPath(data, "events.parquet")}, {"dims", JoinPath(data, "dims.parquet")}};
  for (auto& table : tables) {
    for (const auto& [name, path] : files) table.sql = WithFile(table.sql, name, path);
    const std::string path = JoinPath(out, table.name + ".parquet");
    TW_RETURN_IF_ERROR(Write(*connection, table.sql, path));
    files.emplace_back(table.name, path);
  }
  return {};
}

Status Fused(const std::string& data, const std::string& directory, const std::string& out,
             std::int64_t megabytes) {
  TW_ASSIGN_OR_RETURN(const auto tables, ReadStatements(directory));
  TW_ASSIGN_OR_RETURN(const auto database, Open(out, megabytes));
  TW_ASSIGN_OR_RETURN(const auto connection, database->Connect());
  std::string sql = fmt::format(
      "WITH events AS NOT MATERIALIZED (FROM read_parquet({})), dims AS NOT MATERIALIZED (FROM "
      "read_parquet({}))",
      data::QuoteLiteral(JoinPath(data, "events.parquet")),
      data::QuoteLiteral(JoinPath(data, "dims.parquet")));
  for (std::size_t i = 0; i + 1 < tables.size(); ++i)
    sql += fmt::format(", {} AS NOT MATERIALIZED ({})", tables[i].name, tables[i].sql);
  return Write(*connection, sql + " " + tables.back().sql, JoinPath(out, "top.parquet"));
}

Status Chain(int length, const std::string& out) {
  TW_ASSIGN_OR_RETURN(const auto database, Open(out, 512));
  TW_ASSIGN_OR_RETURN(const auto connection, database->Connect());
  std::string before;
  for (int i = 0; i < length; ++i) {
    const std::string path = JoinPath(out, fmt::format("n{}.parquet", i));
    TW_RETURN_IF_ERROR(Write(*connection,
                             i == 0 ? "SELECT 1 AS x"
                                    : fmt::format("SELECT x + 1 AS x FROM read_parquet([{}])",
                                                  data::QuoteLiteral(before)),
                             path));
    before = path;
  }
  return {};
}

Status Main(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "generate") return Generate(words[1]);
  if (words.size() == 5 && words[0] == "statements")
    return Statements(words[1], words[2], words[3], std::atoll(words[4].c_str()));
  if (words.size() == 5 && words[0] == "fused")
    return Fused(words[1], words[2], words[3], std::atoll(words[4].c_str()));
  if (words.size() == 3 && words[0] == "chain") return Chain(std::atoi(words[1].c_str()), words[2]);
  return Status::Invalid("usage: see the head of benchmarks/bare.cc");
}

}  // namespace
}  // namespace thalweg

int main(int argc, char** argv) {
  const thalweg::Status status = thalweg::Main({argv + 1, argv + argc});
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
