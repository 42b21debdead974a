#include "apps/latchkey/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace latchkey::app {

Result<DataLock> DataLock::take(const std::filesystem::path& folder) {
  const int file = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail(Code::permission_denied, "the lock file of the data folder cannot be opened");
  DataLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0)
    return fail(Code::configuration_invalid, "data: another latchkey serve runs on this folder");
  return lock;
}

DataLock::~DataLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace latchkey::app
