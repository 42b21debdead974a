// HMAC (RFC 2104) with SHA-256, and with SHA-1 where a protocol leaves no choice (TOTP, RFC 6238). Tags are never
// shortened.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/secret.h"

namespace latchkey::crypto {

using HmacTag = ByteArray<32>;
using HmacSha1Tag = ByteArray<20>;

// A key set up once and used many times; a tag over a short message costs about 0.3 us. Keep it for as long as the key
// lives. Thread-safe.
class HmacKey final {
 public:
  // Any length, also empty; 32 random bytes is the right one.
  explicit HmacKey(ByteView key);
  template <class Tag>
  explicit HmacKey(const Secret<Tag>& key) : HmacKey(key.reveal()) {}
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;

  HmacTag sign(ByteView data) const;
  // In constant time. A shortened tag is not a tag.
  bool verify(ByteView data, ByteView tag) const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

// One tag under a key used once.
HmacTag hmac_sha256(ByteView key, ByteView data);
HmacSha1Tag hmac_sha1(ByteView key, ByteView data);

}  // namespace latchkey::crypto
