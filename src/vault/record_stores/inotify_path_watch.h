// PathWatch by inotify: one read of a queue that is empty as long as nothing happened.
#pragma once

#include "vault/record_stores/path_watch.h"

namespace latchkey::vault {

// Null also: the path is relative or leads through a link, a folder on it cannot be read, the user has too many
// watches.
std::unique_ptr<PathWatch> watch_path_by_inotify(const std::filesystem::path& file);

}  // namespace latchkey::vault
