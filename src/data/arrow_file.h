#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "base/file_system.h"
#include "base/status.h"

namespace thalweg::data {

/// A file of the seam as Arrow's output stream. Small writes are collected into large ones. One
/// thread. The destructor writes nothing: an unfinished file stays as it is on disk.
class ArrowOutputFile : public arrow::io::OutputStream {
 public:
  explicit ArrowOutputFile(std::unique_ptr<WritableFile> file);
  static Result<std::shared_ptr<ArrowOutputFile>> Create(FileSystem& files,
                                                         const std::string& path);

  arrow::Status Write(const void* data, std::int64_t bytes) override;
  using arrow::io::OutputStream::Write;
  arrow::Status Flush() override;
  arrow::Result<std::int64_t> Tell() const override;
  arrow::Status Close() override;  ///< writes out what is collected; no fsync; idempotent
  bool closed() const override { return closed_; }

  /// Writes out, fsyncs and closes.
  Status SyncAndClose();
  /// From now on writes do nothing: for writers whose destructor would complete the file.
  void Abandon();

 private:
  Status WriteOut();

  std::unique_ptr<WritableFile> file_;
  std::string collected_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  bool abandoned_ = false;
};

/// A file of the seam as Arrow's random access file. ReadAt from several threads; Read and Seek
/// from one.
class ArrowInputFile : public arrow::io::RandomAccessFile {
 public:
  ArrowInputFile(std::unique_ptr<ReadableFile> file, Bytes size);
  static Result<std::shared_ptr<ArrowInputFile>> Open(FileSystem& files, const std::string& path);

  arrow::Result<std::int64_t> GetSize() override { return size_.value; }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position,
                                                       std::int64_t bytes) override;
  using arrow::io::RandomAccessFile::ReadAt;
  arrow::Result<std::int64_t> Read(std::int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t bytes) override;
  arrow::Status Seek(std::int64_t position) override;
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  bool closed() const override { return file_ == nullptr; }

 private:
  std::unique_ptr<ReadableFile> file_;
  const Bytes size_;
  std::int64_t position_ = 0;
};

}  // namespace thalweg::data
