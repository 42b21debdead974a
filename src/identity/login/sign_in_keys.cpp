#include "identity/login/sign_in_keys.h"

#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace latchkey::identity {

namespace {

using SignInRoot = Secret<struct SignInRootTag>;
constexpr std::string_view root_name = "sign-in-root";
constexpr std::size_t root_size = 32;

// Inserts a fresh root unless one is there; of several processes starting at once one wins.
Result<Bytes> load_sealed_root(sql::Database& db, const KeyEncryption& encryption) {
  const SignInRoot fresh = crypto::random_secret<struct SignInRootTag>(root_size);
  TRY(const Bytes sealed, encryption.seal(root_name, fresh.reveal()));
  auto work = [&sealed](sql::Transaction& tx) -> Result<Bytes> {
    TRY_DO(tx.execute("INSERT INTO sign_in_secrets (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                      root_name, sealed));
    TRY(const sql::Rows rows, tx.query("SELECT sealed FROM sign_in_secrets WHERE name = $1", root_name));
    if (rows.is_empty()) return fail(Code::storage_failed, "the sign-in secret is missing");
    return rows[0].get<Bytes>(0);
  };
  return db.write(work).get();
}

}  // namespace

Result<SignInKeys> SignInKeys::open(sql::Database& db, const KeyEncryption& encryption) {
  TRY(const Bytes sealed, load_sealed_root(db, encryption));
  TRY(const WipedBytes bytes, encryption.unseal(root_name, sealed));
  const SignInRoot root = SignInRoot::copy_of(ByteView(bytes));
  const auto forms = crypto::derive<struct FormTokenKeyTag>(root, "latchkey/v1/form-token");
  const auto buckets = crypto::derive<struct BucketKeyTag>(root, "latchkey/v1/attempt-bucket");
  TRY(PasswordPeppers peppers, PasswordPeppers::open(db, encryption));
  return SignInKeys(crypto::HmacKey(forms), crypto::HmacKey(buckets), std::move(peppers));
}

}  // namespace latchkey::identity
