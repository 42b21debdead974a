// One server per data folder: a lock on `lock` in it, gone with the process however it ends.
#pragma once

#include "base/file_lock.h"

namespace latchkey::app {

// Fails: configuration_invalid (another server runs on this folder), permission_denied, storage_failed.
Result<FileLock> lock_data(const std::filesystem::path& folder);

}  // namespace latchkey::app
