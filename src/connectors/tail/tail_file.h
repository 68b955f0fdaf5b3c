#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/unique_fd.h"
#include "component/source.h"
#include "formats/stream_format.h"

namespace thalweg::connectors {

/// Which file it is, whatever its name. Needs the operating system's own calls: the file system of
/// base/ knows names only.
struct FileKey {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileKey&) const = default;
};
/// None: there is no regular file of this name.
std::optional<FileKey> KeyOfPath(const std::string& path);

/// Where a file stands, as kept in the catalog.
struct TailPlace {
  std::string path;
  FileKey key;
  formats::TextPosition at;
  std::int64_t schema_begin = 0, schema_end = 0;  ///< Arrow: of the stream that `at` lies in
};

/// One file that grows. It is read on under whatever name it has meanwhile, to its end. One thread.
class TailFile {
 public:
  /// None: it is gone. `place.key` none: whatever file has the name. The rest of a file that got
  /// shorter than its place begins at its beginning.
  static Result<std::unique_ptr<TailFile>> Open(const formats::StreamDecoding& decoding,
                                                const std::string& open_path, TailPlace place);

  enum class State { kRows, kAtEnd, kFinished };
  /// kRows: `polled` holds some. kAtEnd: no whole row now. kFinished: after Finish, everything was
  /// given.
  Result<State> Next(Bytes budget, component::Polled* polled);
  /// Nothing will be added: what is left at the end is a row now.
  void Finish() { finishing_ = true; }
  bool finishing() const { return finishing_; }

  TailPlace place() const;
  const std::string& path() const { return place_.path; }
  void set_path(std::string path) { place_.path = std::move(path); }
  const FileKey& key() const { return place_.key; }

 private:
  TailFile(const formats::StreamDecoding& decoding, UniqueFd fd, TailPlace place)
      : decoding_(decoding), fd_(std::move(fd)), place_(std::move(place)) {}
  Status Begin();
  Result<bool> Feed();
  Result<std::string> ReadAt(std::int64_t offset, std::size_t size) const;
  Result<std::size_t> ReadInto(std::int64_t offset, std::span<char> out) const;

  const formats::StreamDecoding& decoding_;
  UniqueFd fd_;
  TailPlace place_;  ///< where it began
  std::unique_ptr<formats::Decoder> decoder_;
  std::int64_t read_ = 0;  ///< bytes of the file that the decoder has
  std::string step_;       ///< room for what is read next; none while there is nothing
  bool finishing_ = false, finished_ = false;
};

}  // namespace thalweg::connectors
