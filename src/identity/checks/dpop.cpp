#include "identity/checks/dpop.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;

DpopKeyCache::Shard& DpopKeyCache::shard_of(std::string_view thumbprint) {
  return shards_[std::hash<std::string_view>{}(thumbprint) % shards_.size()];
}

std::optional<crypto::VerifyingKey> DpopKeyCache::find(std::string_view thumbprint) {
  Shard& shard = shard_of(thumbprint);
  const std::string name(thumbprint);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.newer.find(name); found != shard.newer.end()) return found->second;
  const auto found = shard.older.find(name);
  if (found == shard.older.end()) return std::nullopt;
  auto key = found->second;
  shard.newer.insert_or_assign(name, key);
  return key;
}

void DpopKeyCache::keep(std::string_view thumbprint, const crypto::VerifyingKey& key) {
  Shard& shard = shard_of(thumbprint);
  const std::lock_guard lock(shard.mutex);
  if (shard.newer.contains(std::string(thumbprint))) return;
  if (shard.newer.size() >= max_keys_per_generation) {
    shard.older = std::move(shard.newer);
    shard.newer.clear();
  }
  shard.newer.insert_or_assign(std::string(thumbprint), key);
}

Result<std::optional<std::string>> DpopCheck::check(const http::Request& request, const DpopRequirement& required,
                                                    Instant now) {
  const auto header = request.headers.find("DPoP");
  if (!header) return std::optional<std::string>();
  if (request.headers.count("DPoP") > 1) return fail(Code::invalid_dpop_proof, "more than one DPoP field");
  const oauth::DpopExpectation expected{
      .method = name_of(request.method), .url = required.url, .access_token = required.access_token};
  TRY(auto proof, oauth::verify_dpop_proof(*header, expected, now, &keys_));
  TRY_DO(nonces_.check(proof.nonce, proof.issued_at, requirement_, now));
  TRY(const bool is_new, seen_.remember(as_bytes(proof.thumbprint + proof.jti), now));
  if (!is_new) return fail(Code::invalid_dpop_proof, "the proof was used before");
  return std::optional(std::move(proof.thumbprint));
}

}  // namespace latchkey::identity
