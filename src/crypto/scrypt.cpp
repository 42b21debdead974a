#include "crypto/scrypt.h"

#include <sodium.h>

#include "crypto/sodium_ready.h"

namespace latchkey::crypto {
namespace {

constexpr std::uint32_t max_log2_cost = 24;  // 16 GiB: beyond it nobody means it
constexpr std::uint32_t max_block_size = 32;
constexpr std::uint32_t max_parallelism = 64;

bool is_sane(const ScryptCost& cost) {
  return cost.log2_cost >= 1 && cost.log2_cost <= max_log2_cost && cost.block_size >= 1 &&
         cost.block_size <= max_block_size && cost.parallelism >= 1 && cost.parallelism <= max_parallelism;
}

}  // namespace

Status scrypt(ByteView passphrase, ByteView salt, const ScryptCost& cost, MutableBytes out) {
  if (!is_sane(cost) || out.empty()) return fail(Code::invalid_argument, "scrypt cost");
  make_sodium_ready();
  const int done = crypto_pwhash_scryptsalsa208sha256_ll(passphrase.data(), passphrase.size(), salt.data(), salt.size(),
                                                         std::uint64_t{1} << cost.log2_cost, cost.block_size,
                                                         cost.parallelism, out.data(), out.size());
  return done == 0 ? Status() : fail(Code::crypto_failed, "scrypt: not enough memory");
}

}  // namespace latchkey::crypto
