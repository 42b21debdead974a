// Reads the fixed big-endian layouts of device-v1, strictly: every length is checked, nothing may be left over.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::update {

// `bytes` outlives it. Fails: storage_corrupted.
class ByteReader final {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  Result<ByteView> take(std::size_t size) {
    if (size > rest_.size()) return fail(Code::storage_corrupted, "cut short");
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  template <class Integer>
  Result<Integer> integer(Integer at_most = std::numeric_limits<Integer>::max()) {
    TRY(const ByteView bytes, take(sizeof(Integer)));
    const auto value = read_be<Integer>(bytes);
    if (value > at_most) return fail(Code::storage_corrupted, "a number is too large");
    return value;
  }
  template <std::size_t N>
  Result<ByteArray<N>> array() {
    TRY(const ByteView bytes, take(N));
    ByteArray<N> out;
    std::ranges::copy(bytes, out.begin());
    return out;
  }
  // A text behind its length in one byte.
  Result<std::string> text() {
    TRY(const auto size, integer<std::uint8_t>());
    TRY(const ByteView bytes, take(size));
    return std::string(as_text(bytes));
  }
  Result<bool> flag() {
    TRY(const auto value, integer<std::uint8_t>(1));
    return value == 1;
  }
  Status expect_end() const {
    if (!rest_.empty()) return fail(Code::storage_corrupted, "bytes left over");
    return {};
  }

 private:
  ByteView rest_;
};

}  // namespace latchkey::update
