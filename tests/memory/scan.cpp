#include "tests/memory/scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/base64url.h"

namespace latchkey::memory_test {
namespace {

constexpr std::size_t block_size = std::size_t{4} << 20;
constexpr std::size_t overlap = 256;  // longer than any needle

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// All needles in one pass: they are many, and the memory is large. Each has at least eight bytes.
class Search final {
 public:
  explicit Search(const std::vector<Needle>& needles) : needles_(needles) {
    for (std::size_t i = 0; i < needles.size(); ++i) by_start_[start_of(needles[i].bytes.data())].push_back(i);
  }

  // Appends every needle that is in `block`, once.
  void run(ByteView block, const std::string& place, Scan& scan) const {
    std::vector<bool> is_found(needles_.size());
    for (std::size_t at = 0; at + 8 <= block.size(); ++at)
      for (const std::size_t i : by_start_[start_of(block.data() + at)])
        if (!is_found[i] && is_at(block.subspan(at), needles_[i].bytes)) is_found[i] = true;
    for (std::size_t i = 0; i < needles_.size(); ++i)
      if (is_found[i]) scan.found.push_back(needles_[i].name + " in " + place);
  }

 private:
  static std::size_t start_of(const std::uint8_t* at) { return at[0] | std::size_t{at[1]} << 8; }
  static bool is_at(ByteView bytes, const Bytes& needle) {
    return bytes.size() >= needle.size() && std::memcmp(bytes.data(), needle.data(), needle.size()) == 0;
  }

  const std::vector<Needle>& needles_;
  std::vector<std::vector<std::size_t>> by_start_{65536};
};

void scan_range(int file, off_t from, off_t to, const Search& search, const std::string& place, Scan& scan) {
  Bytes block(block_size);
  while (from < to) {
    const auto want = std::min<std::size_t>(block.size(), static_cast<std::size_t>(to - from));
    const ssize_t got = ::pread(file, block.data(), want, from);
    if (got <= 0) return;  // guard pages, vvar, secret memory
    scan.bytes += static_cast<std::size_t>(got);
    search.run(ByteView(block).first(static_cast<std::size_t>(got)), place, scan);
    if (from + got >= to) return;
    from += std::max<off_t>(got - static_cast<off_t>(overlap), 1);
  }
}

}  // namespace

std::vector<Needle> forms_of(const std::string& name, ByteView secret) {
  const Bytes raw(secret.begin(), secret.end());
  std::string base64 = to_base64url(secret);
  std::vector<Needle> needles{{name + ", raw", raw},
                              {name + ", reversed", Bytes(raw.rbegin(), raw.rend())},
                              {name + ", hex", bytes_of(to_hex(secret))},
                              {name + ", base64url", bytes_of(base64)}};
  std::string upper = to_hex(secret);
  for (char& c : upper) c = static_cast<char>(::toupper(c));
  needles.push_back({name + ", HEX", bytes_of(upper)});
  for (char& c : base64) c = c == '-' ? '+' : c == '_' ? '/' : c;
  needles.push_back({name + ", base64", bytes_of(base64)});
  Bytes wide;
  for (const std::uint8_t byte : secret) {
    wide.push_back(byte);
    wide.push_back(0);
  }
  needles.push_back({name + ", UTF-16LE", wide});
  for (std::size_t at = 0; at + 8 <= raw.size(); at += 8) {
    const ByteView piece = secret.subspan(at, 8);
    needles.push_back({name + ", bytes from " + std::to_string(at), Bytes(piece.begin(), piece.end())});
    needles.push_back({name + ", reversed bytes from " + std::to_string(at), Bytes(piece.rbegin(), piece.rend())});
  }
  return needles;
}

Scan scan_process(pid_t process, const std::vector<Needle>& needles) {
  Scan scan;
  const Search search(needles);
  const std::string folder = "/proc/" + std::to_string(process);
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  std::ifstream maps(folder + "/maps");
  for (std::string line; memory >= 0 && std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    char read_flag = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %c", &from, &to, &read_flag) != 3 || read_flag != 'r') continue;
    if (line.ends_with("[vsyscall]")) continue;
    scan_range(memory, static_cast<off_t>(from), static_cast<off_t>(to), search, line, scan);
  }
  if (memory >= 0) ::close(memory);
  return scan;
}

Scan scan_file(const std::filesystem::path& file, const std::vector<Needle>& needles) {
  Scan scan;
  const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return scan;
  scan_range(handle, 0, static_cast<off_t>(std::filesystem::file_size(file)), Search(needles), file.filename().string(),
             scan);
  ::close(handle);
  return scan;
}

}  // namespace latchkey::memory_test
