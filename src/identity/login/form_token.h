// The hidden token of every form: ties it to the browser it was sent to, to its purpose and to the request it carries,
// for half an hour. A page of another origin can neither read nor make one (OWASP "signed double submit").
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "crypto/hmac.h"
#include "sql/database.h"

namespace latchkey::identity {

struct FormBinding {
  std::string_view purpose;  // "sign-in"; a token for one form is worth nothing in another
  std::string_view browser;  // what only this browser has: its session or flow cookie
  std::string_view request;  // hidden fields that must come back unaltered
};

WipedString make_form_token(const crypto::HmacKey& key, const FormBinding& binding, Instant now);

// Fails: access_denied. An empty `browser` never passes.
Status check_form_token(const crypto::HmacKey& key, std::string_view token, const FormBinding& binding, Instant now);

// For forms whose effect must not be repeated. Fails: access_denied when the token was used before.
Status use_form_token_once(sql::Transaction& tx, std::string_view token, Instant now);
Status drop_used_form_tokens(sql::Transaction& tx, Instant now);

}  // namespace latchkey::identity
