// The keys that go into password hashes besides the password (NIST SP 800-63B-4 section 3.1.1.2, "keyed hash"): whoever
// copies the database alone cannot even begin to guess, because they are sealed under the key-encryption key.
//   stored = "pepper=<key id>" | PHC string of Argon2id( HMAC-SHA256(key, password) )
// A stored hash without the prefix is of an account from before, or imported; it is accepted and hashed anew at the
// next sign-in, and so is one under an older key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/hmac.h"
#include "identity/accounts/password_policy.h"
#include "identity/tokens/key_encryption.h"
#include "sql/database.h"

namespace latchkey::identity {

// Thread-safe.
class PasswordPeppers final {
 public:
  // Reads all keys, making the first. Fails: storage_failed, authentication_failed (another key-encryption key).
  static Result<PasswordPeppers> open(sql::Database& db, const KeyEncryption& encryption);
  // New hashes use a new key from when servers start next. For when a key may have leaked together with the database.
  static Status add_key(sql::Database& db, const KeyEncryption& encryption);

  // Locked memory: what Argon2id is given.
  using Peppered = Secret<struct PepperedPasswordTag>;

  // For a new hash, and for an account that does not exist.
  Peppered apply(const Password& password) const;
  std::string print(std::string_view phc) const;  // the stored text of a hash of apply()

  // What a stored text asks for. Fails: storage_corrupted (malformed, or a key nobody has).
  struct Stored {
    std::string_view phc;  // within the text
    Peppered password;     // to compare with it
    bool is_outdated = false;
  };
  // The PHC string of a stored text, whichever key is under it.
  static std::string_view phc_of(std::string_view text);
  Result<Stored> read(std::string_view text, const Password& password) const;

 private:
  std::map<std::uint32_t, crypto::HmacKey> keys_;  // never empty; the last is the newest
};

}  // namespace latchkey::identity
