#include "apps/latchkey/data_lock.h"

namespace latchkey::app {

Result<FileLock> lock_data(const std::filesystem::path& folder) {
  auto lock = FileLock::acquire(folder / "lock", std::chrono::milliseconds(0), {});
  if (!lock && lock.error().code == Code::busy)
    return fail(Code::configuration_invalid, "data: another latchkey serve runs on this folder");
  if (!lock && lock.error().code == Code::permission_denied)
    return fail(Code::permission_denied, "the lock file of the data folder cannot be opened");
  return lock;
}

}  // namespace latchkey::app
