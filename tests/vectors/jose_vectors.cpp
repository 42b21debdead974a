// JSON Web Keys and Signatures, through the readers every token goes through.
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "protocol/jose/jwks.h"
#include "protocol/jose/jws.h"
#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

using namespace protocol;

bool verifies(const Result<crypto::VerifyingKey>& key, std::string_view text) {
  const auto jws = jose::UnverifiedJws::parse(text);
  return key && jws && jws->verify(*key);
}

bool is_accepted_with_set(const std::string& keys, std::string_view text) {
  const auto set = jose::Jwks::parse(keys);
  const auto jws = jose::UnverifiedJws::parse(text);
  if (!set || !jws) return false;
  const auto* key = set->find(jws->header().kid, jws->header().algorithm);
  return key && jws->verify(key->key);
}

bool is_accepted_with_key(const std::string& key, std::string_view text) {
  const auto jwk = jose::Jwk::parse(key);
  return jwk && verifies(jwk->import(), text);
}

// The algorithms of the group's keys, one key or a set.
std::vector<std::string> algorithms_of(const Json& keys) {
  std::vector<std::string> names;
  const Json list = keys.contains("keys") ? keys["keys"] : Json::array({keys});
  for (const Json& key : list) names.push_back(key.value("alg", ""));
  return names;
}

// The header's `alg`, however odd the rest of the text is.
std::string header_algorithm_of(std::string_view text) {
  const auto bytes = parse_base64url(text.substr(0, text.find('.')));
  const Json header = bytes ? Json::parse(*bytes, nullptr, false) : Json();
  return header.is_object() && header.contains("alg") && header["alg"].is_string() ? header["alg"].get<std::string>()
                                                                                   : std::string();
}

// Why a case is beyond what we offer; empty if it is not.
std::string not_offered(const Json& group, const Json& test) {
  if (test.contains("jwe")) return "encryption (JWE) is not offered";
  if (!test["jws"].is_string()) return "only the compact serialization is read";
  if (!group.contains("public")) return "HMAC is not offered: no token is checked with a shared secret";
  for (const std::string& name : algorithms_of(group["public"]))
    if (!name.empty() && !jose::parse_algorithm(name)) return "algorithm " + name + " is not offered";
  if (const std::string name = header_algorithm_of(test["jws"].get<std::string>()); !jose::parse_algorithm(name))
    return "algorithm " + name + " is not offered, and not the key's";
  return {};
}

Answer answer(const Json& group, const Json& test) {
  const std::string reason = not_offered(group, test);
  if (test.contains("jwe") || !test["jws"].is_string()) return {false, reason};
  const std::string text = test["jws"];
  // A group of one symmetric key has no public half; then what we must refuse is the secret itself.
  const Json keys = group.contains("public") ? group["public"] : group["private"];
  const bool accepted =
      keys.contains("keys") ? is_accepted_with_set(keys.dump(), text) : is_accepted_with_key(keys.dump(), text);
  return {accepted, reason};
}

TEST(Wycheproof, json_web_signature) { run_wycheproof("json_web_signature_test.json", answer); }
TEST(Wycheproof, json_web_key) { run_wycheproof("json_web_key_test.json", answer); }
TEST(Wycheproof, json_web_crypto) { run_wycheproof("json_web_crypto_test.json", answer); }

}  // namespace
}  // namespace latchkey::tests
