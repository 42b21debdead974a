// One-time links with which a person chooses a password: for the first admin, for a new account, and after a lost
// password. The link holds 256 random bits; the database their hash. A newer link of an account voids the older ones.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "identity/accounts/account_store.h"

namespace latchkey::identity {

inline constexpr std::chrono::hours invite_lifetime{24};

// What is behind a link. No account: the person chooses a login name and gets `role`.
struct Invite {
  std::optional<Account> account;
  Role role = Role::user;
};

// The secret for the link; only its hash is kept.
Result<WipedString> create_invite(sql::Transaction& tx, const UserId& account, Instant now);
Result<WipedString> create_admin_invite(sql::Transaction& tx, Instant now);  // voids older ones without account

// Nothing for a secret that is unknown, used, expired, or whose account is disabled: one answer for all.
Result<std::optional<Invite>> find_invite(sql::Transaction& tx, std::string_view secret, Instant now);

// Uses the link up and sets the password, making the account when there is none (under `login_name`, normalised). Of
// concurrent calls with one secret exactly one succeeds. Fails: not_found (as find_invite), already_exists (the name).
Result<Account> redeem_invite(sql::Transaction& tx, std::string_view secret, std::string_view login_name,
                              std::string_view phc, Instant now);

Status drop_invites_of(sql::Transaction& tx, const UserId& account);
Status drop_expired_invites(sql::Transaction& tx, Instant now);

// issuer + /invite?token=...; the issuer is configuration, never a Host header.
WipedString invite_link(std::string_view issuer, std::string_view secret);

}  // namespace latchkey::identity
