#include "catalog/fault_vfs.h"

#ifndef THALWEG_TEST_HOOKS

namespace thalweg::catalog {
const char* CatalogVfs() {
  return nullptr;
}
}  // namespace thalweg::catalog

#else

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "base/posix_file_system.h"
#include "base/unique_fd.h"

namespace thalweg::catalog {
namespace {

constexpr const char* kName = "thalweg-fault";

std::atomic<std::int64_t> syncs{0};
std::atomic<FaultLayer*> layer_of_test{nullptr};

FaultLayer* Layer() {
  FaultLayer* const layer = layer_of_test.load();
  return layer != nullptr ? layer : ActiveFaultLayer();
}

ino_t InodeOf(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

/// Undoes run when the process is about to die. Not before: closing any descriptor of a file drops
/// the locks that SQLite holds on it in this process, so nothing here opens the database while it
/// is in use.
class RestoreBytes : public FaultLayer::Undo {
 public:
  RestoreBytes(std::string path, ino_t inode, sqlite3_int64 offset, std::string bytes,
               sqlite3_int64 size)
      : path_(std::move(path)),
        inode_(inode),
        offset_(offset),
        bytes_(std::move(bytes)),
        size_(size) {}

  void Run() override {
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    // Another file of this name: the one that was written is gone, and its bytes with it.
    if (!fd || InodeOf(path_) != inode_) return;
    TW_CHECK(::pwrite(fd.get(), bytes_.data(), bytes_.size(), offset_) ==
             static_cast<ssize_t>(bytes_.size()));
    TW_CHECK(::ftruncate(fd.get(), size_) == 0);
  }

 private:
  const std::string path_;
  const ino_t inode_;
  const sqlite3_int64 offset_;
  const std::string bytes_;
  const sqlite3_int64 size_;
};

class RemoveCreated : public FaultLayer::Undo {
 public:
  explicit RemoveCreated(std::string path) : path_(std::move(path)) {}
  void Run() override { ::unlink(path_.c_str()); }

 private:
  const std::string path_;
};

class RestoreRemoved : public FaultLayer::Undo {
 public:
  RestoreRemoved(std::string path, std::string bytes)
      : path_(std::move(path)), bytes_(std::move(bytes)) {}
  void Run() override {
    const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    TW_CHECK(fd && ::write(fd.get(), bytes_.data(), bytes_.size()) ==
                       static_cast<ssize_t>(bytes_.size()));
  }

 private:
  const std::string path_;
  const std::string bytes_;
};

/// SQLite's file with what the shim knows of it. The real file's bytes follow this struct.
struct ShimFile {
  sqlite3_file base;
  std::string* path;  // null: a temporary file that nobody crashes over
  ino_t inode;
  bool owes_directory;  // SQLite syncs the directory with the first sync of a journal or WAL that
                        // it may have made
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

ShimFile* Shim(sqlite3_file* file) {
  return reinterpret_cast<ShimFile*>(file);
}
sqlite3_file* Real(sqlite3_file* file) {
  return Shim(file)->real();
}

sqlite3_vfs* RealVfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}

FaultLayer* LayerFor(sqlite3_file* file) {
  return Shim(file)->path != nullptr ? Layer() : nullptr;
}

/// What SQLite's own VFS would return and leave in errno.
int Report(const Status& fault, int code) {
  const bool full = fault.code() == Code::kDiskFull;
  errno = full ? ENOSPC : EIO;
  return full && code == SQLITE_IOERR_WRITE ? SQLITE_FULL : code;
}

/// The file's bytes in [offset, end).
std::string ReadBytes(sqlite3_file* real, sqlite3_int64 offset, sqlite3_int64 end) {
  std::string bytes(static_cast<std::size_t>(std::max<sqlite3_int64>(0, end - offset)), '\0');
  if (!bytes.empty()) {
    TW_CHECK(real->pMethods->xRead(real, bytes.data(), static_cast<int>(bytes.size()), offset) ==
             SQLITE_OK);
  }
  return bytes;
}

std::unique_ptr<FaultLayer::Undo> KeepBytes(sqlite3_file* file, sqlite3_int64 offset,
                                            sqlite3_int64 end) {
  sqlite3_file* const real = Real(file);
  sqlite3_int64 size = 0;
  TW_CHECK(real->pMethods->xFileSize(real, &size) == SQLITE_OK);
  std::string bytes = ReadBytes(real, offset, std::min(end, size));
  return std::make_unique<RestoreBytes>(*Shim(file)->path, Shim(file)->inode, offset,
                                        std::move(bytes), size);
}

int Close(sqlite3_file* file) {
  const int code = Real(file)->pMethods->xClose(Real(file));
  delete Shim(file)->path;
  Shim(file)->path = nullptr;
  return code;
}

int Read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), to, amount, offset);
}

