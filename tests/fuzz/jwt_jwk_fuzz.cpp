// Links: protocol
// Keys, key sets, signed texts: round trips, and that nothing but our own signature verifies.
#include "crypto/signature.h"
#include "protocol/jose/jwks.h"
#include "protocol/jose/jws.h"
#include "protocol/jose/jwt.h"
#include "protocol/json_writer.h"
#include "tests/fuzz/property.h"

namespace jose = latchkey::protocol::jose;
namespace json = latchkey::protocol::json;
using latchkey::fuzz::holds;

namespace {

const latchkey::crypto::SigningKey& our_key() {
  static const auto key = latchkey::crypto::SigningKey::generate(latchkey::crypto::SignatureAlgorithm::es256);
  return *key;
}

void check_jwk(std::string_view text) {
  const auto jwk = jose::Jwk::parse(text);
  if (!jwk) return;
  std::string printed;
  json::Writer writer(printed);
  jwk->print(writer);
  const auto again = jose::Jwk::parse(printed);
  holds(again && again->thumbprint() == jwk->thumbprint() && again->kid() == jwk->kid(), "a JWK survives printing");
  holds(again->algorithm() == jwk->algorithm(), "with its algorithm");
  if (const auto key = jwk->import()) holds(jose::Jwk::of(*key).thumbprint() == jwk->thumbprint(), "and importing");
}

void check_jwks(std::string_view text) {
  const auto set = jose::Jwks::parse(text);
  if (!set) return;
  const auto again = jose::Jwks::parse(set->print());
  holds(again && again->keys().size() == set->keys().size(), "a key set survives printing");
  for (const auto& key : set->keys()) {
    const auto* found = set->find(key.jwk.kid(), key.jwk.algorithm());
    holds(key.jwk.kid().empty() || found == &key, "a key is found by its id");
  }
}

void check_foreign_token(std::string_view text) {
  for (const auto embedded : {jose::EmbeddedKey::refused, jose::EmbeddedKey::required}) {
    const auto jws = jose::UnverifiedJws::parse(text, embedded);
    if (!jws) continue;
    holds(jws->header().jwk.has_value() == (embedded == jose::EmbeddedKey::required), "jwk exactly where wanted");
    holds(!jws->verify(our_key().verifying_key()), "nobody else signs for us");
  }
}

// The input signed by us verifies, and not once a character of the token is another.
void check_own_token(std::string_view payload, std::size_t position) {
  static const jose::JwsSigner signer(our_key(), {"at+jwt", "k", jose::EmbeddedKey::refused});
  const auto token = signer.sign(payload);
  const auto jws = jose::UnverifiedJws::parse(*token);
  holds(jws.has_value(), "our token can be read");
  const auto back = jws->verify(our_key().verifying_key());
  holds(back && *back == payload, "and verified");
  auto changed = *token;
  char& c = changed[position % changed.size()];
  c = c == 'A' ? 'B' : 'A';
  const auto forged = jose::UnverifiedJws::parse(changed);
  holds(!forged || !forged->verify(our_key().verifying_key()), "a changed token does not verify");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  check_jwk(text);
  check_jwks(text);
  check_foreign_token(text);
  if (size > 0 && size < 512) check_own_token(text.substr(1), data[0]);
  return 0;
}
