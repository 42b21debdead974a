#include "vault/presence_authenticator.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/signing_keys/vault_signing_keys.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::value_of;
using testing::with_slots;

// What a platform with key-bound hardware offers; signs in software all the same.
class HardwareKeys final : public SigningKeyStore {
 public:
  HardwareKeys(SigningKeyStore& real, KeyProtection claimed) : real_(real), claimed_(claimed) {}
  KeyProtection protection() const override { return claimed_; }
  Result<crypto::VerifyingKey> create(std::string_view name, Presence presence, const Prompt& prompt) override {
    return real_.create(name, std::move(presence), prompt);
  }
  Result<crypto::VerifyingKey> get_public_key(std::string_view name) override { return real_.get_public_key(name); }
  Result<crypto::Signature> sign(std::string_view name, Presence presence, ByteView message,
                                 const Prompt& prompt) override {
    return real_.sign(name, std::move(presence), message, prompt);
  }
  Status remove(std::string_view name) override { return real_.remove(name); }

 private:
  SigningKeyStore& real_;
  KeyProtection claimed_;
};

class Authenticator : public ::testing::Test {
 protected:
  Authenticator() {
    script->answer = [this](const Prompt&) {
      ++asked;
      return answer;
    };
  }
  PresenceAuthenticator make(PresenceStrength minimum = PresenceStrength::weak) {
    return {*presence, *keys, device.clock, {.origin = "org.example.app", .minimum_strength = minimum}};
  }
  Result<protocol::PresenceStatement> verify(std::string_view text, const crypto::VerifyingKey& key) {
    return protocol::verify_presence_statement(text, key,
                                               {.purpose = "pay",
                                                .challenge = request.challenge,
                                                .origin = "org.example.app",
                                                .minimum_strength = PresenceStrength::weak,
                                                .methods = {PresenceMethod::scripted}},
                                               device.clock.now());
  }

  Device device;
  std::unique_ptr<Vault> vault = make_vault(device, make_memory_medium(), with_slots({SlotKind::in_memory}));
  std::shared_ptr<PresenceScript> script = std::make_shared<PresenceScript>();
  std::unique_ptr<UserPresence> presence = make_scripted_presence(script);
  std::unique_ptr<SigningKeyStore> keys =
      make_vault_signing_keys(*vault, {.drop_on_invalidation = {"session", "never there"}});
  AuthenticationRequest request{"pay", "challenge-of-the-server"};
  Status answer;
  int asked = 0;
};

TEST_F(Authenticator, answers_with_a_signature_that_the_server_can_check) {
  auto authenticator = make();
  const auto key = authenticator.enrol({});
  ASSERT_TRUE(key.has_value()) << to_string(key.error());
  const auto text = authenticator.authenticate(request, {});
  ASSERT_TRUE(text.has_value()) << to_string(text.error());
  const auto statement = verify(*text, *key);
  ASSERT_TRUE(statement.has_value()) << to_string(statement.error());
  EXPECT_EQ(statement->method, PresenceMethod::scripted);
  EXPECT_EQ(statement->strength, PresenceStrength::weak);
  EXPECT_FALSE(statement->key_bound);
  EXPECT_EQ(asked, 2);
}

TEST_F(Authenticator, signs_nothing_unless_the_user_was_there) {
  auto authenticator = make();
  ASSERT_TRUE(authenticator.enrol({}).has_value());
  for (const Code code : {Code::user_cancelled, Code::cancelled, Code::presence_timeout, Code::locked_out,
                          Code::not_enrolled, Code::permission_denied, Code::temporarily_unavailable}) {
    answer = fail(code);
    EXPECT_EQ(code_of(authenticator.authenticate(request, {})), code);
  }
}

TEST_F(Authenticator, makes_no_key_unless_the_user_was_there) {
  answer = fail(Code::user_cancelled);
  EXPECT_EQ(code_of(make().enrol({})), Code::user_cancelled);
  EXPECT_TRUE(vault->list().value().empty());
}

TEST_F(Authenticator, asks_nobody_when_there_is_nothing_to_sign_with) {
  auto authenticator = make();
  EXPECT_EQ(code_of(authenticator.authenticate(request, {})), Code::not_found);
  EXPECT_EQ(code_of(authenticator.authenticate({"pay", "short"}, {})), Code::invalid_argument);
  vault->lock();
  EXPECT_EQ(code_of(authenticator.authenticate(request, {})), Code::vault_locked);
  EXPECT_EQ(code_of(authenticator.enrol({})), Code::vault_locked);
  EXPECT_EQ(asked, 0);
}

