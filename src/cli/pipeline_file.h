#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "cli/context.h"
#include "runs/executor.h"

namespace thalweg::cli {

/// The pipeline files of a directory: names that end like one and whose text has the key `thalweg`
/// at the top, sorted.
Result<std::vector<std::string>> PipelineFilesIn(FileSystem& files, const std::string& directory);

/// What a command that takes `[FILE] [SEL...]` works on: the file named, else the only one of the
/// working directory. Every error means "the pipeline file is missing or wrong".
Result<runs::RunRequest> ChoosePipeline(const Context& context,
                                        const std::vector<std::string>& words);

/// The same command line for another command, for advice: `thalweg run flights.yaml --param
/// data=x`.
std::string Again(const Context& context, std::string_view command,
                  const std::vector<std::string>& words);

/// What to type when the mistakes are mended: Again, but without parameters that were wrong
/// themselves.
std::string AfterMending(const Context& context, std::string_view command,
                         const std::vector<std::string>& words, const Diagnostics& mistakes);

}  // namespace thalweg::cli
