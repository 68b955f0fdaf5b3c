#include "catalog/home.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "catalog/network_file_system.h"

namespace thalweg::catalog {
namespace {

constexpr std::string_view kHomeName = ".thalweg";
constexpr std::string_view kFormatFile = "format";
constexpr std::string_view kLockFile = "lock";
constexpr std::string_view kSpill = "spill";
constexpr auto kDirectories =
    std::to_array<std::string_view>({"tables", "state", "topics", "runs", kSpill});
/// What may lie in a home that has no `format` yet: what creating it can have left.
constexpr auto kLeftovers = std::to_array<std::string_view>({kFormatFile, kLockFile});
constexpr std::string_view kAside = ".tmp-";  // of WriteFileAtomically

constexpr int kLayoutByte = 1;  // of `lock`; byte 0 belongs to the server that owns the home
constexpr int kWholeFile = 0;   // of lock files with one purpose

std::string FormatText() {
  return fmt::format("{}\n", Home::kFormat);
}

bool IsDirectory(FileSystem& files, const std::string& path) {
  const auto info = files.Stat(path);
  return info.ok() && info->type == FileInfo::Type::kDirectory;
}

Status CheckFormat(FileSystem& files, const std::string& path) {
  TW_ASSIGN_OR_RETURN(std::string text,
                      ReadFile(files, JoinPath(path, kFormatFile), Bytes::KiB(4)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  int format = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, format);
  if (parsed.ec != std::errc() || parsed.ptr != end || format < 1) {
    return Status(Code::kCorrupt,
                  fmt::format("the home's format file cannot be read path={}", path))
        .WithHint(fmt::format("restore it, or write {} into it if this version made the home",
                              Home::kFormat));
  }
  if (format > Home::kFormat) {
    return Status::Unsupported(
               fmt::format("the home was made by a newer thalweg path={} format={} known={}", path,
                           format, Home::kFormat))
        .WithSlug("newer-home")
        .WithHint("use the newer program, or another home with --home");
  }
  return Status::Ok();
}

/// A directory that somebody uses for other things must not be turned into a home by a mistyped
/// option.
Status CheckOnlyLeftovers(FileSystem& files, const std::string& path) {
  TW_ASSIGN_OR_RETURN(const auto names, files.List(path));
  for (const std::string& name : names) {
    const bool ours = name.starts_with(kAside) || std::ranges::count(kDirectories, name) > 0 ||
                      std::ranges::count(kLeftovers, name) > 0;
    if (ours) continue;
    return Status(Code::kRefused,
                  fmt::format("the directory is not a home and holds other things path={} name={}",
                              path, name))
        .WithSlug("not-a-home")
        .WithHint("name an empty or a new directory with --home");
  }
  return Status::Ok();
}

Status RemoveLeftovers(FileSystem& files, const std::string& path) {
  TW_ASSIGN_OR_RETURN(const auto names, files.List(path));
  for (const std::string& name : names) {
    if (name.starts_with(kAside)) TW_RETURN_IF_ERROR(files.Remove(JoinPath(path, name)));
  }
  return Status::Ok();
}

bool HasAllDirectories(FileSystem& files, const std::string& path) {
  return std::ranges::all_of(kDirectories, [&](std::string_view name) {
    return IsDirectory(files, JoinPath(path, name));
  });
}

Status MakeLayoutDirectories(FileSystem& files, const std::string& path) {
  for (const std::string_view name : kDirectories) {
    TW_RETURN_IF_ERROR(files.MakeDirectory(JoinPath(path, name)));
  }
  return files.SyncDirectory(path);
}

/// Not std::call_once: a forked child is another process and needs another name.
std::string SpillName() {
  static std::mutex mutex;
  static std::string name;
  static pid_t owner = 0;
  const std::scoped_lock lock(mutex);
  if (owner != ::getpid()) {
    owner = ::getpid();
    name = fmt::format("{}-{}", owner, NewUlid());
  }
  return name;
}

/// Removes spill directories whose lock is free. Called under the layout lock, as all claims are,
/// so that none is seen between being made and being locked.
void SweepSpill(const Home& home) {
  FileSystem& files = home.files();
  const std::string spill = JoinPath(home.path(), kSpill);
  const auto names = files.List(spill);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const std::string directory = JoinPath(spill, name);
    if (directory == home.SpillDirectory()) continue;
    const auto lock = FileLock::TryAcquire(JoinPath(directory, kLockFile), kWholeFile);
    if (!lock.ok() || !*lock) continue;
    // What cannot be removed costs space, no more: the next claim tries again.
    const Status removed = RemoveTree(files, directory);
    if (!removed.ok()) Log(LogLevel::kWarn, "old spill directory: {}", removed.ToString());
  }
}

}  // namespace

std::string Home::Locate(const std::string& directory, const std::string& given) {
  if (!given.empty()) return AbsolutePath(given);
  FileSystem& files = LocalFileSystem();
  const std::string start = AbsolutePath(directory);
  for (std::string at = start;; at = ParentPath(at)) {
    std::string candidate = JoinPath(at, kHomeName);
    if (IsDirectory(files, candidate)) return candidate;
    if (at == "/") return JoinPath(start, kHomeName);
  }
}

bool Home::Exists(FileSystem& files, const std::string& path) {
  return files.Stat(JoinPath(path, kFormatFile)).ok();
}

Result<Home> Home::Open(FileSystem& files, const std::string& path) {
  Home home(files, AbsolutePath(path));
  if (!Exists(files, home.path_)) {
    return Status::NotFound(fmt::format("there is no home here path={}", home.path_))
        .WithSlug("no-home")
        .WithHint(
            "run a pipeline with `thalweg run`, make an empty home with `thalweg init`, or name "
            "one with --home");
  }
  TW_RETURN_IF_ERROR(RefuseNetworkFileSystem(home.path_));
  TW_RETURN_IF_ERROR(CheckFormat(files, home.path_));
  return home;
}

Result<Home> Home::OpenOrCreate(FileSystem& files, const std::string& path) {
  Home home(files, AbsolutePath(path));
  TW_RETURN_IF_ERROR(RefuseNetworkFileSystem(home.path_));
  if (Exists(files, home.path_)) {
    TW_RETURN_IF_ERROR(CheckFormat(files, home.path_));
    // Copies and archives lose empty directories.
    if (!HasAllDirectories(files, home.path_)) {
      TW_RETURN_IF_ERROR(MakeLayoutDirectories(files, home.path_));
    }
    return home;
  }
  if (IsDirectory(files, home.path_)) TW_RETURN_IF_ERROR(CheckOnlyLeftovers(files, home.path_));
  TW_RETURN_IF_ERROR(MakeDirectories(files, home.path_));
  // Also when the directory was there: a process that was killed may have made it and not synced
  // its name.
  TW_RETURN_IF_ERROR(files.SyncDirectory(ParentPath(home.path_)));
  TW_ASSIGN_OR_RETURN(const FileLock lock, home.LockLayout());
  if (Exists(files, home.path_)) {
    TW_RETURN_IF_ERROR(CheckFormat(files, home.path_));
    return home;
  }
  TW_RETURN_IF_ERROR(RemoveLeftovers(files, home.path_));
  TW_RETURN_IF_ERROR(MakeLayoutDirectories(files, home.path_));
  TW_RETURN_IF_ERROR(WriteFileAtomically(files, JoinPath(home.path_, kFormatFile), FormatText()));
  return home;
}

std::string Home::CatalogPath() const {
  return JoinPath(path_, "catalog.db");
}
std::string Home::TablesDirectory() const {
  return JoinPath(path_, "tables");
}

std::string Home::NodeDirectory(const NodeId& node) const {
  TW_CHECK(!node.empty());
  return JoinPath(TablesDirectory(), node.str());
}

std::string Home::AttemptDirectory(const NodeId& node, const AttemptId& attempt) const {
  TW_CHECK(!attempt.empty());
  return JoinPath(NodeDirectory(node), attempt.str());
}

std::string Home::StateDirectory() const {
  return JoinPath(path_, "state");
}

std::string Home::StateDirectory(const NodeId& node, const AttemptId& attempt) const {
  TW_CHECK(!node.empty() && !attempt.empty());
  return JoinPath(JoinPath(StateDirectory(), node.str()), attempt.str());
}

std::string Home::RunDirectory(std::int64_t number) const {
  return JoinPath(path_, fmt::format("runs/{}", number));
}

std::string Home::EvidenceDirectory(std::int64_t number) const {
  return JoinPath(RunDirectory(number), "evidence");
}

std::string Home::SpillDirectory() const {
  return JoinPath(JoinPath(path_, kSpill), SpillName());
}

std::string Home::Relative(const std::string& absolute) const {
  const std::string normal = AbsolutePath(absolute);
  const std::string prefix = path_ == "/" ? path_ : path_ + "/";
  return normal.starts_with(prefix) ? normal.substr(prefix.size()) : normal;
}

std::string Home::Absolute(const std::string& relative) const {
  return JoinPath(path_, relative);
}

Result<FileLock> Home::LockLayout() const {
  return FileLock::Acquire(JoinPath(path_, kLockFile), kLayoutByte);
}

Result<std::unique_ptr<RunLock>> RunLock::TryAcquire(const Home& home, std::int64_t run_number) {
  const std::string directory = home.RunDirectory(run_number);
  TW_RETURN_IF_ERROR(MakeDirectories(home.files(), directory));
  TW_ASSIGN_OR_RETURN(auto lock, FileLock::TryAcquire(JoinPath(directory, kLockFile), kWholeFile));
  if (!lock) return std::unique_ptr<RunLock>();
  return std::unique_ptr<RunLock>(new RunLock(*std::move(lock)));
}

Result<bool> RunLock::IsHeld(const Home& home, std::int64_t run_number) {
  return FileLock::IsHeld(JoinPath(home.RunDirectory(run_number), kLockFile), kWholeFile);
}

Result<std::unique_ptr<SpillClaim>> SpillClaim::Take(const Home& home) {
  TW_ASSIGN_OR_RETURN(const FileLock layout, home.LockLayout());
  SweepSpill(home);
  const std::string directory = home.SpillDirectory();
  TW_RETURN_IF_ERROR(MakeDirectories(home.files(), directory));
  TW_ASSIGN_OR_RETURN(auto lock, FileLock::TryAcquire(JoinPath(directory, kLockFile), kWholeFile));
  if (!lock) {
    return Status(Code::kConflict,
                  fmt::format("this process has claimed its spill directory already path={}",
                              directory))
        .WithFault(Fault::kBug);
  }
  return std::unique_ptr<SpillClaim>(new SpillClaim(home.files(), directory, *std::move(lock)));
}

SpillClaim::~SpillClaim() {
  const Status removed = RemoveTree(files_, path_);
  if (!removed.ok()) Log(LogLevel::kWarn, "spill directory: {}", removed.ToString());
}

}  // namespace thalweg::catalog
