// What happens next with a checked authorization request: one table, first matching row wins. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "protocol/oauth/authorization_request.h"

namespace latchkey::identity {

enum class AuthorizationStep {
  ask_sign_in,
  ask_consent,
  issue_code,
  refuse_login_required,
  refuse_consent_required,
};
std::string_view name_of(AuthorizationStep step);

struct AuthorizationFacts {
  const protocol::oauth::AuthorizationRequest& request;
  Instant now;

  bool is_signed_in = false;
  Instant authenticated_at;
  bool is_fresh = false;          // the user has just signed in for this very request
  bool hint_names_other = false;  // id_token_hint is of somebody else
  bool is_first_party = false;
  bool has_consent = false;
};

AuthorizationStep next_step(const AuthorizationFacts& facts);

}  // namespace latchkey::identity
