// A port: notices that something on the way to a file was moved, removed or replaced, faster than a walk along the path
// does.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

namespace latchkey::vault {

// Not thread-safe.
class PathWatch {
 public:
  virtual ~PathWatch() = default;
  // False, and so from then on: something may have happened since the watch began. What is not moved but hidden (a file
  // system mounted over it) need not be seen.
  virtual bool is_quiet() = 0;
};

// Begins a watch. Null: the path cannot be watched.
using WatchPath = std::function<std::unique_ptr<PathWatch>(const std::filesystem::path&)>;

}  // namespace latchkey::vault
