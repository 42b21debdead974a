#include "identity/accounts/password_peppers.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "identity/schema.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"

namespace latchkey::identity {
namespace {

template <class Kind>
struct Peppers : tests::DatabaseTest<Kind> {
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (!this->IsSkipped()) ASSERT_TRUE(sql::migrate(this->db(), schema()));
  }
  PasswordPeppers open() { return *PasswordPeppers::open(this->db(), encryption_); }
  static bool are_equal(const PasswordPeppers::Peppered& a, std::string_view b) { return a.reveal_text() == b; }

  KeyEncryption encryption_ = *KeyEncryption::from(crypto::random_secret<KeyEncryptionSecretTag>(32));
  Password password_ = *normalise_password("a secret");
};
TYPED_TEST_SUITE(Peppers, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Peppers, what_is_hashed_says_nothing_without_the_key) {
  const auto peppers = this->open();
  const auto mixed = peppers.apply(this->password_);
  EXPECT_EQ(mixed.size(), 32U);
  EXPECT_FALSE(this->are_equal(mixed, "a secret"));
  const auto kept = this->db()
                        .read([](sql::Transaction& tx) {
                          return tx.query("SELECT sealed FROM sign_in_secrets WHERE name = 'password-pepper/1'");
                        })
                        .get();
  ASSERT_EQ(kept->size(), 1U);
  const auto sealed = *kept->operator[](0).template get<Bytes>(0);
  EXPECT_GT(sealed.size(), 32U) << "sealed, not plain";
}

TYPED_TEST(Peppers, the_same_key_is_there_after_a_restart) {
  const auto before = this->open();
  const std::string mixed(before.apply(this->password_).reveal_text());
  const auto after = this->open();
  const std::string text = before.print("$argon2id$x");
  EXPECT_EQ(text, "pepper=1$argon2id$x");
  const auto read = after.read(text, this->password_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->phc, "$argon2id$x");
  EXPECT_TRUE(this->are_equal(read->password, mixed));
  EXPECT_FALSE(read->is_outdated);
}

TYPED_TEST(Peppers, hashes_from_before_are_taken_as_they_are_and_renewed) {
  const auto peppers = this->open();
  const auto read = peppers.read("$argon2id$x", this->password_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->phc, "$argon2id$x");
  EXPECT_TRUE(this->are_equal(read->password, "a secret"));
  EXPECT_TRUE(read->is_outdated);
}

TYPED_TEST(Peppers, a_newer_key_takes_over_and_the_older_still_opens) {
  const std::string text = this->open().print("$argon2id$x");
  const std::string mixed(this->open().apply(this->password_).reveal_text());
  ASSERT_TRUE(PasswordPeppers::add_key(this->db(), this->encryption_));
  const auto peppers = this->open();
  EXPECT_EQ(peppers.print("$"), "pepper=2$");
  EXPECT_FALSE(this->are_equal(peppers.apply(this->password_), mixed));
  const auto read = peppers.read(text, this->password_);
  ASSERT_TRUE(read);
  EXPECT_TRUE(this->are_equal(read->password, mixed));
  EXPECT_TRUE(read->is_outdated);
}

TYPED_TEST(Peppers, unknown_and_malformed_keys_are_never_a_wrong_password) {
  const auto peppers = this->open();
  for (const char* text :
       {"pepper=2$argon2id$x", "pepper=$x", "pepper=01$x", "pepper=-1$x", "pepper=0$x", "pepper=1 $x"}) {
    const auto read = peppers.read(text, this->password_);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::storage_corrupted);
  }
}

TYPED_TEST(Peppers, another_key_encryption_key_opens_nothing) {
  this->open();
  const auto other = *KeyEncryption::from(crypto::random_secret<KeyEncryptionSecretTag>(32));
  const auto opened = PasswordPeppers::open(this->db(), other);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::authentication_failed);
}

}  // namespace
}  // namespace latchkey::identity
