#include "publish/keys/key_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/atomic_file.h"
#include "publish/keys/private_pem.h"
#include "tests/support/temporary_folder.h"
#include "vault/exchange/age/file.h"

namespace latchkey::publish {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;
constexpr unsigned cheap = 8;

class KeyFiles : public ::testing::Test {
 protected:
  Passphrase passphrase = Passphrase::copy_of(std::string_view("correct horse"));
  testing::TemporaryFolder folder;
};

TEST_F(KeyFiles, both_kinds_of_keys_come_back) {
  for (const auto algorithm : {SignatureAlgorithm::ed25519, SignatureAlgorithm::es256}) {
    const SigningKey key = *SigningKey::generate(algorithm);
    const std::string name = algorithm == SignatureAlgorithm::ed25519 ? "a" : "b";
    ASSERT_TRUE(create_key_files(folder.path(), name, key, passphrase, cheap));
    const auto opened = open_key_file(folder.path() / (name + ".key"), passphrase);
    ASSERT_TRUE(opened) << to_string(opened.error());
    EXPECT_EQ(opened->verifying_key().to_spki(), key.verifying_key().to_spki());
    EXPECT_EQ(read_public_key(folder.path() / (name + ".pub")), tuf::TufKey::of(key.verifying_key()));
  }
  EXPECT_EQ(list_keys(folder.path())->size(), 2U);
  EXPECT_EQ(list_keys(folder.path())->front().name, "a");
  EXPECT_TRUE(list_keys(folder.path() / "none")->empty());
}

TEST_F(KeyFiles, without_the_passphrase_nothing_opens) {
  ASSERT_TRUE(
      create_key_files(folder.path(), "a", *SigningKey::generate(SignatureAlgorithm::ed25519), passphrase, cheap));
  const auto other = Passphrase::copy_of(std::string_view("wrong"));
  EXPECT_EQ(open_key_file(folder.path() / "a.key", other).error().code, Code::wrong_passcode);
  EXPECT_EQ(open_key_file(folder.path() / "b.key", other).error().code, Code::not_found);
}

TEST_F(KeyFiles, nothing_is_replaced_and_names_are_names) {
  const SigningKey key = *SigningKey::generate(SignatureAlgorithm::ed25519);
  ASSERT_TRUE(create_key_files(folder.path(), "a", key, passphrase, cheap));
  EXPECT_EQ(create_key_files(folder.path(), "a", key, passphrase, cheap).error().code, Code::already_exists);
  for (const auto* const name : {"", "../a", "a/b", "a.b", "a b"})
    EXPECT_EQ(create_key_files(folder.path(), name, key, passphrase, cheap).error().code, Code::invalid_argument);
  EXPECT_EQ(create_key_files(folder.path(), "c", key, Passphrase(), cheap).error().code, Code::invalid_argument);
}

TEST_F(KeyFiles, another_pem_is_not_a_key) {
  EXPECT_EQ(parse_private_pem("").error().code, Code::invalid_format);
  const SigningKey key = *SigningKey::generate(SignatureAlgorithm::es256);
  const PrivatePem pem = print_private_pem(key.to_pkcs8()->reveal());
  EXPECT_TRUE(parse_private_pem(pem.reveal_text()));
  EXPECT_EQ(parse_private_pem(pem.reveal_text().substr(1)).error().code, Code::invalid_format);
  EXPECT_EQ(parse_private_pem(std::string(pem.reveal_text()) + "more").error().code, Code::invalid_format);
  EXPECT_EQ(parse_private_pem(pem.reveal_text().substr(0, 60)).error().code, Code::invalid_format);
}

}  // namespace
}  // namespace latchkey::publish
