// Signed texts with headers no honest signer writes, for negative tests.
#pragma once

#include <string>
#include <string_view>

#include "base/base64url.h"
#include "crypto/signature.h"

namespace latchkey::test {

inline std::string encoded(std::string_view text) { return to_base64url(as_bytes(text)); }

// header.payload.signature, the header exactly as given, signed properly by `key`.
inline std::string forge_jws(std::string_view header, std::string_view payload, const crypto::SigningKey& key) {
  const std::string text = encoded(header) + "." + encoded(payload);
  return text + "." + to_base64url(key.sign(as_bytes(text))->view());
}

inline crypto::SigningKey new_key(crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::es256) {
  return *crypto::SigningKey::generate(algorithm);
}

}  // namespace latchkey::test
