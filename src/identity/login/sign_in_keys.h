// The secrets of the sign-in pages: made on the first start, sealed in the database, shared by every server process.
#pragma once

#include <string_view>

#include "base/result.h"
#include "crypto/hmac.h"
#include "identity/accounts/password_peppers.h"
#include "identity/tokens/key_encryption.h"
#include "sql/database.h"

namespace latchkey::identity {

// Thread-safe.
class SignInKeys final {
 public:
  // Fails: storage_failed, authentication_failed (another key-encryption key).
  static Result<SignInKeys> open(sql::Database& db, const KeyEncryption& encryption);

  const crypto::HmacKey& form_tokens() const { return form_tokens_; }
  const crypto::HmacKey& buckets() const { return buckets_; }
  const PasswordPeppers& peppers() const { return peppers_; }

 private:
  SignInKeys(crypto::HmacKey form_tokens, crypto::HmacKey buckets, PasswordPeppers peppers)
      : form_tokens_(std::move(form_tokens)), buckets_(std::move(buckets)), peppers_(std::move(peppers)) {}

  crypto::HmacKey form_tokens_;
  crypto::HmacKey buckets_;
  PasswordPeppers peppers_;
};

}  // namespace latchkey::identity
