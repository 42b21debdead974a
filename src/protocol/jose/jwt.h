// JSON Web Tokens (RFC 7519, RFC 8725): what a token is for is part of checking it, so that one kind never passes for
// another.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "protocol/jose/jwks.h"
#include "protocol/jose/jws.h"

namespace latchkey::protocol::jose {

// access_token: typ "at+jwt" (RFC 9068). id_token: "JWT" or none. logout_token: "logout+jwt". status_list:
// "statuslist+jwt" (draft-ietf-oauth-status-list). security_event: "secevent+jwt" (RFC 8417).
enum class JwtUse { access_token, id_token, logout_token, status_list, security_event };
std::string_view typ_of(JwtUse use);
// "application/" in front and case do not matter (RFC 7515 section 4.1.9).
bool typ_matches(JwtUse use, std::string_view typ);

// The claims of a token whose signature was checked. Readers as json::find_* and get_*: a claim of the wrong type fails
// with invalid_token; it is never taken for absent.
class Claims final {
 public:
  explicit Claims(json::Value object) : object_(std::move(object)) {}

  Result<std::optional<std::string_view>> find_string(std::string_view name) const;
  Result<std::string_view> get_string(std::string_view name) const;
  Result<std::optional<bool>> find_bool(std::string_view name) const;
  // A NumericDate that is a whole number of seconds within 1970..9999.
  Result<std::optional<Instant>> find_time(std::string_view name) const;
  Result<Instant> get_time(std::string_view name) const;
  Result<std::vector<std::string>> find_strings(std::string_view name) const;
  // `aud`: one string or an array of them. Must be there.
  Result<std::vector<std::string>> get_audience() const;

  const json::Value& object() const { return object_; }

 private:
  json::Value object_;
};

struct JwtExpectation {
  JwtUse use;
  std::string issuer;
  std::string audience;  // must be among `aud`
  std::chrono::seconds skew = limits::clock_skew;
};

// Signature by a key of `keys`, typ, iss, aud, exp (required), iat (required, not in the future), nbf. Fails:
// invalid_token with the failed check as detail; not_found when no key fits, so that a client may fetch the keys anew
// (once a minute).
Result<Claims> verify_jwt(std::string_view token, const Jwks& keys, const JwtExpectation& expected, Instant now);

// The checks of claims alone, when the signature was checked elsewhere.
Status check_claims(const Claims& claims, const JwtExpectation& expected, Instant now);

}  // namespace latchkey::protocol::jose
