#include "cli/arguments.h"

#include <charconv>

#include <fmt/format.h>

namespace thalweg::cli {

std::function<std::string(const std::string&)> WholeNumber(std::int64_t least,
                                                           std::int64_t greatest) {
  return [least, greatest](const std::string& text) -> std::string {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && rest == end && number >= least && number <= greatest) return "";
    return fmt::format("it must be a whole number from {} to {}, not \"{}\"", least, greatest,
                       text);
  };
}

bool IsPipelineFile(std::string_view word) {
  return word.ends_with(".yaml") || word.ends_with(".yml") || word.ends_with(".json");
}

std::string CheckPipelineFile(const std::string& word) {
  return IsPipelineFile(word)
             ? ""
             : fmt::format("a pipeline file ends in .yaml, .yml or .json, not \"{}\"", word);
}

FileAndSelection SplitWords(const std::vector<std::string>& words) {
  FileAndSelection split;
  for (const auto& word : words) {
    if (split.file.empty() && IsPipelineFile(word)) {
      split.file = word;
    } else {
      split.selection.push_back(word);
    }
  }
  return split;
}

std::string ShellWord(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace thalweg::cli
