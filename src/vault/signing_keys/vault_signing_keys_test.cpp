#include "vault/signing_keys/vault_signing_keys.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

class VaultSigningKeys : public ::testing::Test {
 protected:
  Presence present() {
    auto script = std::make_shared<PresenceScript>();
    script->enrolment = enrolment;
    return make_scripted_presence(script)->check({}).value();
  }
  static std::string record_name(std::string_view name) { return std::string(signing_key_prefix) + std::string(name); }

  Device device;
  std::unique_ptr<Vault> vault = make_vault(device, make_memory_medium(), with_slots({SlotKind::in_memory}));
  std::unique_ptr<SigningKeyStore> keys = make_vault_signing_keys(*vault);
  EnrolmentDigest enrolment{7};
};

TEST_F(VaultSigningKeys, say_that_they_are_software_and_bound_to_nobody) {
  EXPECT_EQ(keys->protection(), (KeyProtection{SecurityLevel::software, false}));
}

TEST_F(VaultSigningKeys, sign_what_the_public_half_verifies) {
  const auto key = keys->create("a", present(), {});
  ASSERT_TRUE(key.has_value()) << to_string(key.error());
  const auto signature = keys->sign("a", present(), as_bytes("message"), {});
  ASSERT_TRUE(signature.has_value()) << to_string(signature.error());
  EXPECT_TRUE(key->verify(as_bytes("message"), signature->view()).has_value());
  EXPECT_FALSE(key->verify(as_bytes("another"), signature->view()).has_value());
}

TEST_F(VaultSigningKeys, are_apart_by_name_and_go_when_removed) {
  const auto a = keys->create("a", present(), {}), b = keys->create("b", present(), {});
  EXPECT_NE(a->parameters(), b->parameters());
  EXPECT_EQ(code_of(keys->create("a", present(), {})), Code::already_exists);
  EXPECT_TRUE(keys->remove("a").has_value());
  EXPECT_EQ(code_of(keys->remove("a")), Code::not_found);
  EXPECT_EQ(code_of(keys->get_public_key("a")), Code::not_found);
  EXPECT_EQ(code_of(keys->sign("a", present(), as_bytes("message"), {})), Code::not_found);
  EXPECT_TRUE(keys->get_public_key("b").has_value());
}

TEST_F(VaultSigningKeys, are_locked_with_the_vault) {
  ASSERT_TRUE(keys->create("a", present(), {}).has_value());
  vault->lock();
  EXPECT_EQ(code_of(keys->sign("a", present(), as_bytes("message"), {})), Code::vault_locked);
  EXPECT_EQ(code_of(keys->get_public_key("a")), Code::vault_locked);
}

TEST_F(VaultSigningKeys, refuse_names_that_reach_elsewhere) {
  for (const std::string& name : {std::string(), std::string("a/b"), std::string("a b"), std::string(65, 'a')}) {
    EXPECT_EQ(code_of(keys->create(name, present(), {})), Code::invalid_argument);
    EXPECT_EQ(code_of(keys->get_public_key(name)), Code::invalid_argument);
    EXPECT_EQ(code_of(keys->remove(name)), Code::invalid_argument);
  }
}

TEST_F(VaultSigningKeys, lose_the_private_half_when_the_enrolment_changed) {
  ASSERT_TRUE(keys->create("a", present(), {}).has_value());
  enrolment[0] = 8;
  EXPECT_EQ(code_of(keys->sign("a", present(), as_bytes("message"), {})), Code::key_invalidated);
  const auto record = parse_signing_key_record(vault->get(record_name("a"))->reveal());
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(record->body.is_empty());
  EXPECT_EQ(code_of(keys->get_public_key("a")), Code::key_invalidated);
  EXPECT_TRUE(keys->create("a", present(), {}).has_value());
}

TEST_F(VaultSigningKeys, of_one_method_do_not_sign_for_another) {
  ASSERT_TRUE(keys->create("a", present(), {}).has_value());
  auto stored = parse_signing_key_record(vault->get(record_name("a"))->reveal()).value();
  stored.method = PresenceMethod::fingerprint;
  ASSERT_TRUE(vault->set(record_name("a"), print_signing_key_record(stored)).has_value());
  EXPECT_EQ(code_of(keys->sign("a", present(), as_bytes("message"), {})), Code::invalid_argument);
}

TEST_F(VaultSigningKeys, a_record_that_is_not_one_is_refused_and_left_alone) {
  std::string newer(40, '\x01');
  newer[0] = 2;
  struct Row {
    std::string body;
    Code code;
  };
  const std::string enrolled(32, 'e');
  const Row rows[] = {{"", Code::vault_corrupted},
                      {"\x01\x01\x05", Code::vault_corrupted},
                      {std::string("\x01\x01\x00", 3) + enrolled, Code::vault_corrupted},
                      {"\x01\x01\x06" + enrolled, Code::vault_corrupted},
                      {std::string("\x01\x00\x05", 3) + enrolled, Code::vault_corrupted},
                      {"\x01\x03\x05" + enrolled, Code::vault_corrupted},
                      {std::string("\x00\x01\x05", 3) + enrolled, Code::vault_corrupted},
                      {"\x01\x01\x05" + enrolled + "not a key", Code::vault_corrupted},
                      {"\x01\x01\x05" + enrolled + std::string(4097, 'k'), Code::vault_corrupted},
                      {"\x01\x02\x05" + enrolled + "a key in a TPM", Code::unsupported},
                      {newer, Code::future_version}};
  for (const Row& row : rows) {
    ASSERT_TRUE(vault->set(record_name("a"), value_of(row.body)).has_value());
    EXPECT_EQ(code_of(keys->get_public_key("a")), row.code) << row.body.size();
    EXPECT_FALSE(keys->create("a", present(), {}).has_value());
    EXPECT_EQ(text_of(vault->get(record_name("a"))), row.body);
  }
}

TEST_F(VaultSigningKeys, a_record_prints_as_it_was_read) {
  ASSERT_TRUE(keys->create("a", present(), {}).has_value());
  const auto value = vault->get(record_name("a"));
  const auto record = parse_signing_key_record(value->reveal());
  EXPECT_EQ(record->enrolment, enrolment);
  EXPECT_EQ(as_text(print_signing_key_record(*record).reveal()), value->reveal_text());
}

}  // namespace
}  // namespace latchkey::vault
