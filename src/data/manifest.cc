#include "data/manifest.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace thalweg::data {
namespace {

// Cuts `text` at its first ':' and returns what stands before; none when there is none.
bool TakePart(std::string_view& text, std::string_view& part) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  part = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return true;
}

bool ReadNumber(std::string_view part, std::int64_t& number) {
  const char* end = part.data() + part.size();
  const auto [stop, error] = std::from_chars(part.data(), end, number);
  return error == std::errc() && stop == end;
}

}  // namespace

// The path comes last, so that it needs no escapes.
std::string FileIdentity::ToString() const {
  return fmt::format("{}:{}:{}:{}", size.value, mtime_ns, content, path);
}

Result<FileIdentity> FileIdentity::Parse(std::string_view text) {
  std::string_view rest = text, size, mtime, content;
  FileIdentity identity;
  const bool good = TakePart(rest, size) && TakePart(rest, mtime) && TakePart(rest, content) &&
                    ReadNumber(size, identity.size.value) && ReadNumber(mtime, identity.mtime_ns);
  if (!good) {
    return Status(Code::kCorrupt,
                  fmt::format("a stored file identity is not readable text=\"{}\"", text));
  }
  identity.content = content;
  identity.path = rest;
  return identity;
}

bool FileIdentity::LooksLike(const FileIdentity& other) const {
  const bool contents_differ =
      !content.empty() && !other.content.empty() && content != other.content;
  return path == other.path && size == other.size && mtime_ns == other.mtime_ns && !contents_differ;
}

}  // namespace thalweg::data
