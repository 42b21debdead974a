// Signed texts in compact form (RFC 7515). The rules that kill the known classes of attack:
//   - the key object says which algorithm is used, and the header's `alg` must equal it;
//   - `crit`, `b64`, `zip`, `jku`, `x5u`, `x5c`, `x5t` are refused; `jwk` too, except in a DPoP proof, which must have
//   it;
//   - base64url is canonical, JSON strict, at most limits::jwt_bytes; the payload comes out only through verify().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/jose/jwk.h"

namespace latchkey::protocol::jose {

// Whether the header carries the key itself: refused everywhere but in DPoP proofs.
enum class EmbeddedKey { refused, required };

struct JwsHeader {
  Algorithm algorithm = Algorithm::es256;
  std::string typ;         // as written; empty if absent
  std::string kid;         // empty if absent
  std::optional<Jwk> jwk;  // only with EmbeddedKey::required
};

// `encoded` is the part of a compact text before its first dot. Fails as UnverifiedJws::parse.
Result<JwsHeader> parse_jws_header(std::string_view encoded, EmbeddedKey embedded);

// A compact text in its three parts; nothing is decoded yet.
struct CompactJws {
  // Fails: invalid_format, input_too_large.
  static Result<CompactJws> split(std::string_view text);

  std::string_view header, payload, signature;
  std::string_view signed_text;  // header.payload

  // For who knows already what the header says, and that it fits the key. Fails: signature_invalid.
  Result<WipedString> verify(const crypto::VerifyingKey& key) const;
};

// Read, but not to be believed yet.
class UnverifiedJws final {
 public:
  // Fails: invalid_format, unsupported (alg), input_too_large.
  static Result<UnverifiedJws> parse(std::string_view compact, EmbeddedKey embedded = EmbeddedKey::refused);

  const JwsHeader& header() const { return header_; }
  // Checks the signature and gives the payload. Fails: signature_invalid (also when the key is for another algorithm).
  Result<WipedString> verify(const crypto::VerifyingKey& key) const;

 private:
  JwsHeader header_;
  WipedString text_;
};

struct JwsSignerOptions {
  std::string typ;  // empty for none
  std::string kid;  // empty for none
  EmbeddedKey embedded = EmbeddedKey::refused;
};

// One key and one kind of token: the header is encoded once. Thread-safe as far as the key is. `key` must outlive it.
class JwsSigner final {
 public:
  JwsSigner(const crypto::SigningKey& key, const JwsSignerOptions& options);
  // header.payload.signature. Fails: crypto_failed.
  Result<WipedString> sign(std::string_view payload) const;

 private:
  const crypto::SigningKey* key_;
  std::string encoded_header_;  // with its dot
};

}  // namespace latchkey::protocol::jose
