// Links: protocol
// What an issuer signs and its clients read: ID tokens, logout tokens, status lists. The input is the payload, signed
// by the issuer's key, so that every check behind the signature is reached; what passes is for us, of now, and of its
// kind.
#include "crypto/signature.h"
#include "protocol/json.h"
#include "protocol/oauth/id_token.h"
#include "protocol/oauth/logout_token.h"
#include "protocol/status_list.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::protocol;
using fuzz::holds;

namespace {

const Instant now = from_unix_seconds(1'700'000'000);
constexpr std::string_view issuer = "https://id.example", client = "app", nonce = "n-0S6_WzA2Mj";

struct Issuer {
  crypto::SigningKey key = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  jose::Jwks keys;
  Issuer() {
    if (!keys.add(jose::Jwk::of(key.verifying_key()))) std::abort();
  }
  WipedString sign(std::string_view type, std::string_view payload) const {
    return *jose::JwsSigner(key, {std::string(type), "", jose::EmbeddedKey::refused}).sign(payload);
  }
};
const Issuer& the_issuer() {
  static const Issuer made;
  return made;
}

oauth::IdTokenExpectation expected_id_token() {
  return {.issuer = std::string(issuer),
          .client_id = std::string(client),
          .nonce = WipedString(nonce),
          .access_token_hash = oauth::at_hash_of("token"),
          .max_age = std::nullopt};
}

void check_failure(const Error& error, Code code) {
  holds(error.code == code || error.code == Code::not_found, "one kind of refusal");
  holds(error.detail.size() <= 64, "that names the check, not the token");
}

void check_id_token(std::string_view payload) {
  const auto& keys = the_issuer().keys;
  const auto expected = expected_id_token();
  const auto claims = oauth::verify_id_token(the_issuer().sign("JWT", payload), keys, expected, now);
  if (!claims) return check_failure(claims.error(), Code::id_token_invalid);
  holds(claims->nonce == nonce, "of our sign-in");
  holds(!claims->user.subject.empty() && claims->user.subject.size() <= 255, "of somebody");
  holds(claims->expires_at + expected.skew > now && claims->issued_at <= now + expected.skew, "of now");
  holds(claims->at_hash.empty() || claims->at_hash == *expected.access_token_hash, "for the tokens beside it");
  const auto again =
      oauth::verify_id_token(the_issuer().sign("JWT", oauth::print_id_token_claims(*claims)), keys, expected, now);
  holds(again && again->user.subject == claims->user.subject && again->amr == claims->amr, "printed as it was read");
  holds(!oauth::verify_logout_token(the_issuer().sign("JWT", payload), keys, issuer, client, now),
        "an ID token logs nobody out");
}

void check_logout_token(std::string_view payload) {
  const auto& keys = the_issuer().keys;
  const auto token = the_issuer().sign("logout+jwt", payload);
  const auto logout = oauth::verify_logout_token(token, keys, issuer, client, now);
  if (!logout) return check_failure(logout.error(), Code::invalid_token);
  holds(logout->issuer == issuer && logout->audience == client, "for us");
  holds(!logout->token_id.empty() && !(logout->subject.empty() && logout->session_id.empty()), "of somebody");
  holds(!oauth::verify_id_token(token, keys, expected_id_token(), now), "a logout token signs nobody in");
}

void check_status_list(std::string_view payload) {
  constexpr std::string_view uri = "https://id.example/status/0";
  const auto& keys = the_issuer().keys;
  const auto list = verify_status_list(the_issuer().sign("statuslist+jwt", payload), keys, uri, now);
  if (!list) return check_failure(list.error(), Code::invalid_token);
  holds(list->claims.uri == uri && list->claims.expires_at > now - limits::clock_skew, "the list that was asked for");
  holds(list->list.size() <= 8 * limits::status_list_bytes && list->claims.ttl.count() >= 0, "bounded");
  const auto printed = print_status_list_claims(list->claims, list->list);
  const auto again = verify_status_list(the_issuer().sign("statuslist+jwt", *printed), keys, uri, now);
  holds(again && again->list == list->list, "printed as it was read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload = fuzz::text_of(data, size);
  check_id_token(payload);
  check_logout_token(payload);
  check_status_list(payload);
  return 0;
}
