// The part of a publisher's folder that any web server may serve, also one that runs as somebody else: metadata,
// targets and objects. Keys, drafts and kept bundles stay private.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::publish {

// As write_file_atomically and create_file_atomically (base/atomic_file.h), but readable for all.
Status write_public_file(const std::filesystem::path& path, ByteView contents);
Status create_public_file(const std::filesystem::path& path, ByteView contents);
// Makes `folder` and its missing parents, to be entered by all; what is there stays as it is. Fails: permission_denied,
// storage_failed, already_exists (a file is there).
Status create_public_folder(const std::filesystem::path& folder);

}  // namespace latchkey::publish
