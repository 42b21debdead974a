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

void search(ByteView block, const std::vector<Needle>& needles, const std::string& place, Scan& scan) {
  for (const Needle& needle : needles)
    if (::memmem(block.data(), block.size(), needle.bytes.data(), needle.bytes.size()) != nullptr)
      scan.found.push_back(needle.name + " in " + place);
}

void scan_range(int file, off_t from, off_t to, const std::vector<Needle>& needles, const std::string& place,
                Scan& scan) {
  Bytes block(block_size);
  while (from < to) {
    const auto want = std::min<std::size_t>(block.size(), static_cast<std::size_t>(to - from));
    const ssize_t got = ::pread(file, block.data(), want, from);
    if (got <= 0) return;  // guard pages, vvar, secret memory
    scan.bytes += static_cast<std::size_t>(got);
    search(ByteView(block).first(static_cast<std::size_t>(got)), needles, place, scan);
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
  const std::string folder = "/proc/" + std::to_string(process);
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  std::ifstream maps(folder + "/maps");
  for (std::string line; memory >= 0 && std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    char read_flag = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %c", &from, &to, &read_flag) != 3 || read_flag != 'r') continue;
    if (line.ends_with("[vsyscall]")) continue;
    scan_range(memory, static_cast<off_t>(from), static_cast<off_t>(to), needles, line, scan);
  }
  if (memory >= 0) ::close(memory);
  return scan;
}

Scan scan_file(const std::filesystem::path& file, const std::vector<Needle>& needles) {
  Scan scan;
  const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return scan;
  scan_range(handle, 0, static_cast<off_t>(std::filesystem::file_size(file)), needles, file.filename().string(), scan);
  ::close(handle);
  return scan;
}

}  // namespace latchkey::memory_test
