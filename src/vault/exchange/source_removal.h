// Deletes the file that records were imported from, once the vault is known to hold them. Crash-safe: it is renamed to
// "<file>.latchkey-deleting" first, so a file of that name is one to delete and nothing else. Overwriting erases what a
// disk that writes in place would keep; flash memory, snapshots and copies may keep it all the same.
#pragma once

#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault {

enum class RemovalStep { renamed, overwritten, unlinked };
using OnRemovalStep = std::function<void(RemovalStep)>;

// Refuses a file that is not what was read: `contents`, a regular file of one name, not a symbolic link. Fails:
// conflict (it is another by now, and stays), not_found, permission_denied, storage_failed.
Status remove_source(const std::filesystem::path& path, ByteView contents, const OnRemovalStep& on_step);

// Ends a removal that was interrupted. Answers whether there was one. Fails: as remove_source.
Result<bool> finish_removal(const std::filesystem::path& path, const OnRemovalStep& on_step);

}  // namespace latchkey::vault
