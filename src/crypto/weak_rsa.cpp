#include "crypto/weak_rsa.h"

#include <openssl/bn.h>

#include <array>

namespace latchkey::crypto {
namespace {

// The odd primes of the library's primorial in which 65537 does not generate every residue: only these tell anything.
constexpr std::array<unsigned, 17> telling_primes{11, 13, 17,  19,  37,  53,  61,  71, 73,
                                                  79, 97, 103, 107, 109, 127, 151, 157};

bool is_power_of_65537(unsigned residue, unsigned prime) {
  unsigned power = 1;
  do {
    if (power == residue) return true;
    power = power * (65537 % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool has_roca_fingerprint(const BIGNUM* modulus) {
  for (const unsigned prime : telling_primes)
    if (!is_power_of_65537(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime)) return false;
  return true;
}

}  // namespace latchkey::crypto
