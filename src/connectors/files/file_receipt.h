#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "component/target.h"
#include "connectors/files/file_sink.h"

namespace thalweg::connectors {

/// Proof of a prepared epoch of a files target, as JSON:
///   {"v":1, "path":"/out/r.parquet", "temp":"/out/.r.parquet.….tmp", "bytes":…, "rows":…,
///   "xxh3":"…", "mtime_ns":…}
/// and for a directory, with sizes and rows as totals:
///   {"v":1, "path":"/out/parts", "temp":"…", "bytes":…, "rows":…, "parts":[{"name":"part-0.csv",
///   "bytes":…, "rows":…, …}]}
/// With "append": "<tag>", the parts are added to the directory.
struct FileReceipt {
  std::string path;  ///< absolute, without a '/' at its end
  std::string temp;  ///< beside it: what is to become it
  bool directory = false;
  bool append = false;  ///< the parts are added to the directory (appended_files.h)
  std::string tag;      ///< append: of the writer, in the hidden names
  std::vector<std::pair<std::string, FileProof>> parts;  ///< one without a name for a file

  Bytes size() const;
  std::int64_t rows() const;
  std::string ToJson() const;
};

/// kCorrupt: not written by ToJson.
Result<FileReceipt> ParseReceipt(const component::Receipt& receipt);

}  // namespace thalweg::connectors
