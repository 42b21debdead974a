// replay NAME FOLDER...: runs every file of the folders through the target of that name once: the committed corpus as a
// test.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "base/bytes.h"

#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "targets.inc"
#undef TARGET

namespace {

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

constexpr Target targets[] = {
#define TARGET(name) {#name, fuzz_##name},
#include "targets.inc"
#undef TARGET
};

latchkey::Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t replay(const Target& target, const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const latchkey::Bytes input = read(entry.path());
    target.run(input.data(), input.size());
    ++count;
  }
  return count;
}

}  // namespace

int main(int count, char** arguments) {
  for (const Target& target : targets) {
    if (count < 2 || target.name != arguments[1]) continue;
    std::size_t inputs = 0;
    target.run(nullptr, 0);
    for (int i = 2; i < count; ++i) inputs += replay(target, arguments[i]);
    std::printf("%s: %zu inputs\n", arguments[1], inputs);
    return inputs > 0 ? 0 : 1;  // a corpus that is not found must not look like one that passed
  }
  std::fputs("no such fuzz target\n", stderr);
  return 2;
}
