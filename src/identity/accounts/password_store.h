// The stored password hash of an account, as a PHC string. Hashing itself happens outside of transactions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/argon2id.h"
#include "identity/accounts/account_store.h"

namespace latchkey::identity {

// What a sign-in looks up, in one statement whether or not the name is known.
struct PasswordCandidate {
  std::optional<Account> account;
  std::string phc;  // empty: no such account, or it has no password yet

  // Only then a right password signs in. Everybody else runs the same hash and gets the same answer.
  bool may_sign_in() const { return account && account->status == AccountStatus::active && !phc.empty(); }
};
Result<PasswordCandidate> find_password(sql::Transaction& tx, std::string_view login_name);
Result<PasswordCandidate> find_password_of(sql::Transaction& tx, const UserId& user);

// What the stored hashes cost to check, each kind once, `limit` kinds at most. Reads the whole table: for a start.
// Hashes with salts or sizes that are not ours are left out.
Result<std::vector<crypto::HashWork>> find_hash_works(sql::Transaction& tx, std::size_t limit);

// A new password ends every browser session, token family, remembered device and open invite of the account. Fails:
// invalid_argument, with a sentence: not a hash, or one that costs more than checking one may (crypto/argon2id.h).
Status change_password(sql::Transaction& tx, const UserId& user, std::string_view phc, Instant now);

// The same password under today's cost. Nothing ends. Does nothing when the hash is no longer `old_phc`.
Status replace_hash(sql::Transaction& tx, const UserId& user, std::string_view old_phc, std::string_view phc);

}  // namespace latchkey::identity
