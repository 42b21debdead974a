// Byte ranges and their plain conversions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

// The same memory seen as bytes or as text; nothing is copied or checked.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

// Big-endian, the order of every Latchkey format.
template <class Integer>
void append_be(Bytes& to, Integer value) {
  for (std::size_t shift = sizeof(Integer) * 8; shift != 0;) {
    shift -= 8;
    to.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}
// Reads sizeof(Integer) bytes from the front of `bytes`, which must hold as many.
template <class Integer>
Integer read_be(ByteView bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value = static_cast<Integer>((value << 8) | bytes[i]);
  return value;
}

std::string to_hex(ByteView bytes);

}  // namespace latchkey
