// One server per data folder: an flock on `lock` in it, gone with the process however it ends.
#pragma once

#include <filesystem>
#include <utility>

#include "base/result.h"

namespace latchkey::app {

class DataLock final {
 public:
  // Fails: configuration_invalid (another server runs on this folder), permission_denied.
  static Result<DataLock> take(const std::filesystem::path& folder);

  DataLock(DataLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DataLock& operator=(DataLock&&) = delete;
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;
  ~DataLock();

 private:
  explicit DataLock(int file) : file_(file) {}
  int file_;
};

}  // namespace latchkey::app
