// A file as the body of a message, read while it is sent.
#pragma once

#include <filesystem>
#include <memory>

#include "http/message.h"

namespace latchkey::http {

// A regular file, of the size it has now; symbolic links are not followed. It stays readable when its name goes. Fails:
// not_found, permission_denied, storage_failed. read() fails: storage_failed (also when the file became shorter).
Result<std::shared_ptr<const BodySource>> open_file_source(const std::filesystem::path& path);

}  // namespace latchkey::http
