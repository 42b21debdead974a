#include "identity/checks/dpop.h"

#include "protocol/limits.h"

namespace latchkey::identity {
namespace limits = protocol::limits;
namespace oauth = protocol::oauth;

DpopKeyCache::Shard& DpopKeyCache::shard_of(std::string_view encoded_header) {
  // The end is the key; the front is "typ" and "alg" in every header.
  return shards_[TextHash{}(encoded_header.substr(encoded_header.size() / 2)) % shards_.size()];
}

DpopKeyCache::KeyPtr DpopKeyCache::find(std::string_view encoded_header) {
  if (encoded_header.size() > limits::dpop_kept_header_bytes) return nullptr;
  Shard& shard = shard_of(encoded_header);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.newer.find(encoded_header); found != shard.newer.end()) return found->second;
  const auto found = shard.older.find(encoded_header);
  if (found == shard.older.end()) return nullptr;
  shard.newer.insert_or_assign(std::string(encoded_header), found->second);
  return found->second;
}

void DpopKeyCache::keep(std::string_view encoded_header, KeyPtr key) {
  if (encoded_header.size() > limits::dpop_kept_header_bytes) return;
  Shard& shard = shard_of(encoded_header);
  const std::lock_guard lock(shard.mutex);
  if (shard.newer.size() >= protocol::limits::dpop_kept_keys) {
    shard.older = std::move(shard.newer);
    shard.newer.clear();
  }
  shard.newer.insert_or_assign(std::string(encoded_header), std::move(key));
}

Result<std::optional<std::string>> DpopCheck::check(const http::Request& request, const DpopRequirement& required) {
  const auto header = request.headers.find("DPoP");
  if (!header) return std::optional<std::string>();
  if (request.headers.count("DPoP") > 1) return fail(Code::invalid_dpop_proof, "more than one DPoP field");
  const Instant now = clock_.now();
  const oauth::DpopExpectation expected{
      .method = name_of(request.method), .url = required.url, .access_token = required.access_token};
  TRY(auto proof, oauth::verify_dpop_proof(*header, expected, now, &keys_));
  TRY_DO(nonces_.check(proof.nonce, proof.issued_at, requirement_));
  TRY(const bool is_new, seen_.remember(as_bytes(proof.thumbprint + proof.jti), now));
  if (!is_new) return fail(Code::invalid_dpop_proof, "the proof was used before");
  return std::optional(std::move(proof.thumbprint));
}

}  // namespace latchkey::identity
