#pragma once

#include <memory>
#include <string>

#include "component/target.h"
#include "connectors/files/file_receipt.h"
#include "connectors/files/file_sink.h"

namespace thalweg::connectors {

/// Where a writer puts what, and what it is to become.
struct FilesWriterPlan {
  FilesTargetBody body;
  data::SchemaRef schema;
  std::string identity;
  std::string path, temp;  ///< FileReceipt
};

/// ".csv.gz".
std::string PartEnding(const FilesTargetBody& body);
/// "part-00000.csv.gz".
std::string PartName(const FilesTargetBody& body, std::size_t number);

/// Creates the file, or the directory, under its temporary name.
Result<std::unique_ptr<component::Writer>> OpenFilesWriter(FileSystem& files, FilesWriterPlan plan);

}  // namespace thalweg::connectors
