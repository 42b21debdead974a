// Reads the fixed big-endian layouts of vault-v1, strictly: every length is checked, nothing may be left over.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault {

// `bytes` outlives it. Fails: vault_corrupted.
class ByteReader final {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  Result<ByteView> take(std::size_t size) {
    if (size > rest_.size()) return fail(Code::vault_corrupted, "cut short");
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  template <class Integer>
  Result<Integer> take_integer() {
    TRY(const ByteView bytes, take(sizeof(Integer)));
    return read_be<Integer>(bytes);
  }
  template <std::size_t N>
  Result<ByteArray<N>> take_array() {
    TRY(const ByteView bytes, take(N));
    ByteArray<N> out;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
  }
  // A block behind its own length.
  template <class Length>
  Result<ByteView> take_block() {
    TRY(const Length size, take_integer<Length>());
    return take(size);
  }
  ByteView take_rest() { return std::exchange(rest_, {}); }
  std::size_t size() const { return rest_.size(); }
  bool is_at_end() const { return rest_.empty(); }
  Status expect_end() const {
    if (!rest_.empty()) return fail(Code::vault_corrupted, "bytes left over");
    return {};
  }

 private:
  ByteView rest_;
};

}  // namespace latchkey::vault
