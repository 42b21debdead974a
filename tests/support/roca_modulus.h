// A modulus of the form the Infineon library made (CVE-2017-15361): a product of two numbers k*M + (65537^a mod M), M
// the product of the first 39 primes. The factors are not prime; the fingerprint does not depend on it.
#pragma once

namespace latchkey::tests {

inline constexpr const char* roca_modulus =
    "b10e298453bea4338c5510f79651f2cd5c5e76ddab0e554917a859780cb1e729df71fe994afe34d9f997bd1704b3120eaf5a"
    "1c51981e90fdf73470b3d6cd0fe48262f0621ec1859c2fc94c14b9528240d4bfe2a37e0c6cc2cbc85638cedb8674e9e74f49"
    "bb83168f801b2c3d1d3c823fd2fe47db10edf8690d8003af0048660bd2ad23ff038794ac7e789e25801fc63d3703f4a5d206"
    "18392198ac31af8cc64027c698ce183f7fb3962b1214ad19156d76cda4082cd331d9f3526fe4307324711e2c5e82a799b842"
    "a0cfa8a55fbdf0681610ac7b949468291362ac8e38e6a017666bbce31b93ba0fb10577687c1c08dd95556d02f982c5a607c5"
    "acfce3c42171";

}  // namespace latchkey::tests
