// The bundle that came with the app: what runs when nothing else may. It is part of the native app, so the engine
// neither writes nor deletes it.
#pragma once

#include <filesystem>

#include "update/bundle_reader.h"

namespace latchkey::update {

struct BuiltInBundle {
  Tree tree;
  std::unique_ptr<Contents> contents;
  // The channel's sequence when the native app was built; 0 if it was never published. A newer app brings a newer one.
  std::uint64_t sequence = 0;
};

// The regular files below `folder`. Reads and hashes all of them. Fails: not_found, invalid_format (names no bundle may
// have, symbolic links), input_too_large, storage_failed.
Result<BuiltInBundle> open_built_in_folder(const std::filesystem::path& folder, std::uint64_t sequence);

// Of what is given, for an app without one.
BuiltInBundle make_built_in_page(std::string html);

}  // namespace latchkey::update
