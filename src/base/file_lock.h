// Keeps other processes, and other threads of this one, out for as long as it is held: flock(2) on a file that stays
// there. What is in the file does not matter.
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace latchkey {

// Letting go is destruction; the end of the process lets go, too. Not for a child after fork(2).
class FileLock final {
 public:
  // Waits its turn. The file is made with mode 0600; a symbolic link is not followed. Fails: cancelled, busy
  // (`patience` is over), permission_denied, storage_failed.
  static Result<FileLock> acquire(const std::filesystem::path& path, std::chrono::milliseconds patience,
                                  const std::stop_token& stop);
  // Somebody else had it when it was asked for.
  bool has_waited() const { return has_waited_; }

 private:
  explicit FileLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
  bool has_waited_ = false;
};

}  // namespace latchkey
