// Fills a buffer of the right size with the fixed big-endian layouts of vault-v1. The other side of ByteReader.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "base/wiping.h"

namespace latchkey::vault {

// What is put must fit: `size` is the sum of it.
class BytePrinter final {
 public:
  explicit BytePrinter(std::size_t size) : bytes_(size) {}

  template <class Integer>
  void number(Integer value) {
    ByteArray<sizeof(Integer)> big_endian;
    for (std::size_t i = 0; i < big_endian.size(); ++i)
      big_endian[i] = static_cast<std::uint8_t>(value >> (8 * (big_endian.size() - 1 - i)));
    put(big_endian);
  }
  // Behind its length, which one byte holds.
  void name(std::string_view text) {
    number(static_cast<std::uint8_t>(text.size()));
    put(as_bytes(text));
  }
  void put(ByteView bytes) {
    std::ranges::copy(bytes, MutableBytes(bytes_).subspan(at_, bytes.size()).begin());
    at_ += bytes.size();
  }
  WipedBytes finish() && { return std::move(bytes_); }

 private:
  WipedBytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace latchkey::vault
