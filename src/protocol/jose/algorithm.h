// The signature algorithms Latchkey speaks (RFC 7518, RFC 8037). There is no "none", no HMAC and no encryption here:
// what does not exist cannot be confused with what does.
#pragma once

#include <string_view>

#include "base/result.h"
#include "crypto/signature.h"

namespace latchkey::protocol::jose {

using Algorithm = crypto::SignatureAlgorithm;

// "ES256", "EdDSA" (Ed25519 only), "RS256", "PS256".
std::string_view wire_word(Algorithm algorithm);
// Case matters. Fails: unsupported.
Result<Algorithm> parse_algorithm(std::string_view word);

}  // namespace latchkey::protocol::jose
