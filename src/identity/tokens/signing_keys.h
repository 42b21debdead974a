// The ES256 keys that sign access tokens and ID tokens: generated here, sealed in the database, parsed once, published
// before they sign and kept published until the last token they signed has expired.
//   published --(publish_before_use)--> signing --(next key signs)--> retired --(keep_after_use)--> gone
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "identity/tokens/key_encryption.h"
#include "sql/database.h"

namespace latchkey::identity {

struct SigningKeyPolicy {
  std::chrono::milliseconds publish_before_use = std::chrono::hours(24);  // longer than clients cache the JWKS
  std::chrono::milliseconds use = std::chrono::days(90);
  std::chrono::milliseconds keep_after_use = std::chrono::hours(24);  // longer than any token signed with it lives
};

struct PublishedKey {
  std::string id;  // `kid`: RFC 7638 thumbprint
  std::shared_ptr<const crypto::SigningKey> key;
  std::string token_header;  // of access tokens, in base64url: made once
  Instant signs_from;
  Instant signs_until;
};

// What all requests share until the next rotation. Immutable.
struct KeySet {
  std::vector<PublishedKey> keys;
  std::shared_ptr<const std::string> jwks;  // the body of the JWKS endpoint
  std::string etag;                         // quoted

  const PublishedKey* find(std::string_view key_id) const;
  const PublishedKey* signing_at(Instant now) const;
};

// Thread-safe.
class SigningKeys final {
 public:
  // Loads the keys, generating the first. Fails: storage_failed, authentication_failed (wrong key-encryption key).
  static Result<std::unique_ptr<SigningKeys>> open(sql::Database& db, const KeyEncryption& encryption,
                                                   SigningKeyPolicy policy, Instant now);

  std::shared_ptr<const KeySet> current() const;

  // Publishes the next key, drops the expired, reads keys other servers published. Call every few minutes.
  Status rotate_if_due(Instant now);

 private:
  SigningKeys(sql::Database& db, const KeyEncryption& encryption, SigningKeyPolicy policy);
  Status load(Instant now);

  sql::Database& db_;
  const KeyEncryption& encryption_;
  SigningKeyPolicy policy_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> current_;
};

}  // namespace latchkey::identity
