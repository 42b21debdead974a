// The real swtpm, started here.
#include "vault/signing_keys/tpm2_place.h"

#include <gtest/gtest.h>

#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/tpm2_parameters.h"
#include "vault/presence_authenticator.h"
#include "vault/signing_keys/vault_signing_keys.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::SoftwareTpm;
using testing::with_slots;

const auto message = as_bytes("message");

class Tpm2Place : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftwareTpm::is_installed()) GTEST_SKIP() << "swtpm is not installed: ./dev setup";
    tpm = std::make_unique<SoftwareTpm>();
    place = make();
  }
  std::unique_ptr<KeyPlace> make() {
    return make_tpm2_place(device.clock, {.tcti = tpm->tcti(), .pin_cost = crypto::argon2_min_cost});
  }
  SigningKeyBody new_key() {
    auto body = place->make(answering("1234"));
    EXPECT_TRUE(body.has_value()) << to_string(body.error());
    return *std::move(body);
  }
  Code sign(const SigningKeyBody& body, std::string_view pin = "1234") {
    return code_of(place->sign(body, message, answering(pin)));
  }

  Device device;
  std::unique_ptr<SoftwareTpm> tpm;
  std::unique_ptr<KeyPlace> place;
};

TEST_F(Tpm2Place, signs_what_the_public_half_verifies) {
  const SigningKeyBody body = new_key();
  const auto key = place->get_public_key(body);
  ASSERT_TRUE(key.has_value()) << to_string(key.error());
  for (int i = 0; i < 8; ++i) {  // now and then a number begins with a zero byte
    const auto signature = place->sign(body, message, answering("1234"));
    ASSERT_TRUE(signature.has_value()) << to_string(signature.error());
    EXPECT_TRUE(key->verify(message, signature->view()).has_value());
    EXPECT_FALSE(key->verify(as_bytes("another"), signature->view()).has_value());
  }
}

TEST_F(Tpm2Place, demands_its_pin_every_time) {
  const SigningKeyBody body = new_key();
  EXPECT_EQ(sign(body), Code{});
  EXPECT_EQ(code_of(place->sign(body, message, {})), Code::user_cancelled);
  EXPECT_EQ(sign(body, "1235"), Code::wrong_passcode);
  EXPECT_EQ(sign(body), Code{});
}

TEST_F(Tpm2Place, makes_wrong_pins_wait_before_the_tpm_locks_the_machine) {
  ASSERT_TRUE(tpm->set_lockout(32).has_value());
  const SigningKeyBody body = new_key();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sign(body, "1235"), Code::wrong_passcode);
  EXPECT_EQ(sign(body, "1235"), Code::locked_out);
  EXPECT_EQ(sign(body), Code::locked_out);
  device.clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(sign(body), Code{});
}

TEST_F(Tpm2Place, the_tpm_itself_locks_when_guessed_at) {
  ASSERT_TRUE(tpm->set_lockout(2).has_value());
  const SigningKeyBody body = new_key();
  EXPECT_EQ(sign(body, "1235"), Code::wrong_passcode);
  EXPECT_EQ(code_of(make()->sign(body, message, answering("1236"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(make()->sign(body, message, answering("1234"))), Code::locked_out);
  ASSERT_TRUE(tpm->reset_lockout().has_value());
  EXPECT_EQ(sign(body), Code{});
}

TEST_F(Tpm2Place, keys_outlive_a_restart_but_not_a_cleared_or_another_tpm) {
  const SigningKeyBody body = new_key();
  tpm->restart();
  place = make();
  EXPECT_EQ(sign(body), Code{});
  ASSERT_TRUE(tpm->clear().has_value());
  EXPECT_EQ(sign(body), Code::key_missing);
  tpm->replace();
  place = make();
  EXPECT_EQ(sign(body), Code::key_missing);
}

TEST_F(Tpm2Place, an_altered_or_foreign_body_signs_nothing) {
  const SigningKeyBody body = new_key();
  for (const std::size_t at : {std::size_t{0}, std::size_t{5}, body.size() / 2, body.size() - 1}) {
    SigningKeyBody altered = body.clone();
    altered.reveal_to_write()[at] ^= 0x40;
    EXPECT_NE(sign(altered), Code{}) << at;
  }
  EXPECT_EQ(code_of(place->get_public_key(SigningKeyBody::copy_of("\x01\x01 and too short"))), Code::vault_corrupted);
}

TEST_F(Tpm2Place, without_a_tpm_says_so) {
  const auto absent =
      make_tpm2_place(device.clock, {.tcti = "device:/nonexistent/tpm", .pin_cost = crypto::argon2_min_cost});
  EXPECT_EQ(code_of(absent->make(answering("1234"))), Code::unsupported);
  EXPECT_EQ(code_of(place->make({})), Code::user_cancelled);
}

TEST_F(Tpm2Place, a_weak_presence_and_its_pin_make_a_strong_statement) {
  const auto vault = make_vault(device, make_memory_medium(), with_slots({SlotKind::in_memory}));
  const auto keys = make_vault_signing_keys(*vault, make());
  const auto presence = make_scripted_presence(std::make_shared<PresenceScript>());
  PresenceAuthenticator authenticator(*presence, *keys, device.clock,
                                      {.origin = "org.example.app", .minimum_strength = PresenceStrength::strong});
  const auto key = authenticator.enrol(answering("1234"));
  ASSERT_TRUE(key.has_value()) << to_string(key.error());
  const auto text = authenticator.authenticate({"pay", "challenge-of-the-server"}, answering("1234"));
  ASSERT_TRUE(text.has_value()) << to_string(text.error());
  const auto statement = protocol::verify_presence_statement(*text, *key,
                                                             {.purpose = "pay",
                                                              .challenge = "challenge-of-the-server",
                                                              .origin = "org.example.app",
                                                              .minimum_strength = PresenceStrength::strong,
                                                              .methods = {PresenceMethod::scripted}},
                                                             device.clock.now());
  ASSERT_TRUE(statement.has_value()) << to_string(statement.error());
  EXPECT_TRUE(statement->key_bound);
  EXPECT_EQ(statement->strength, PresenceStrength::strong);
  EXPECT_EQ(code_of(authenticator.authenticate({"pay", "challenge-of-the-server"}, answering("9999"))),
            Code::wrong_passcode);
  // Software of the same vault neither uses nor replaces it.
  const auto software = make_vault_signing_keys(*vault);
  EXPECT_EQ(code_of(software->get_public_key("default")), Code::unsupported);
}

}  // namespace
}  // namespace latchkey::vault
