// What a fuzz target asserts. Not assert(): it must hold in every build.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace latchkey::fuzz {

inline void holds(bool truth, const char* property) {
  if (truth) return;
  std::fprintf(stderr, "property broken: %s\n", property);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace latchkey::fuzz
