#include "identity/tokens/signing_keys.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "identity/schema.h"
#include "identity/tokens/access_token.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

KeyEncryption new_encryption() { return *KeyEncryption::from(crypto::random_secret<KeyEncryptionSecretTag>(32)); }

class SigningKeysTest : public tests::DatabaseTest<tests::OnSqlite> {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    ASSERT_TRUE(sql::migrate(db(), schema()));
    keys_ = *SigningKeys::open(db(), encryption_, policy_, clock_.now());
  }
  std::string signed_now() {
    AccessTokenClaims claims;
    claims.issuer = claims.audience = "https://id.example";
    claims.subject = claims.client_id = "service";
    claims.token_id = new_token_id();
    claims.issued_at = clock_.now();
    claims.expires_at = clock_.now() + 5min;
    return std::string(*sign_access_token(claims, *keys_->current(), clock_.now()));
  }
  bool is_good(const std::string& token) {
    return verify_access_token(token, "https://id.example", *keys_->current(), clock_.now()).has_value();
  }

  ManualClock clock_;
  SigningKeyPolicy policy_;
  KeyEncryption encryption_ = new_encryption();
  std::unique_ptr<SigningKeys> keys_;
};

TEST_F(SigningKeysTest, the_same_key_signs_after_a_restart) {
  const auto token = signed_now();
  const auto again = SigningKeys::open(db(), encryption_, policy_, clock_.now());
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->current()->jwks.bytes(), keys_->current()->jwks.bytes());
  EXPECT_TRUE(is_good(token));
}

TEST_F(SigningKeysTest, keys_in_the_database_open_only_under_the_right_key_encryption_key) {
  const auto other = new_encryption();
  const auto opened = SigningKeys::open(db(), other, policy_, clock_.now());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::authentication_failed);
}

TEST_F(SigningKeysTest, row_69_the_next_key_is_published_before_it_signs_and_the_old_one_stays_until_its_tokens_end) {
  const auto old_kid = (*keys_->current()->signing_at(clock_.now()))->jwk.kid();
  clock_.advance(policy_.use - policy_.publish_before_use);
  ASSERT_TRUE(keys_->rotate_if_due(clock_.now()));
  EXPECT_EQ(keys_->current()->keys.size(), 2U);
  EXPECT_EQ((*keys_->current()->signing_at(clock_.now()))->jwk.kid(), old_kid) << "published, not yet signing";

  clock_.advance(policy_.publish_before_use - 1s);
  const auto last = signed_now();
  clock_.advance(1s);
  EXPECT_NE((*keys_->current()->signing_at(clock_.now()))->jwk.kid(), old_kid);
  EXPECT_TRUE(is_good(last));
  clock_.advance(policy_.keep_after_use);
  ASSERT_TRUE(keys_->rotate_if_due(clock_.now()));
  EXPECT_EQ(keys_->current()->keys.size(), 1U);
}

TEST_F(SigningKeysTest, a_server_that_slept_through_a_rotation_signs_at_once) {
  clock_.advance(policy_.use * 3);
  EXPECT_FALSE(keys_->current()->signing_at(clock_.now()));
  ASSERT_TRUE(keys_->rotate_if_due(clock_.now()));
  EXPECT_TRUE(is_good(signed_now()));
}

TEST_F(SigningKeysTest, the_token_id_names_the_family) {
  FamilyId family;
  family.fill(7);
  EXPECT_EQ(family_of(new_token_id(family)), family);
  EXPECT_NE(new_token_id(family), new_token_id(family));
  EXPECT_FALSE(family_of(new_token_id()));
  EXPECT_FALSE(family_of(std::string(43, '!')));
}

}  // namespace
}  // namespace latchkey::identity
