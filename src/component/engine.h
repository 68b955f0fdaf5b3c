#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/status.h"
#include "component/scan.h"
#include "component/source.h"
#include "data/element.h"
#include "data/manifest.h"

namespace thalweg::component {

/// A typed value for a `$name` in a statement: canonical type name and its text; no text: NULL.
struct Parameter {
  std::string name;
  std::string type;
  std::optional<std::string> text;
};

struct Statement;

/// The rows behind a table name in a statement.
struct EmptyInput {
  data::Columns columns;
};  ///< no rows: for binding before anything has run
struct TableInput {
  data::Manifest manifest;
  std::string home;
};  ///< `home`: relative file paths start here
struct InlinedInput {
  std::shared_ptr<const Statement> statement;
};  ///< a node that is not stored
struct ScanInput {
  Scan scan;
};  ///< a source that is not stored
using Input = std::variant<EmptyInput, TableInput, InlinedInput, ScanInput>;

/// One table reference in a statement's text: bytes [begin, end) cover name and AT clause, not an
/// alias.
struct TableSlot {
  std::size_t begin = 0, end = 0;
  std::string alias;      ///< to be added when the user gave none: the table's own name; else empty
  std::size_t input = 0;  ///< index into Statement::inputs
};

/// A SELECT in the engine's SQL, checked by sql/, with what its table names stand for.
struct Statement {
  std::string text;
  std::vector<TableSlot> slots;  ///< sorted by begin
  std::vector<Input> inputs;
  std::vector<Parameter> parameters;
};

/// What a statement gives. Errors carry a byte offset into Statement::text as Place{file "", line
/// 1, column offset+1}, which callers turn into a place of the pipeline file; columns that cannot
/// be stored are refused with their name.
struct Description {
  data::Columns columns;
};

/// What to execute: a statement, or a source's scan, into Parquet files of one directory.
struct Job {
  std::variant<Statement, Scan> work;
  std::string out_directory;   ///< absolute, exists, empty; the engine writes part-0.parquet ...
  std::string rejects_path;    ///< file for rejected rows (scans); empty: the policy needs none
  Bytes memory;                ///< reserved by the caller; an engine may use it as a hint
  std::string label;           ///< node name, for messages
  bool order_matters = false;  ///< false: rows may be stored in any order
};

struct JobProgress {
  double fraction = -1;  ///< 0..1; negative: unknown
  std::int64_t rows = 0;
};

/// Of a finished job. Files are written, not yet fsynced: the commit does that.
struct JobResult {
  data::Columns columns;
  std::vector<data::DataFile> files;      ///< absolute paths
  std::optional<data::DataFile> rejects;  ///< absolute path; none when no row was rejected
  std::int64_t rows_in = -1;              ///< -1: not known
  std::int64_t rows_out = 0;
  std::int64_t rows_rejected = 0;
  Bytes peak_memory, spilled;
  std::chrono::nanoseconds cpu{0}, wall{0};
};

struct JobState {
  enum class State { kRunning, kDone, kFailed };
  State state = State::kRunning;
  JobProgress progress;
  std::optional<JobResult> result;  ///< kDone
  Status error;                     ///< kFailed; kCancelled after Cancel
};

using JobId = Id<struct JobTag>;

/// Streams the rows of a query. One thread at a time.
class RowStream {
 public:
  virtual ~RowStream() = default;
  virtual data::SchemaRef schema() const = 0;
  virtual const data::Columns& columns() const = 0;
  virtual Result<data::Batch> Next() = 0;  ///< null at the end
};

/// Executes table work. Implementations: engines/duckdb (embedded); later engines/spark.
/// Thread-safe. Asynchronous: Submit returns at once, `wake` is called when a job has ended. A
/// JobId can be polled by another process where the engine is a server; the embedded engine's jobs
/// end with the process.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;  ///< "duckdb"
  virtual std::string version()
      const = 0;  ///< "1.5.6"; its major and minor number are part of recipe keys

  /// Fills in what a scan leaves open (dialect, names, types), from a sample of the files.
  virtual Result<Scan> Complete(Scan scan) = 0;
  /// After this call only these files and directories can be read or written, for the life of the
  /// engine. Must be called once before Submit or Query; Complete and Describe work before and
  /// after it.
  virtual Status Confine(const std::vector<std::string>& directories) = 0;

  virtual Result<Description> Describe(const Statement& statement) = 0;
  virtual Result<JobId> Submit(Job job, Wake wake) = 0;
  virtual Result<JobState> Poll(const JobId& job) = 0;
  virtual Status Cancel(const JobId& job) = 0;

  /// Reads rows without storing them; columns may be of any type that Arrow holds. A destroyed
  /// stream stops the query.
  virtual Result<std::unique_ptr<RowStream>> Query(const Statement& statement,
                                                   std::stop_token stop) = 0;
};

}  // namespace thalweg::component
