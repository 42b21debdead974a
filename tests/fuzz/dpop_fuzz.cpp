// Links: protocol
// DPoP proofs: the input as a whole proof, and as the payload of one that is signed properly.
#include "crypto/signature.h"
#include "protocol/json.h"
#include "protocol/oauth/dpop.h"
#include "tests/fuzz/property.h"

namespace jose = latchkey::protocol::jose;
namespace json = latchkey::protocol::json;
namespace oauth = latchkey::protocol::oauth;
using latchkey::fuzz::holds;

namespace {

const latchkey::Instant now = latchkey::from_unix_seconds(1'700'000'000);
constexpr std::string_view access_token = "token";

const latchkey::crypto::SigningKey& key() {
  static const auto generated = latchkey::crypto::SigningKey::generate(latchkey::crypto::SignatureAlgorithm::es256);
  return *generated;
}

oauth::DpopExpectation at_token_endpoint() { return {"POST", "https://server.example/token", std::nullopt}; }
oauth::DpopExpectation at_resource() { return {"POST", "https://server.example/token", access_token}; }

void check_proof(const oauth::DpopProof& proof) {
  holds(proof.thumbprint.size() == 43, "the key has a thumbprint");
  holds(!proof.jti.empty() && proof.jti.size() <= 128, "jti is bounded");
  holds(proof.fresh_until > now, "the proof is fresh");
  holds(proof.issued_at <= now + std::chrono::seconds(30), "and not from the future");
}

void check_payload(std::string_view payload) {
  static const jose::JwsSigner signer(key(), {"dpop+jwt", "", jose::EmbeddedKey::required});
  const auto text = signer.sign(payload);
  const auto proof = oauth::verify_dpop_proof(*text, at_token_endpoint(), now, nullptr);
  const auto bound = oauth::verify_dpop_proof(*text, at_resource(), now, nullptr);
  holds(!bound || proof, "more is asked of a proof at a resource");
  if (!proof) return;
  check_proof(*proof);
  const auto object = json::parse_object(payload);
  holds(object && *json::get_string(*object, "htm") == "POST", "only for the method");
  holds(!bound || json::get_string(*object, "ath"), "and bound to the token at a resource");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  if (const auto proof = oauth::verify_dpop_proof(text, at_token_endpoint(), now, nullptr)) check_proof(*proof);
  if (size < 2048) check_payload(text);
  return 0;
}
