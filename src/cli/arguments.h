#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::cli {

/// For CLI11's check(): empty when the text is a whole number in the range, else what is wrong with
/// it.
std::function<std::string(const std::string&)> WholeNumber(std::int64_t least,
                                                           std::int64_t greatest);

/// Ends in .yaml, .yml or .json.
bool IsPipelineFile(std::string_view word);

/// For check(): empty when it is such a name.
std::string CheckPipelineFile(const std::string& word);

/// `[FILE] [SEL...]`: the file, if there is one, is the only word that ends like one; the rest
/// selects nodes.
struct FileAndSelection {
  std::string file;  ///< as typed; empty: none was given
  std::vector<std::string> selection;
};
FileAndSelection SplitWords(const std::vector<std::string>& words);

/// The word as a shell takes it: in quotes where it must be.
std::string ShellWord(std::string_view word);

}  // namespace thalweg::cli
