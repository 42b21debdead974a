// Reads fixed big-endian layouts, strictly: every length is checked, nothing may be left over.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey {

// `damage` is what everything fails with; a module that reads names its reader once: `using ByteReader = ...`.
template <Code damage>
class BasicByteReader final {
 public:
  explicit BasicByteReader(ByteView bytes) : rest_(bytes) {}  // `bytes` outlives it

  Result<ByteView> take(std::size_t size) {
    if (size > rest_.size()) return fail(damage, "cut short");
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  template <class Integer>
  Result<Integer> take_integer(Integer at_most = std::numeric_limits<Integer>::max()) {
    TRY(const ByteView bytes, take(sizeof(Integer)));
    const auto value = read_be<Integer>(bytes);
    if (value > at_most) return fail(damage, "a number is too large");
    return value;
  }
  template <std::size_t N>
  Result<ByteArray<N>> take_array() {
    TRY(const ByteView bytes, take(N));
    ByteArray<N> out;
    std::ranges::copy(bytes, out.begin());
    return out;
  }
  // A block behind its own length.
  template <class Length>
  Result<ByteView> take_block() {
    TRY(const Length size, take_integer<Length>());
    return take(size);
  }
  // A text behind its length in one byte.
  Result<std::string> take_text() {
    TRY(const ByteView bytes, take_block<std::uint8_t>());
    return std::string(as_text(bytes));
  }
  // One byte, 0 or 1.
  Result<bool> take_flag() {
    TRY(const auto value, take_integer<std::uint8_t>(1));
    return value == 1;
  }
  ByteView take_rest() { return std::exchange(rest_, {}); }
  std::size_t size() const { return rest_.size(); }
  bool is_at_end() const { return rest_.empty(); }
  Status expect_end() const {
    if (!rest_.empty()) return fail(damage, "bytes left over");
    return {};
  }

 private:
  ByteView rest_;
};

}  // namespace latchkey
