// Accounts as rows: who exists, under which login name, and whether they may still sign in. Passwords are in
// password_store.h. Every function runs inside the caller's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "sql/database.h"

namespace latchkey::identity {

enum class AccountStatus : std::uint8_t { active = 0, disabled = 1 };
enum class Role : std::uint8_t { user = 0, admin = 1 };
std::string_view name_of(AccountStatus status);
std::string_view name_of(Role role);

struct Account {
  UserId id;
  std::string login_name;  // normalised: see login_name.h
  AccountStatus status = AccountStatus::active;
  Role role = Role::user;
  Instant created_at;
};

// `login_name` must be normalised. Fails: already_exists.
Result<Account> create_account(sql::Transaction& tx, std::string_view login_name, Role role, Instant now);

Result<std::optional<Account>> find_account(sql::Transaction& tx, const UserId& id);
Result<std::optional<Account>> find_account_by_login_name(sql::Transaction& tx, std::string_view login_name);
Result<std::vector<Account>> list_accounts(sql::Transaction& tx);
Result<bool> has_admin(sql::Transaction& tx);  // an active admin with a password

// True when the account exists and is active: asked again by every refresh, so that disabling a user takes effect at
// once.
Result<bool> is_active(sql::Transaction& tx, const UserId& id);

// Disabling ends every browser session and token family of the account in the same transaction. Fails: not_found.
Status disable_account(sql::Transaction& tx, const UserId& id, Instant now);
Status enable_account(sql::Transaction& tx, const UserId& id, Instant now);

}  // namespace latchkey::identity
