// Reads the layouts of vault-v1: damage is vault_corrupted.
#pragma once

#include "base/byte_reader.h"

namespace latchkey::vault {

using ByteReader = BasicByteReader<Code::vault_corrupted>;

// read_be() of as many bytes as there are: a load and no checks, where thousands are read.
template <class Integer>
Integer load_be(std::span<const std::uint8_t, sizeof(Integer)> bytes) {
  Integer value = 0;
  for (const std::uint8_t byte : bytes) value = static_cast<Integer>((value << 8) | byte);
  return value;
}

}  // namespace latchkey::vault
