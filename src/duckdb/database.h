#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "component/engine.h"
#include "data/element.h"
#include "data/types.h"

namespace thalweg::duckdb {

/// Settings of the one instance of a process.
struct DatabaseOptions {
  Bytes memory_limit = Bytes::MiB(512);
  int threads = 0;              ///< 0: one per core
  std::string spill_directory;  ///< absolute; empty: no spilling
  Bytes spill_limit;            ///< 0: DuckDB's own default
};

/// Rows of a running query as Arrow batches of about `batch_rows` rows, in DuckDB's streaming mode
/// (flat memory). Destroying it before the end stops the query. The connection is busy until then.
class ResultStream {
 public:
  virtual ~ResultStream() = default;
  /// data::ToArrow(columns()) for every column that can be stored. Others: hugeint is
  /// decimal(38,0), enum utf8, interval month_day_nano, time_ns time64[ns], union a sparse union,
  /// bit and bignum DuckDB's own bytes.
  virtual data::SchemaRef schema() const = 0;
  virtual const data::Columns& columns() const = 0;
  virtual Result<data::Batch> Next() = 0;  ///< null at the end
};

/// A SELECT that was prepared once and runs often. Rows of an offered source with one thread keep
/// their order where nothing in the statement changes it.
class PreparedQuery {
 public:
  virtual ~PreparedQuery() = default;
  /// All rows of one run, as ResultStream has them. The connection is busy during the call.
  virtual Result<data::Batch> Run() = 0;
};

/// What the whole instance holds now.
struct Usage {
  Bytes memory;   ///< buffers under memory_limit
  Bytes spilled;  ///< temporary files
};

/// One connection: one statement at a time, one thread at a time (Interrupt and Progress from any
/// thread). Parameters: `$name` gets the value of that name, `$1` of the name "1"; values that the
/// statement does not use are ignored. Booleans, numbers up to 64 bits and varchar are bound as
/// such; every other type as its text, so that the statement must say CAST($name AS type).
class Connection {
 public:
  virtual ~Connection() = default;

  /// Runs a statement of ours to its end and drops its rows.
  virtual Status Execute(const std::string& sql) = 0;
  /// Runs a SELECT of ours and returns all its cells as text, as a cast to varchar gives it (none:
  /// NULL). `text_parameters` are $1, $2 ... For small results.
  using Rows = std::vector<std::vector<std::optional<std::string>>>;
  virtual Result<Rows> Fetch(const std::string& sql,
                             std::span<const std::string> text_parameters = {}) = 0;

  /// A SELECT's result columns; types in canonical spelling. Nothing runs. Parameters must stand
  /// inside a CAST, or their type would not be known.
  virtual Result<data::Columns> Describe(const std::string& sql) = 0;
  virtual Result<std::unique_ptr<ResultStream>> Stream(
      const std::string& sql, std::span<const component::Parameter> parameters,
      std::int64_t batch_rows, std::stop_token stop) = 0;
  /// Of a statement of ours without parameters. The connection outlives the query.
  virtual Result<std::unique_ptr<PreparedQuery>> Prepare(const std::string& sql) = 0;
  /// Prepares, binds and runs to the end; the number of changed (for COPY: written) rows.
  virtual Result<std::int64_t> Run(const std::string& sql,
                                   std::span<const component::Parameter> parameters,
                                   std::stop_token stop) = 0;

  virtual void Interrupt() = 0;
  /// 0..1 of the running statement, negative when unknown. From any thread.
  virtual double Progress() = 0;
};

/// Rows made outside of the database, which a statement reads like a table (Database::Offer). Of
/// the columns, those are copied that the statement needs.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Of types that tables store.
  virtual const data::Columns& columns() const = 0;
  /// So many threads at most read at a time.
  virtual int threads() const = 0;

  /// Reads a part of the rows; which one is the source's choice. One thread.
  class Cursor {
   public:
    virtual ~Cursor() = default;
    /// Of data::ToArrow(columns()); null at the end. A failure fails the statement.
    virtual Result<data::Batch> Next() = 0;
  };
  /// From any of the reading threads.
  virtual Result<std::unique_ptr<Cursor>> Open() = 0;
};

/// A RowSource that statements can name, until this is destroyed.
class OfferedRows {
 public:
  virtual ~OfferedRows() = default;
  /// What to write behind FROM.
  virtual const std::string& table() const = 0;
  /// The first failure of the source itself: DuckDB's own error says only that there was one.
  virtual Status failure() const = 0;
};

/// The embedded database: in memory, extensions neither installed nor loaded, UTC, the portable
/// profile's settings (NULLs first ascending, no IEEE division). Rows come in any order unless the
/// statement says ORDER BY. Thread-safe; outlives its connections.
class Database {
 public:
  static Result<std::unique_ptr<Database>> Open(const DatabaseOptions& options);
  virtual ~Database() = default;
  virtual Result<std::unique_ptr<Connection>> Connect() = 0;
  /// Allows what lies in these directories, and these files, only; then turns external access off,
  /// then locks the configuration. Paths are absolute. Once; a second call is kConflict.
  virtual Status Confine(const std::vector<std::string>& directories,
                         const std::vector<std::string>& files = {}) = 0;
  virtual Result<std::unique_ptr<OfferedRows>> Offer(std::shared_ptr<RowSource> source) = 0;
  /// Costs as much as a small query: for long statements, a few times a second.
  virtual Result<Usage> Used() = 0;
  virtual Bytes memory_limit() const = 0;
  static std::string Version();  ///< "1.5.6"
};

/// A failed statement as a Status: code, fault and slug by DuckDB's error type (0: read from the
/// message); the place (line 1, column = byte offset + 1 into the statement) when DuckDB gave a
/// position; a near name in the hint. Used inside this room; declared for its tests.
Status FromDuckDbError(int error_type, std::string_view message);

}  // namespace thalweg::duckdb
