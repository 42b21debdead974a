// PKCE (RFC 7636), S256 only: `plain` does not exist here.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

// 43 characters from 32 fresh random bytes.
PkceVerifier make_pkce_verifier(const ByteArray<32>& random);
// 43 to 128 characters of A-Z a-z 0-9 - . _ ~. Fails: invalid_grant (RFC 7636 section 4.6).
Result<PkceVerifier> parse_pkce_verifier(std::string_view text);
// base64url(SHA-256(verifier)), 43 characters.
std::string pkce_challenge(const PkceVerifier& verifier);
// Has the form of an S256 challenge: canonical base64url of 32 bytes. Fails: invalid_request.
Status check_pkce_challenge(std::string_view challenge);
// Constant time. Fails: invalid_grant.
Status check_pkce(const PkceVerifier& verifier, std::string_view challenge);

}  // namespace latchkey::protocol::oauth
