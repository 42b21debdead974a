// Looks for a secret, in every form it may have been copied in, in another process's memory and in files.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::memory_test {

struct Needle {
  std::string name;  // "data key, hex"
  Bytes bytes;
};

// Raw, reversed, hex, HEX, base64, base64url, UTF-16LE, and every 8-byte fragment, forwards and reversed, that starts
// at a multiple of 8.
std::vector<Needle> forms_of(const std::string& name, ByteView secret);

struct Scan {
  std::vector<std::string> found;  // names of needles, with the place
  std::size_t bytes = 0;           // how much was read
};

// Every readable mapping of that process. As root, or as its parent.
Scan scan_process(pid_t process, const std::vector<Needle>& needles);
Scan scan_file(const std::filesystem::path& file, const std::vector<Needle>& needles);

}  // namespace latchkey::memory_test
