// The raw side of a durable write: pwrite and fdatasync. The file grows for `writes_in_a_row`, as a log does, and then
// begins again at its front.
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
  RawFile(const std::filesystem::path& file, std::size_t size, std::size_t writes_in_a_row)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
        end_(size * writes_in_a_row),
        bytes_(size, 0x5a) {}
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;
  ~RawFile() { ::close(fd_); }

  void write() {
    if (::pwrite(fd_, bytes_.data(), bytes_.size(), static_cast<off_t>(at_)) < 0 || ::fdatasync(fd_) != 0)
      give_up("raw file");
    at_ = (at_ + bytes_.size()) % end_;
  }

 private:
  int fd_;
  std::size_t at_ = 0;
  std::size_t end_;
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
