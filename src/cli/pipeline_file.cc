#include "cli/pipeline_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/arguments.h"

namespace thalweg::cli {
namespace {

/// A look at the beginning is enough: the key comes first.
constexpr std::size_t kLookAt = 64 * 1024;

bool LooksLikePipeline(FileSystem& files, const std::string& path) {
  auto file = files.OpenForRead(path);
  if (!file.ok()) return false;
  std::string head(kLookAt, '\0');
  const auto read = (*file)->ReadAt(0, head);
  if (!read.ok()) return false;
  head.resize(*read);
  if (path.ends_with(".json")) return head.find("\"thalweg\"") != std::string::npos;
  for (std::string_view key : {"thalweg:", "\"thalweg\":", "'thalweg':"}) {
    if (head.starts_with(key) || head.starts_with("\xEF\xBB\xBF" + std::string(key)) ||
        head.find("\n" + std::string(key)) != std::string::npos) {
      return true;
    }
  }
  return false;
}

Result<std::string> OnlyFileHere(const Context& context) {
  TW_ASSIGN_OR_RETURN(const auto found, PipelineFilesIn(context.files(), "."));
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Status::Invalid("there is no pipeline file here")
        .WithSlug("no-pipeline-file")
        .WithHint(fmt::format("name one: thalweg {} FILE.yaml, or make one: thalweg init",
                              context.command().name));
  }
  return Status::Invalid(
             fmt::format("there are several pipeline files here: {}", fmt::join(found, ", ")))
      .WithSlug("several-pipeline-files")
      .WithHint(
          fmt::format("name one: thalweg {} {}", context.command().name, ShellWord(found.front())));
}

Status Unreadable(const Context& context, const std::string& file, const Status& error) {
  if (error.code() != Code::kNotFound) return error.WithSlug("unreadable-pipeline-file");
  std::vector<std::string> here;
  if (auto found = PipelineFilesIn(context.files(), "."); found.ok()) here = *found;
  const std::string near = here.size() == 1 ? here.front() : Nearest(file, here);
  return Status::Invalid(fmt::format("there is no file {}", file))
      .WithSlug("no-pipeline-file")
      .WithHint(near.empty() ? "make one: thalweg init"
                             : fmt::format("did you mean: thalweg {} {}", context.command().name,
                                           ShellWord(near)));
}

}  // namespace

Result<std::vector<std::string>> PipelineFilesIn(FileSystem& files, const std::string& directory) {
  TW_ASSIGN_OR_RETURN(const auto names, files.List(directory));
  std::vector<std::string> found;
  for (const auto& name : names) {
    if (name.front() == '.' || !IsPipelineFile(name)) continue;
    if (LooksLikePipeline(files, JoinPath(directory, name))) found.push_back(name);
  }
  return found;
}

Result<runs::RunRequest> ChoosePipeline(const Context& context,
                                        const std::vector<std::string>& words) {
  FileAndSelection split = SplitWords(words);
  if (split.file.empty()) {
    for (const auto& word : split.selection) {
      if (context.files().Stat(word).ok() && word.find_first_of("./") != std::string::npos) {
        return Status::Invalid(fmt::format("{} is no pipeline file: the name of one ends in .yaml, "
                                           ".yml or .json",
                                           word))
            .WithSlug("no-pipeline-file")
            .WithHint(fmt::format("thalweg {} takes a pipeline file and names of its nodes",
                                  context.command().name));
      }
    }
    TW_ASSIGN_OR_RETURN(split.file, OnlyFileHere(context));
  }
  runs::RunRequest request;
  request.file = split.file;
  request.selection = std::move(split.selection);
  request.params = context.options().params;
  auto text = ReadFile(context.files(), request.file);
  if (!text.ok()) return Unreadable(context, request.file, text.status());
  request.text = *std::move(text);
  return request;
}

std::string Again(const Context& context, std::string_view command,
                  const std::vector<std::string>& words) {
  std::string line = fmt::format("thalweg {}", command);
  for (const auto& word : words) line += " " + ShellWord(word);
  for (const auto& [name, value] : context.options().params) {
    line += " --param " + ShellWord(name + "=" + value);
  }
  return line;
}

std::string AfterMending(const Context& context, std::string_view command,
                         const std::vector<std::string>& words, const Diagnostics& mistakes) {
  for (const auto& mistake : mistakes.all()) {
    if (mistake.slug != "unknown-parameter" && mistake.slug != "bad-parameter") continue;
    if (context.options().params.empty()) continue;
    std::string line = fmt::format("thalweg {}", command);
    for (const auto& word : words) line += " " + ShellWord(word);
    return line + " --param NAME=VALUE";
  }
  return Again(context, command, words);
}

}  // namespace thalweg::cli