int Write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  FaultLayer* const layer = LayerFor(file);
  if (layer == nullptr) return Real(file)->pMethods->xWrite(Real(file), from, amount, offset);
  const std::string& path = *Shim(file)->path;
  const Status fault = layer->Before("sqlite-write", path);
  if (!fault.ok()) return Report(fault, SQLITE_IOERR_WRITE);
  auto undo = KeepBytes(file, offset, offset + amount);
  const int code = Real(file)->pMethods->xWrite(Real(file), from, amount, offset);
  layer->Did(path, std::move(undo));
  return code;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  FaultLayer* const layer = LayerFor(file);
  if (layer == nullptr) return Real(file)->pMethods->xTruncate(Real(file), size);
  const std::string& path = *Shim(file)->path;
  const Status fault = layer->Before("sqlite-truncate", path);
  if (!fault.ok()) return Report(fault, SQLITE_IOERR_TRUNCATE);
  sqlite3_int64 old = 0;
  TW_CHECK(Real(file)->pMethods->xFileSize(Real(file), &old) == SQLITE_OK);
  auto undo = KeepBytes(file, size, old);
  const int code = Real(file)->pMethods->xTruncate(Real(file), size);
  layer->Did(path, std::move(undo));
  return code;
}

int Sync(sqlite3_file* file, int flags) {
  const bool owes_directory = std::exchange(Shim(file)->owes_directory, false);
  syncs.fetch_add(owes_directory ? 2 : 1);
  FaultLayer* const layer = LayerFor(file);
  if (layer == nullptr) return Real(file)->pMethods->xSync(Real(file), flags);
  const std::string& path = *Shim(file)->path;
  const Status fault = layer->Before("sqlite-sync", path);
  if (!fault.ok()) return Report(fault, SQLITE_IOERR_FSYNC);
  const int code = Real(file)->pMethods->xSync(Real(file), flags);
  if (code != SQLITE_OK) return code;
  layer->Synced(path);
  if (owes_directory) layer->Synced(ParentPath(path));
  return code;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* held) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), held);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file* file) {
  return Real(file)->pMethods->xSectorSize(Real(file));
}
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return Real(file)->pMethods->xShmMap(Real(file), region, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Version 2: SQLite then never maps the database into memory, so every change passes through Write.
constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* const shim = new (file) ShimFile{};
  const bool named =
      name != nullptr &&
      (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  FaultLayer* const layer = named ? Layer() : nullptr;
  const bool creates =
      layer != nullptr && (flags & SQLITE_OPEN_CREATE) != 0 && ::access(name, F_OK) != 0;
  if (creates) {
    const Status fault = layer->Before("sqlite-create", name);
    if (!fault.ok()) return Report(fault, SQLITE_CANTOPEN);
  }
  const int code = RealVfs()->xOpen(RealVfs(), name, shim->real(), flags, flags_out);
  // Without methods SQLite knows that there is nothing to close.
  if (shim->real()->pMethods != nullptr) shim->base.pMethods = &kMethods;
  if (code != SQLITE_OK) return code;
  if (named) {
    shim->path = new std::string(name);
    shim->inode = InodeOf(name);
    shim->owes_directory = (flags & SQLITE_OPEN_MAIN_DB) == 0 && (flags & SQLITE_OPEN_CREATE) != 0;
  }
  if (creates) layer->Did(ParentPath(name), std::make_unique<RemoveCreated>(name));
  return code;
}

int Delete(sqlite3_vfs*, const char* name, int sync_directory) {
  FaultLayer* const layer = Layer();
  if (layer == nullptr || ::access(name, F_OK) != 0) {
    return RealVfs()->xDelete(RealVfs(), name, sync_directory);
  }
  const Status fault = layer->Before("sqlite-delete", name);
  if (!fault.ok()) return Report(fault, SQLITE_IOERR_DELETE);
  // Only journals and the WAL are removed, and SQLite keeps no locks on those.
  auto bytes = ReadFile(*MakePosixFileSystem(), name);
  TW_CHECK(bytes.ok());
  const int code = RealVfs()->xDelete(RealVfs(), name, sync_directory);
  layer->Did(ParentPath(name), std::make_unique<RestoreRemoved>(name, *std::move(bytes)));
  if (sync_directory != 0 && code == SQLITE_OK) {
    syncs.fetch_add(1);
    layer->Synced(ParentPath(name));
  }
  return code;
}

/// Everything that changes no file is SQLite's own, called with its own vfs pointer.
sqlite3_vfs MakeVfs() {
  sqlite3_vfs vfs = *RealVfs();
  vfs.zName = kName;
  vfs.pNext = nullptr;
  vfs.szOsFile = static_cast<int>(sizeof(ShimFile)) + RealVfs()->szOsFile;
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  return vfs;
}

}  // namespace

const char* CatalogVfs() {
  static const bool registered = [] {
    static sqlite3_vfs vfs = MakeVfs();
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  TW_CHECK(registered);
  return kName;
}

std::int64_t CatalogSyncs() {
  return syncs.load();
}
void SetCatalogFaultLayer(FaultLayer* layer) {
  layer_of_test.store(layer);
}

}  // namespace thalweg::catalog

#endif
