#include "base/fault_file_system.h"

#ifdef THALWEG_TEST_HOOKS

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/unique_fd.h"
#include "base/unsynced_changes.h"

namespace thalweg {
inline namespace base {
namespace {

using Kind = FaultPlan::Kind;

[[noreturn]] void Die() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

/// A power cut keeps a descriptor for everything that is not synced.
void AllowManyFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace

class FaultFileSystem::Controller : public FaultLayer {
 public:
  explicit Controller(FaultPlan plan) : plan_(std::move(plan)) {
    if (plan_.kind == Kind::kPowerCut) AllowManyFiles();
    if (plan_.kind == Kind::kTrace && !plan_.file.empty()) {
      trace_file_ =
          UniqueFd(::open(plan_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    }
  }

  Status Before(std::string_view operation, const std::string& path) override {
    const auto lock = Lock();
    return Count(operation, path);
  }

  void Did(const std::string& path, std::unique_ptr<Undo> undo) override {
    const auto lock = Lock();
    if (UnsyncedChanges* const changes = unsynced()) changes->Add(path, std::move(undo));
  }

  void Synced(const std::string& path) override {
    const auto lock = Lock();
    if (UnsyncedChanges* const changes = unsynced()) changes->Synced(path);
  }

  void Point(std::string_view name) {
    const auto lock = Lock();
    // Nothing can fail here: a fault that falls on a point has no effect.
    static_cast<void>(Count("point", std::string(name)));
    if (name == plan_.point && ++passed_ == plan_.point_nth) Die();
  }

  /// Held over the whole of an operation; never given back once the power is cut.
  std::unique_lock<std::mutex> Lock() const { return std::unique_lock(mutex_); }

  // The rest is called with the lock.

  Status Count(std::string_view operation, const std::string& path) {
    ++operations_;
    Note(operation, path);
    const bool hit = operations_ == plan_.at || (plan_.onward && operations_ > plan_.at);
    if (!hit) return Status::Ok();
    const auto fault = [&](int error) {
      return Status::FromErrno(error, fmt::format("injected fault operation={} n={} path={}",
                                                  operation, operations_, path));
    };
    switch (plan_.kind) {
      case Kind::kKill:
        Die();
      case Kind::kPowerCut:
        unsynced_.Undo(plan_.at);
        Die();
      case Kind::kFail:
        return fault(EIO);
      case Kind::kNoSpace:
        return fault(ENOSPC);
      case Kind::kNone:
      case Kind::kCount:
      case Kind::kTrace:
        break;
    }
    return Status::Ok();
  }

  /// Null when no power cut is planned: then nothing has to be remembered.
  UnsyncedChanges* unsynced() { return plan_.kind == Kind::kPowerCut ? &unsynced_ : nullptr; }
  std::int64_t operations() const { return operations_; }
  const std::vector<std::string>& trace() const { return trace_; }
  const FaultPlan& plan() const { return plan_; }

  /// Counts, does and, in front of a power cut, remembers one change. `before` gets the
  /// UnsyncedChanges and returns its Record, `real` does it.
  template <typename BeforeChange, typename Real>
  Status Change(std::string_view operation, const std::string& path, BeforeChange before,
                Real real) {
    const auto lock = Lock();
    TW_RETURN_IF_ERROR(Count(operation, path));
    const UnsyncedChanges::Record record = unsynced() ? before(*unsynced()) : nullptr;
    Status status = real();
    if (status.ok() && record) record();
    return status;
  }

  template <typename Real>
  Status Sync(std::string_view operation, const std::string& path, Real real) {
    const auto lock = Lock();
    TW_RETURN_IF_ERROR(Count(operation, path));
    Status status = real();
    if (status.ok() && unsynced()) unsynced()->Synced(path);
    return status;
  }

 private:
  void Note(std::string_view operation, const std::string& path) {
    if (plan_.kind != Kind::kTrace) return;
    trace_.push_back(fmt::format("{} {}", operation, path));
    if (!trace_file_) return;
    const std::string line = fmt::format("{} {}\n", operations_, trace_.back());
    TW_CHECK(::write(trace_file_.get(), line.data(), line.size()) ==
             static_cast<ssize_t>(line.size()));
  }

  const FaultPlan plan_;
  mutable std::mutex mutex_;
  std::int64_t operations_ = 0;
  std::int64_t passed_ = 0;
  UnsyncedChanges unsynced_;
  std::vector<std::string> trace_;
  UniqueFd trace_file_;
};

class FaultFileSystem::File : public WritableFile {
 public:
  File(Controller& controller, std::string path, std::unique_ptr<WritableFile> real,
       UnsyncedChanges::ContentRef content)
      : controller_(controller),
        path_(std::move(path)),
        real_(std::move(real)),
        content_(std::move(content)) {}

  Status Append(std::string_view bytes) override {
    const auto lock = controller_.Lock();
    TW_RETURN_IF_ERROR(broken_);
    const Status fault = controller_.Count("append", path_);
    // A full disk takes what still fits.
    if (!fault.ok() && fault.code() == Code::kDiskFull) bytes = bytes.substr(0, bytes.size() / 2);
    if (fault.ok() || fault.code() == Code::kDiskFull) {
      if (UnsyncedChanges* const changes = controller_.unsynced()) changes->BeforeAppend(content_);
      TW_RETURN_IF_ERROR(real_->Append(bytes));
    }
    return broken_ = fault;
  }

  Status Sync() override {
    const auto lock = controller_.Lock();
    TW_RETURN_IF_ERROR(broken_);
    broken_ = controller_.Count("sync", path_);
    TW_RETURN_IF_ERROR(broken_);
    TW_RETURN_IF_ERROR(real_->Sync());
    if (UnsyncedChanges* const changes = controller_.unsynced()) changes->FileSynced(content_);
    return Status::Ok();
  }

  Status Close() override { return real_->Close(); }

 private:
  Controller& controller_;
  const std::string path_;
  const std::unique_ptr<WritableFile> real_;
  const UnsyncedChanges::ContentRef content_;  // null when no power cut is planned
  Status broken_;                              // as in a real file, a failure stays
};

FaultFileSystem::FaultFileSystem(FileSystem& real, FaultPlan plan)
    : real_(real), controller_(std::make_unique<Controller>(std::move(plan))) {}

FaultFileSystem::~FaultFileSystem() = default;

FaultLayer& FaultFileSystem::layer() {
  return *controller_;
}

std::int64_t FaultFileSystem::operations() const {
  const auto lock = controller_->Lock();
  return controller_->operations();
}

std::vector<std::string> FaultFileSystem::Trace() const {
  const auto lock = controller_->Lock();
  return controller_->trace();
}

void FaultFileSystem::WriteCount() const {
  if (controller_->plan().kind != Kind::kCount) return;
  const std::string text = fmt::format("{}\n", operations());
  const UniqueFd file(
      ::open(controller_->plan().file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  TW_CHECK(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

Result<std::unique_ptr<WritableFile>> FaultFileSystem::Create(const std::string& path) {
  std::unique_ptr<WritableFile> file;
  TW_RETURN_IF_ERROR(controller_->Change(
      "create", path, [&](UnsyncedChanges& changes) { return changes.BeforeCreate(path); },
      [&]() -> Status {
        TW_ASSIGN_OR_RETURN(file, real_.Create(path));
        return Status::Ok();
      }));
  const auto lock = controller_->Lock();
  UnsyncedChanges* const changes = controller_->unsynced();
  return std::make_unique<File>(*controller_, path, std::move(file),
                                changes != nullptr ? changes->ContentOf(path) : nullptr);
}

Result<std::unique_ptr<ReadableFile>> FaultFileSystem::OpenForRead(const std::string& path) {
  return real_.OpenForRead(path);
}

Result<FileInfo> FaultFileSystem::Stat(const std::string& path) {
  return real_.Stat(path);
}

Result<std::vector<std::string>> FaultFileSystem::List(const std::string& directory) {
  return real_.List(directory);
}

Result<std::vector<DirectoryEntry>> FaultFileSystem::ListEntries(const std::string& directory) {
  return real_.ListEntries(directory);
}

Status FaultFileSystem::MakeDirectory(const std::string& path) {
  return controller_->Change(
      "mkdir", path, [&](UnsyncedChanges& changes) { return changes.BeforeMakeDirectory(path); },
      [&] { return real_.MakeDirectory(path); });
}

Status FaultFileSystem::Rename(const std::string& from, const std::string& to) {
  return controller_->Change(
      "rename", to, [&](UnsyncedChanges& changes) { return changes.BeforeRename(from, to); },
      [&] { return real_.Rename(from, to); });
}

Status FaultFileSystem::Exchange(const std::string& a, const std::string& b) {
  return controller_->Change(
      "exchange", a, [&](UnsyncedChanges& changes) { return changes.BeforeExchange(a, b); },
      [&] { return real_.Exchange(a, b); });
}

Status FaultFileSystem::Remove(const std::string& path) {
  return controller_->Change(
      "remove", path, [&](UnsyncedChanges& changes) { return changes.BeforeRemove(path); },
      [&] { return real_.Remove(path); });
}

Status FaultFileSystem::SyncFile(const std::string& path) {
  return controller_->Sync("sync-file", path, [&] { return real_.SyncFile(path); });
}

Status FaultFileSystem::SyncDirectory(const std::string& path) {
  return controller_->Sync("sync-directory", path, [&] { return real_.SyncDirectory(path); });
}

void FaultFileSystem::WillWriteOutside(const std::string& path) {
  const auto lock = controller_->Lock();
  // The announcement cannot fail; what the library writes then is not ours to fail.
  static_cast<void>(controller_->Count("write-outside", path));
  if (UnsyncedChanges* const changes = controller_->unsynced()) changes->WillWriteOutside(path);
}

void FaultFileSystem::Point(std::string_view name) {
  controller_->Point(name);
}

}  // namespace base
}  // namespace thalweg

#endif  // THALWEG_TEST_HOOKS
