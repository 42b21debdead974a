// Proof of possession of a key (RFC 9449): a fresh signed statement per request. Here: making and checking one proof.
// Not here: remembering each `jti` while its proof is fresh, and issuing nonces; the server does both.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "protocol/jose/jws.h"

namespace latchkey::protocol::oauth {

// --- client ---

struct DpopTarget {
  std::string_view method;                       // "POST"
  std::string_view url;                          // as requested; query and fragment are left out of the proof
  std::optional<std::string_view> access_token;  // at a resource: bound through `ath`
  std::optional<std::string_view> nonce;         // the server's latest, if it sent one
};

// Makes proofs with one key, whose header is encoded once. Thread-safe as far as the key is. `key` must outlive it.
class DpopProver final {
 public:
  explicit DpopProver(const crypto::SigningKey& key);
  // `jti`: 16 fresh random bytes. Fails: invalid_argument (the URL), crypto_failed.
  Result<WipedString> prove(const DpopTarget& target, const ByteArray<16>& jti, Instant now) const;
  // The key's thumbprint: `dpop_jkt`, cnf.jkt.
  const std::string& thumbprint() const { return thumbprint_; }

 private:
  jose::JwsSigner signer_;
  std::string thumbprint_;
};

// --- server ---

struct DpopExpectation {
  std::string_view method;
  std::string_view url;                          // the public one: issuer + path; compared normalised, without query
  std::optional<std::string_view> access_token;  // at a resource: then `ath` is required and must match
  std::chrono::seconds age = limits::dpop_age;
  std::chrono::seconds skew = limits::clock_skew;
};

// What a checked proof said. `jti` must be refused a second time until `fresh_until`. `nonce` is the server's to judge:
// missing or stale -> Code::use_dpop_nonce.
struct DpopProof {
  std::string thumbprint, jti;
  std::optional<std::string> nonce;
  Instant issued_at, fresh_until;
};

// What the header of a proof says, read and checked: a device sends the same header with every proof.
struct ProofKey {
  crypto::VerifyingKey key;
  std::string thumbprint;
};

// Keeps the keys of proofs by the text of their header, for verify_dpop_proof. Thread-safe, bounded, and may forget at
// any time.
class ProofKeyCache {
 public:
  virtual ~ProofKeyCache() = default;
  virtual std::shared_ptr<const ProofKey> find(std::string_view encoded_header) = 0;  // null: not kept
  virtual void keep(std::string_view encoded_header, std::shared_ptr<const ProofKey> key) = 0;
};

// `header` is the value of the one DPoP header (two are the caller's to refuse). Checks typ, alg, jwk (public,
// asymmetric), signature, jti, htm, htu, iat, ath. `cache` may be null. Fails: invalid_dpop_proof with the failed check
// as detail.
Result<DpopProof> verify_dpop_proof(std::string_view header, const DpopExpectation& expected, Instant now,
                                    ProofKeyCache* cache);

}  // namespace latchkey::protocol::oauth
