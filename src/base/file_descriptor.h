// Owns a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace latchkey {

class FileDescriptor final {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}  // negative: none, as a call that failed answers
  ~FileDescriptor() { static_cast<void>(close()); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }
  // Where it matters whether it succeeds; close(2)'s answer.
  int close() { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

}  // namespace latchkey
