#include "protocol/oauth/pkce.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/wiping.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

bool is_verifier_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

PkceVerifier make_pkce_verifier(const ByteArray<32>& random) {
  return PkceVerifier::copy_of(to_wiped_base64url(random));
}

Result<PkceVerifier> parse_pkce_verifier(std::string_view text) {
  if (text.size() < limits::pkce_verifier_minimum || text.size() > limits::pkce_verifier_maximum ||
      !std::all_of(text.begin(), text.end(), is_verifier_character))
    return fail(Code::invalid_grant, "code_verifier malformed");
  return PkceVerifier::copy_of(text);
}

std::string pkce_challenge(const PkceVerifier& verifier) { return to_base64url(crypto::sha256(verifier.reveal())); }

Status check_pkce_challenge(std::string_view challenge) {
  ByteArray<32> digest{};
  if (!parse_base64url_into(challenge, digest)) return fail(Code::invalid_request, "code_challenge malformed");
  return {};
}

Status check_pkce(const PkceVerifier& verifier, std::string_view challenge) {
  if (!crypto::equal(pkce_challenge(verifier), challenge))
    return fail(Code::invalid_grant, "code_verifier does not fit");
  return {};
}

}  // namespace latchkey::protocol::oauth
