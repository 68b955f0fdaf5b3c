#include "catalog/network_file_system.h"

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/file_system.h"

namespace thalweg::catalog {
namespace {

struct Magic {
  std::uint64_t number;
  std::string_view name;
};

// statfs(2) and linux/magic.h, and the vendors' own headers.
constexpr auto kNetwork = std::to_array<Magic>({
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB2"},
    {0x564C, "NCP"},
    {0x01021997, "9p"},
    {0x5346414F, "AFS"},
    {0x6B414653, "AFS"},
    {0x73757245, "Coda"},
    {0x00C36400, "Ceph"},
    {0x0BD00BD0, "Lustre"},
    {0x47504653, "GPFS"},
    {0x7461636F, "OCFS2"},
    {0x01161970, "GFS2"},
    {0x19830326, "BeeGFS"},
    {0xAAD7AAEA, "PanFS"},
    {0x20030528, "OrangeFS"},
    {0x786F4256, "VirtualBox shared folder"},
    {0xBACBACBC, "VMware shared folder"},
});
constexpr std::uint64_t kFuse = 0x65735546;

/// The type of the mount that `device` belongs to: "ext4", "fuse.sshfs"; empty when it cannot be
/// found.
std::string MountType(dev_t device) {
  // A line: id parent major:minor root mount-point options [optional fields] - type source options
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string id, parent, numbers, word, type;
    words >> id >> parent >> numbers;
    if (numbers != wanted) continue;
    while (words >> word && word != "-") {
    }
    words >> type;
    return type;
  }
  return {};
}

}  // namespace

std::optional<std::string> NetworkFileSystemName(std::uint64_t magic, std::string_view mounted_as) {
  // FUSE with a block device (ntfs-3g, exfat) is a disk; everything else may live anywhere.
  if (magic == kFuse && mounted_as != "fuseblk") {
    return mounted_as.empty() ? "FUSE" : std::string(mounted_as);
  }
  const auto found = std::find_if(kNetwork.begin(), kNetwork.end(),
                                  [&](const Magic& known) { return known.number == magic; });
  if (found == kNetwork.end()) return std::nullopt;
  return std::string(found->name);
}

Status RefuseNetworkFileSystem(const std::string& path) {
  std::string existing = path;
  struct statfs system {};
  while (::statfs(existing.c_str(), &system) != 0) {
    if (errno == EINTR) continue;
    const std::string parent = ParentPath(existing);
    if ((errno != ENOENT && errno != ENOTDIR) || parent == existing) {
      return Status::FromErrno(errno, fmt::format("cannot look at the file system path={}", path));
    }
    existing = parent;
  }
  // f_type is signed and of another width on some machines; the magic numbers are 32 bits.
  const auto magic = static_cast<std::uint64_t>(static_cast<std::uint32_t>(system.f_type));
  std::string mounted_as;
  struct stat info {};
  if (magic == kFuse && ::stat(existing.c_str(), &info) == 0) mounted_as = MountType(info.st_dev);
  const auto name = NetworkFileSystemName(magic, mounted_as);
  if (!name) return Status::Ok();
  return Status(
             Code::kRefused,
             fmt::format("the home would lie on a network file system ({}) path={}", *name, path))
      .WithSlug("network-file-system")
      .WithHint("choose a directory on a local disk with --home or THALWEG_HOME");
}

}  // namespace thalweg::catalog
