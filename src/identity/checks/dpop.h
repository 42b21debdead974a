// Proof of possession (RFC 9449) at our endpoints: the proof itself, its nonce, and that it is new.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "http/message.h"
#include "identity/checks/dpop_nonces.h"
#include "identity/checks/replay_store.h"
#include "protocol/oauth/dpop.h"

namespace latchkey::identity {

// Public keys by the header that brought them: reading one costs a quarter of checking a proof. Thread-safe; forgets
// the older half when full.
class DpopKeyCache final : public protocol::oauth::ProofKeyCache {
 public:
  using KeyPtr = std::shared_ptr<const protocol::oauth::ProofKey>;
  KeyPtr find(std::string_view encoded_header) override;
  void keep(std::string_view encoded_header, KeyPtr key) override;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Map = std::unordered_map<std::string, KeyPtr, TextHash, std::equal_to<>>;
  struct alignas(64) Shard {
    std::mutex mutex;
    Map newer, older;
  };
  Shard& shard_of(std::string_view encoded_header);
  std::array<Shard, 16> shards_;
};

struct DpopRequirement {
  std::string_view url;                          // of the endpoint, as the world sees it
  std::optional<std::string_view> access_token;  // at a resource
};

// Thread-safe.
class DpopCheck final {
 public:
  // `clock` outlives this, and is read when a request is looked at: it may have waited before.
  DpopCheck(NonceRequirement requirement, const Clock& clock)
      : requirement_(requirement), clock_(clock), nonces_(clock) {}

  // The thumbprint of the key the request proves; nothing when it has no proof. A good proof is used up by this. Fails:
  // invalid_dpop_proof, use_dpop_nonce, busy.
  Result<std::optional<std::string>> check(const http::Request& request, const DpopRequirement& required);

  // For the DPoP-Nonce field of an answer.
  std::string make_nonce() const { return nonces_.make(); }
  bool requires_nonce() const { return requirement_ == NonceRequirement::required; }

 private:
  NonceRequirement requirement_;
  const Clock& clock_;
  DpopNonces nonces_;
  ReplayStore seen_;
  DpopKeyCache keys_;
};

}  // namespace latchkey::identity
