// Authenticated encryption with AES-256-GCM (NIST SP 800-38D) or ChaCha20-Poly1305 (RFC 8439): 256-bit keys, 96-bit
// nonces, 128-bit tags, nothing else. Large data goes through StreamSealer.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/wiping.h"

namespace latchkey::crypto {

// The numbers are written into files.
enum class AeadAlgorithm : std::uint8_t { aes_256_gcm = 1, chacha20_poly1305 = 2 };

// One key, set up once. Thread-safe. With random nonces seal at most 2^32 messages under one key (SP 800-38D 8.3).
class Aead final {
 public:
  static constexpr std::size_t key_size = 32;
  static constexpr std::size_t nonce_size = 12;
  static constexpr std::size_t tag_size = 16;
  static constexpr std::size_t overhead = nonce_size + tag_size;
  static constexpr std::size_t max_plaintext = std::size_t{16} << 20;  // beyond it one tag guards too much memory

  using Nonce = ByteArray<nonce_size>;

  // Fails: invalid_argument (a key not of 32 bytes).
  static Result<Aead> create(AeadAlgorithm algorithm, ByteView key);
  template <class Tag>
  static Result<Aead> create(AeadAlgorithm algorithm, const Secret<Tag>& key) {
    return create(algorithm, key.reveal());
  }

  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  AeadAlgorithm algorithm() const;

  // Seals under a random nonce, binding `associated_data`. Output: nonce(12) | ciphertext | tag(16). Fails:
  // input_too_large.
  Result<Bytes> seal(ByteView plaintext, ByteView associated_data) const;

  // Opens what seal() made. Fails: authentication_failed (altered, cut, wrong key or wrong associated data),
  // input_too_large.
  Result<WipedBytes> open(ByteView sealed, ByteView associated_data) const;
  // The same, straight into locked pages.
  template <class Tag>
  Result<Secret<Tag>> open_secret(ByteView sealed, ByteView associated_data) const {
    if (sealed.size() < overhead) return fail(Code::authentication_failed);
    auto secret = Secret<Tag>::zeroed(sealed.size() - overhead);
    TRY_DO(open_into(sealed.first(nonce_size), sealed.subspan(nonce_size), associated_data, secret.reveal_to_write()));
    return secret;
  }

  // With the caller's nonce, for protocols that count: a nonce must never be used twice under one key. `out` takes
  // ciphertext | tag(16) and must be exactly that long; it may be the same memory as `plaintext`. Fails:
  // invalid_argument (lengths), input_too_large.
  Status seal_into(ByteView nonce, ByteView plaintext, ByteView associated_data, MutableBytes out) const;
  // `sealed` is ciphertext | tag(16); `out` is zeroed when it does not authenticate. Fails: authentication_failed,
  // invalid_argument (lengths), input_too_large.
  Status open_into(ByteView nonce, ByteView sealed, ByteView associated_data, MutableBytes out) const;

 private:
  struct Core;
  explicit Aead(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace latchkey::crypto
