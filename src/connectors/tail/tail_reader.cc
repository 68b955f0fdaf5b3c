#include "connectors/tail/tail_reader.h"

#include <algorithm>

#include "base/log.h"
#include "connectors/streams/decoded_rows.h"
#include "connectors/tail/tail_position.h"

namespace thalweg::connectors {
namespace {

/// The last place in a file of lines where one begins.
Result<std::int64_t> LastLine(FileSystem& files, const std::string& path) {
  constexpr std::int64_t kStep = 64 << 10;
  TW_ASSIGN_OR_RETURN(const auto file, files.OpenForRead(path));
  TW_ASSIGN_OR_RETURN(const Bytes size, file->Size());
  std::int64_t end = size.value;
  while (end > 0) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - kStep);
    std::string text(static_cast<std::size_t>(end - begin), '\0');
    TW_ASSIGN_OR_RETURN(const std::size_t got, file->ReadAt(begin, text));
    text.resize(got);
    const std::size_t found = text.rfind('\n');
    if (found != std::string::npos) return begin + static_cast<std::int64_t>(found) + 1;
    end = begin;
  }
  return 0;
}

/// The name that a file has now, among those beside its old one.
std::string FindByKey(FileSystem& files, const TailPlace& place) {
  const std::string directory = ParentPath(place.path);
  const auto names = files.List(directory);
  if (!names.ok()) return {};
  for (const std::string& name : *names) {
    const std::string path = JoinPath(directory, name);
    if (KeyOfPath(path) == place.key) return path;
  }
  return {};
}

}  // namespace

TailReader::TailReader(const TailBody& body, const component::SourceContext& context)
    : body_(body), context_(context), alarm_(*context.clock) {}

Status TailReader::Begin(const std::vector<TailPlace>& places, bool first_start) {
  TW_ASSIGN_OR_RETURN(const auto listed, List());
  for (const TailPlace& place : places) TW_RETURN_IF_ERROR(Reopen(place, listed));
  for (const auto& [path, key] : listed) {
    if (Reads(key)) continue;
    TailPlace place{.path = path};
    if (first_start && body_.from == "end") {
      TW_ASSIGN_OR_RETURN(place.at.offset, LastLine(*context_.files, path));
    }
    TW_RETURN_IF_ERROR(Add(std::move(place), path));
  }
  return Status::Ok();
}

Status TailReader::Reopen(TailPlace place, const std::vector<Listed>& listed) {
  for (const auto& [path, key] : listed) {
    if (key != place.key) continue;
    place.path = path;
    return Add(std::move(place), path);
  }
  const std::string renamed = FindByKey(*context_.files, place);
  if (renamed.empty()) {
    Log(LogLevel::kWarn, "a file is gone, what was not read of it is lost path={}", place.path);
    return Status::Ok();
  }
  TW_RETURN_IF_ERROR(Add(place, renamed));
  if (!files_.empty() && files_.back()->key() == place.key) files_.back()->Finish();
  return Status::Ok();
}

Status TailReader::Add(TailPlace place, const std::string& open_path) {
  TW_ASSIGN_OR_RETURN(auto file, TailFile::Open(body_.decoding, open_path, std::move(place)));
  if (file) files_.push_back(std::move(file));
  return Status::Ok();
}

Result<std::vector<TailReader::Listed>> TailReader::List() const {
  std::vector<std::string> paths;
  for (const std::string& pattern : body_.tail) {
    std::string path = AbsolutePath(JoinPath(context_.directory, pattern));
    const auto info = context_.files->Stat(path);
    if (info.ok() && info->type == FileInfo::Type::kDirectory) path = JoinPath(path, "*");
    TW_ASSIGN_OR_RETURN(const auto found, Glob(*context_.files, path));
    paths.insert(paths.end(), found.begin(), found.end());
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::vector<Listed> listed;
  for (std::string& path : paths) {
    if (const auto key = KeyOfPath(path)) listed.push_back({std::move(path), *key});
  }
  return listed;
}

bool TailReader::Reads(const FileKey& key) const {
  return std::any_of(files_.begin(), files_.end(),
                     [&](const auto& file) { return file->key() == key; });
}

Result<component::Polled> TailReader::Poll(Bytes budget, const component::Wake& wake) {
  while (true) {
    component::Polled polled;
    TW_ASSIGN_OR_RETURN(const bool rows, ReadRound(budget, &polled));
    if (rows) return polled;
    TW_ASSIGN_OR_RETURN(const bool more, LookAround());
    if (more) continue;
    if (ended_) return component::Polled{};
    if (body_.end_at_eof && !ending_) {
      ending_ = true;
      for (const auto& file : files_) file->Finish();
      continue;
    }
    alarm_.Set(context_.clock->Steady() + body_.look_every, wake);
    return Blocked();
  }
}

Result<bool> TailReader::ReadRound(Bytes budget, component::Polled* polled) {
  for (std::size_t tries = files_.size(); tries > 0; --tries) {
    turn_ = turn_ < files_.size() ? turn_ : 0;
    TW_ASSIGN_OR_RETURN(const TailFile::State state, files_[turn_]->Next(budget, polled));
    if (state == TailFile::State::kFinished && !ending_) {
      files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(turn_));
      continue;
    }
    // A file is read to its end before the next: what is there already comes in the order of names.
    if (state == TailFile::State::kRows) return true;
    ++turn_;
  }
  ended_ = ending_;
  return false;
}

Result<bool> TailReader::LookAround() {
  if (ending_) return false;
  TW_ASSIGN_OR_RETURN(const auto listed, List());
  bool more = false;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const auto& file = files_[i];
    const auto found = std::find_if(listed.begin(), listed.end(),
                                    [&](const Listed& one) { return one.key == file->key(); });
    if (found != listed.end()) {
      file->set_path(found->path);
    } else if (!file->finishing()) {
      file->Finish();
      if (!more) turn_ = i;  // its end comes before what took its place
      more = true;
    }
  }
  for (const auto& [path, key] : listed) {
    if (Reads(key)) continue;
    const std::size_t before = files_.size();
    TW_RETURN_IF_ERROR(Add({.path = path}, path));
    more = more || files_.size() > before;
  }
  return more;
}

component::Position TailReader::At() const {
  std::vector<TailPlace> places;
  for (const auto& file : files_) places.push_back(file->place());
  return ToPosition(places);
}

}  // namespace thalweg::connectors
