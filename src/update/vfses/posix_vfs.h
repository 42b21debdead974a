// The Vfs over a real folder. On Apple systems sync() asks the drive, too (F_FULLFSYNC).
#pragma once

#include <filesystem>

#include "update/vfs.h"

namespace latchkey::update {

// Makes `folder` with mode 0700 if it is missing. Fails: permission_denied, storage_failed, already_exists (a file is
// there).
Result<std::unique_ptr<Vfs>> open_posix_vfs(const std::filesystem::path& folder);
// One file to read, wherever it lies. Symbolic links are not followed. Fails: not_found, permission_denied,
// storage_failed.
Result<std::unique_ptr<File>> open_posix_file(const std::filesystem::path& file);

}  // namespace latchkey::update
