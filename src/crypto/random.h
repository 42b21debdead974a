// Randomness from OpenSSL's generator, which the kernel seeds and which notices a fork. A failing generator aborts the
// process: no caller could go on safely.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"

namespace latchkey::crypto {

// For nonces, ids and salts. Small requests are served from a batch per thread (about 50 ns). Thread-safe.
void fill_random(MutableBytes out);

// For keys: straight from the generator kept for private values, no batch in between. Thread-safe.
void fill_random_private(MutableBytes out);

template <std::size_t N>
ByteArray<N> random_array() {
  ByteArray<N> out;
  fill_random(out);
  return out;
}

template <class Tag>
Secret<Tag> random_secret(std::size_t size) {
  auto secret = Secret<Tag>::zeroed(size);
  fill_random_private(secret.reveal_to_write());
  return secret;
}

}  // namespace latchkey::crypto
