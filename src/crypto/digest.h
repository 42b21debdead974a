// SHA-256 (FIPS 180-4). SHA-1 exists only inside HMAC (see hmac.h).
#pragma once

#include <memory>

#include "base/bytes.h"

struct evp_md_ctx_st;

namespace latchkey::crypto {

inline constexpr std::size_t sha256_size = 32;
using Sha256Digest = ByteArray<sha256_size>;

// The digest of `data` in one go, on a context kept per thread. Thread-safe.
Sha256Digest sha256(ByteView data);

// The digest of data that arrives in pieces. finish() ends one message and begins the next. Not thread-safe.
class Sha256 final {
 public:
  Sha256();
  void update(ByteView data);
  Sha256Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace latchkey::crypto
