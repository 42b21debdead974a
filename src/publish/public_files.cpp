#include "publish/public_files.h"

#include <sys/stat.h>

#include "base/atomic_file.h"

namespace latchkey::publish {
namespace {

constexpr mode_t readable_by_all = 0644;
constexpr mode_t enterable_by_all = 0755;

// Whatever the umask is: what is served is signed or encrypted, and a web server that cannot read it serves nothing.
Status open_up(const std::filesystem::path& path, mode_t mode) {
  return ::chmod(path.c_str(), mode) == 0 ? Status()
                                          : fail(Code::permission_denied, "the mode of a file that is served");
}

}  // namespace

Status write_public_file(const std::filesystem::path& path, ByteView contents) {
  TRY_DO(write_file_atomically(path, contents));
  return open_up(path, readable_by_all);
}

Status create_public_file(const std::filesystem::path& path, ByteView contents) {
  TRY_DO(create_file_atomically(path, contents));
  return open_up(path, readable_by_all);
}

Status create_public_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return {};
  TRY_DO(create_public_folder(folder.parent_path()));
  TRY_DO(create_private_folder(folder));
  return open_up(folder, enterable_by_all);
}

}  // namespace latchkey::publish
