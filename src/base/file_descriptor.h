// Owns a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace latchkey {

class FileDescriptor final {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}  // negative: none, as a call that failed answers
  ~FileDescriptor() { static_cast<void>(close()); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Where it matters when it goes, or whether that succeeds; close(2)'s answer.
  int close() { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

}  // namespace latchkey
