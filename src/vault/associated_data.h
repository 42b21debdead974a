// What a seal in the vault binds: a label, the vault and the generation, then what tells one place from another. Lies
// on the stack, for one is made whenever something is sealed or opened.
#pragma once

#include <algorithm>

#include "protocol/limits/vault.h"
#include "vault/keyring.h"

namespace latchkey::vault {

// What is put fits: a label of at most 32 bytes, two numbers and a name.
class AssociatedData final {
 public:
  AssociatedData(std::string_view label, const Keyring& keys) {
    put(as_bytes(label));
    put(keys.context());
  }
  AssociatedData& number(std::uint64_t value) {
    ByteArray<sizeof(value)> big_endian;
    for (std::size_t i = 0; i < big_endian.size(); ++i)
      big_endian[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    return put(big_endian);
  }
  AssociatedData& put(ByteView bytes) {
    std::ranges::copy(bytes, MutableBytes(bytes_).subspan(size_, bytes.size()).begin());
    size_ += bytes.size();
    return *this;
  }
  ByteView bytes() const { return ByteView(bytes_).first(size_); }

 private:
  ByteArray<32 + 20 + 2 * sizeof(std::uint64_t) + protocol::limits::record_name_bytes> bytes_;
  std::size_t size_ = 0;
};

}  // namespace latchkey::vault