TEST_F(Authenticator, a_vault_that_locked_during_the_prompt_signs_nothing) {
  auto authenticator = make();
  ASSERT_TRUE(authenticator.enrol({}).has_value());
  script->answer = [this](const Prompt&) {
    vault->lock();
    return Status();
  };
  EXPECT_EQ(code_of(authenticator.authenticate(request, {})), Code::vault_locked);
}

TEST_F(Authenticator, below_the_minimum_strength_nobody_is_asked) {
  for (const PresenceStrength minimum : {PresenceStrength::strong, PresenceStrength::maximum}) {
    auto authenticator = make(minimum);
    EXPECT_EQ(code_of(authenticator.enrol({})), Code::unsupported);
    EXPECT_EQ(code_of(authenticator.authenticate(request, {})), Code::unsupported);
  }
  // Not even a strong recognition helps a key that anybody can use.
  script->status.strength = script->strength = PresenceStrength::maximum;
  EXPECT_EQ(code_of(make(PresenceStrength::strong).enrol({})), Code::unsupported);
  EXPECT_EQ(asked, 0);
}

TEST_F(Authenticator, a_presence_weaker_than_announced_signs_nothing) {
  HardwareKeys hardware(*keys, {SecurityLevel::separate_hardware, true});
  PresenceAuthenticator authenticator(*presence, hardware, device.clock,
                                      {.origin = "a", .minimum_strength = PresenceStrength::maximum});
  script->status.strength = PresenceStrength::strong;
  script->strength = PresenceStrength::weak;
  EXPECT_EQ(code_of(authenticator.enrol({})), Code::unsupported);
  EXPECT_EQ(asked, 1);
}

TEST_F(Authenticator, strength_follows_the_table) {
  constexpr auto weak = PresenceStrength::weak, strong = PresenceStrength::strong, maximum = PresenceStrength::maximum;
  struct Row {
    PresenceStrength presence;
    KeyProtection key;
    PresenceStrength expected;
  };
  constexpr Row rows[] = {{weak, {SecurityLevel::software, false}, weak},
                          {maximum, {SecurityLevel::software, false}, weak},
                          {maximum, {SecurityLevel::software, true}, weak},
                          {maximum, {SecurityLevel::separate_hardware, false}, weak},
                          {weak, {SecurityLevel::trusted_hardware, true}, strong},
                          {maximum, {SecurityLevel::trusted_hardware, true}, strong},
                          {weak, {SecurityLevel::separate_hardware, true}, strong},
                          {strong, {SecurityLevel::separate_hardware, true}, maximum}};
  for (const Row& row : rows) EXPECT_EQ(achieved_strength(row.presence, row.key), row.expected);
}

TEST_F(Authenticator, a_changed_enrolment_ends_the_key_and_drops_the_tokens) {
  auto authenticator = make();
  ASSERT_TRUE(authenticator.enrol({}).has_value());
  ASSERT_TRUE(vault->set("session", value_of("tokens")).has_value());
  ASSERT_TRUE(vault->set("other", value_of("stays")).has_value());
  script->enrolment[0] = 1;
  EXPECT_EQ(code_of(authenticator.authenticate(request, {})), Code::key_invalidated);
  EXPECT_EQ(code_of(vault->get("session")), Code::not_found);
  EXPECT_TRUE(vault->get("other").has_value());

  // For good, whatever the enrolment is later; nobody is asked in vain.
  script->enrolment[0] = 0;
  const int before = asked;
  EXPECT_EQ(code_of(authenticator.authenticate(request, {})), Code::key_invalidated);
  EXPECT_EQ(asked, before);
  // A new key takes its place, and the server learns a new public half.
  const auto fresh = authenticator.enrol({});
  ASSERT_TRUE(fresh.has_value()) << to_string(fresh.error());
  EXPECT_TRUE(verify(authenticator.authenticate(request, {}).value(), *fresh).has_value());
}

TEST_F(Authenticator, the_policy_may_let_a_key_outlive_its_enrolment) {
  keys = make_vault_signing_keys(*vault, {.invalidate_on_enrolment_change = false});
  auto authenticator = make();
  ASSERT_TRUE(authenticator.enrol({}).has_value());
  script->enrolment[0] = 1;
  EXPECT_TRUE(authenticator.authenticate(request, {}).has_value());
}

TEST_F(Authenticator, a_key_that_is_there_is_not_replaced) {
  auto authenticator = make();
  const auto key = authenticator.enrol({});
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(code_of(authenticator.enrol({})), Code::already_exists);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(keys->get_public_key("default")->parameters(), key->parameters());
}

}  // namespace
}  // namespace latchkey::vault
