// scrypt (RFC 7914), for formats of others that ask for it (age). Our own passcodes go through Argon2id.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::crypto {

// Takes 128 * block_size * 2^log2_cost bytes of memory: 256 MiB at 18 and 8.
struct ScryptCost {
  std::uint32_t log2_cost;  // 1 to 24
  std::uint32_t block_size = 8;
  std::uint32_t parallelism = 1;
};

// Fills `out`. Fails: invalid_argument (a cost out of bounds), crypto_failed (not enough memory). Thread-safe.
Status scrypt(ByteView passphrase, ByteView salt, const ScryptCost& cost, MutableBytes out);

}  // namespace latchkey::crypto
