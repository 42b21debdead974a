// The ES256 keys that sign access tokens and ID tokens: generated here, sealed in the database, parsed once, published
// before they sign and kept published until the last token they signed has expired.
//   published --(publish_before_use)--> signing --(next key signs)--> retired --(keep_after_use)--> gone
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "http/server/cached_body.h"
#include "identity/tokens/key_encryption.h"
#include "protocol/jose/jwks.h"
#include "protocol/jose/jws.h"
#include "protocol/jose/jwt.h"
#include "sql/database.h"

namespace latchkey::identity {

struct SigningKeyPolicy {
  std::chrono::milliseconds publish_before_use = std::chrono::hours(24);  // longer than clients cache the JWKS
  std::chrono::milliseconds use = std::chrono::days(90);
  std::chrono::milliseconds keep_after_use = std::chrono::hours(24);  // longer than any token signed with it lives
};

// One key with all it needs to sign; immutable.
struct PublishedKey {
  PublishedKey(crypto::SigningKey signing_key, Instant from, Instant until);

  crypto::SigningKey key;
  protocol::jose::Jwk jwk;  // its `kid` is the RFC 7638 thumbprint
  protocol::jose::JwsSigner access_tokens;
  protocol::jose::JwsSigner id_tokens;
  protocol::jose::JwsSigner status_lists;
  protocol::jose::JwsSigner logout_tokens;
  protocol::jose::JwsSigner security_events;
  Instant signs_from;
  Instant signs_until;
};

// What all requests share until the next rotation; immutable.
struct KeySet {
  std::vector<std::shared_ptr<const PublishedKey>> keys;
  protocol::jose::Jwks verifying;
  http::CachedBody jwks;  // what the JWKS endpoint answers

  // Fails: temporarily_unavailable when no key may sign.
  Result<const PublishedKey*> signing_at(Instant now) const;
  // What a token of ours claims: checks typ, alg and signature, and nothing of the claims. Fails: invalid_token.
  Result<protocol::jose::Claims> verify(std::string_view jwt, protocol::jose::JwtUse use) const;
};

// Thread-safe.
class SigningKeys final {
 public:
  // Loads the keys, generating the first. Fails: storage_failed, authentication_failed (wrong key-encryption key).
  static Result<std::unique_ptr<SigningKeys>> open(sql::Database& db, const KeyEncryption& encryption,
                                                   SigningKeyPolicy policy, Instant now);

  std::shared_ptr<const KeySet> current() const;

  // Publishes the next key, drops those that are gone, reads keys other servers published. Blocks on the database. Call
  // every few minutes.
  Status rotate_if_due(Instant now);

 private:
  SigningKeys(sql::Database& db, const KeyEncryption& encryption, SigningKeyPolicy policy)
      : db_(db), encryption_(encryption), policy_(policy) {}

  sql::Database& db_;
  const KeyEncryption& encryption_;
  SigningKeyPolicy policy_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> current_;
};

}  // namespace latchkey::identity
