// Signing in with a login name and a password: throttled first, hashed second, the same answer for everybody who is not
// let in. Knows no HTTP.
#pragma once

#include <optional>
#include <string>

#include "base/wiping.h"
#include "http/server/task.h"
#include "identity/accounts/account_store.h"
#include "identity/accounts/password_policy.h"
#include "identity/login/sign_in_service.h"

namespace latchkey::identity {

struct PasswordAttempt {
  std::string login_name;  // as typed
  Password password;       // normalised
  WipedString device_cookie;
  http::Address address;
};

enum class SignInOutcome { signed_in, wrong, throttled };

struct PasswordAnswer {
  SignInOutcome outcome = SignInOutcome::wrong;
  std::optional<Account> account;  // signed_in
  std::string phc;                 // signed_in: the stored text that agreed
  bool is_known_device = false;
  std::chrono::seconds retry_after{};  // throttled
};

// Takes the attempt, hashes, and gives the attempt back when the password was right. Starts no session. Fails: busy
// (too many are hashing), storage_failed.
http::Task<Result<PasswordAnswer>> try_password(SignInService& service, const PasswordAttempt& attempt);

// Whether the password that was right still is, and its account active: to be asked again in the transaction that acts
// on the answer, because a reset or an administrator may have been faster.
Result<bool> is_still_right(sql::Transaction& tx, const PasswordAnswer& answer);

}  // namespace latchkey::identity
