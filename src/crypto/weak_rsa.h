// RSA moduli that must not be trusted whatever their size. Inside this module only.
#pragma once

struct bignum_st;

namespace latchkey::crypto {

// True for moduli of the Infineon library whose primes are 65537^a modulo small primes (ROCA, CVE-2017-15361): they can
// be factored. About one honest modulus in 2^27 looks like one.
bool has_roca_fingerprint(const bignum_st* modulus);

}  // namespace latchkey::crypto
