#include "base/testing/temp_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace thalweg {
inline namespace base {

TempDirectory::TempDirectory() {
  const char* const parent = std::getenv("TMPDIR");
  path_ = JoinPath(parent == nullptr || *parent == '\0' ? "/tmp" : parent, "thalweg-test-XXXXXX");
  TW_CHECK(::mkdtemp(path_.data()) != nullptr);
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDirectory::Write(std::string_view name, std::string_view bytes) const {
  const std::string path = *this / name;
  std::filesystem::create_directories(ParentPath(path));
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  TW_CHECK(file.good());
  return path;
}

}  // namespace base
}  // namespace thalweg
