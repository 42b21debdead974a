// Repositories to check clients with, and our client's rules behind a real HTTP client.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace latchkey::lab {

// Writes every repository below `folder`, and scenarios.json which tells what becomes of a device at each step.
Status write_repositories(const std::filesystem::path& folder, Instant now);

// One check of a device whose kept files are in `state` (root.json at least). Answers the target's contents.
Result<std::string> check(const std::string& base, const std::filesystem::path& state, std::string_view target,
                          Instant now);

}  // namespace latchkey::lab
