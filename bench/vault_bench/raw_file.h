// The raw side of a durable write: pwrite and fdatasync of as many bytes, at the places where a log of 1,000 pages has
// them: growing at first, then over and over.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"
#include "bench/vault_bench/measure.h"

namespace latchkey::bench {

class RawFile final {
 public:
  RawFile(const std::filesystem::path& file, std::size_t size)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)), bytes_(size, 0x5a) {}
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;
  ~RawFile() { ::close(fd_); }

  void write() {
    constexpr std::size_t log_size = std::size_t{1'000} * 4'120;
    if (::pwrite(fd_, bytes_.data(), bytes_.size(), static_cast<off_t>(at_)) < 0 || ::fdatasync(fd_) != 0)
      give_up("raw file");
    at_ = at_ + bytes_.size() < log_size ? at_ + bytes_.size() : 0;
  }

 private:
  int fd_;
  std::size_t at_ = 0;
  Bytes bytes_;
};

// Bytes this process has passed to write(2) and its kin since it began.
inline double bytes_written() {
  std::ifstream in("/proc/self/io");
  std::string key;
  double value = 0;
  while (in >> key >> value)
    if (key == "wchar:") return value;
  give_up("no /proc/self/io");
}

}  // namespace latchkey::bench
