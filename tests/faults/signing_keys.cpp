#include "tests/faults/signing_keys.h"

#include "tests/faults/operations.h"
#include "vault/presence_authenticator.h"
#include "vault/signing_keys/vault_signing_keys.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::faults {
namespace {

using vault::PresenceAuthenticator;
using vault::Vault;
using vault::testing::answering;
using vault::testing::value_of;

constexpr std::string_view key_name = "default";
constexpr const char* origin = "org.example.app";
constexpr const char* purpose = "sign-in";
constexpr const char* challenge = "challenge-of-the-server";
constexpr std::uint8_t first_finger = 1;
constexpr std::uint8_t other_finger = 2;

const vault::Prompt user = answering(World::right_passcode);  // whose passcode is the TPM's PIN, too

std::unique_ptr<vault::UserPresence> present(std::uint8_t finger) {
  const auto script = std::make_shared<vault::PresenceScript>();
  script->enrolment[0] = finger;
  return vault::make_scripted_presence(script);
}

vault::AuthenticatorOptions options() {
  return {.origin = origin, .minimum_strength = vault::PresenceStrength::weak, .key_name = std::string(key_name)};
}

}  // namespace

Signer::Signer(Vault& vault, const Clock& clock, std::unique_ptr<vault::KeyPlace> place)
    : clock_(clock),
      keys_(make_vault_signing_keys(vault, std::move(place), {.drop_on_invalidation = {std::string(session)}})) {}

Status Signer::enrol() {
  const auto presence = present(first_finger);
  TRY_DO(PresenceAuthenticator(*presence, *keys_, clock_, options()).enrol(user));
  return {};
}

Status Signer::authenticate_with(std::uint8_t finger) {
  const auto presence = present(finger);
  PresenceAuthenticator authenticator(*presence, *keys_, clock_, options());
  TRY(const auto key, keys_->get_public_key(key_name));
  TRY(const std::string answer, authenticator.authenticate({.purpose = purpose, .challenge = challenge}, user));
  TRY_DO(protocol::verify_presence_statement(answer, key,
                                             {.purpose = purpose,
                                              .challenge = challenge,
                                              .origin = origin,
                                              .minimum_strength = vault::PresenceStrength::weak,
                                              .methods = {vault::PresenceMethod::scripted}},
                                             clock_.now()));
  return {};
}
Status Signer::authenticate() { return authenticate_with(first_finger); }

Status Signer::invalidate() {
  const Status signed_anyway = authenticate_with(other_finger);
  if (signed_anyway) return fail(Code::internal, "an invalid key signs");
  return signed_anyway.error().code == Code::key_invalidated ? Status() : signed_anyway;
}

Status Signer::remove() { return keys_->remove(key_name); }

std::string Signer::describe() {
  const auto key = keys_->get_public_key(key_name);
  if (!key && key.error().code == Code::not_found) return "none";
  if (!key && key.error().code == Code::key_invalidated) return "invalidated";
  const Status done = key ? authenticate() : Status(tl::unexpected(key.error()));
  return done ? "signs" : to_string(done.error());
}

namespace {

void make_vault_with_session(World& world) {
  make_vault(world);
  const auto vault = world.open_unlocked();
  ASSERT_TRUE((*vault)->set(Signer::session, value_of("alice")));
}
void make_vault_with_key(World& world) {
  make_vault_with_session(world);
  const auto vault = world.open_unlocked();
  ASSERT_TRUE(world.signer(**vault).enrol());
}
void make_vault_with_invalid_key(World& world) {
  make_vault_with_key(world);
  const auto vault = world.open_unlocked();
  ASSERT_TRUE(world.signer(**vault).invalidate());
}

}  // namespace

std::vector<Operation> list_operations_of_signing_keys() {
  std::vector<Operation> all;
  all.push_back({"make a signing key", make_vault_with_session,
                 [](World& world, Vault* vault) { return world.signer(*vault).enrol(); }});
  all.push_back({"sign a challenge", make_vault_with_key,
                 [](World& world, Vault* vault) { return world.signer(*vault).authenticate(); }});
  all.push_back({"invalidate a signing key", make_vault_with_key,
                 [](World& world, Vault* vault) { return world.signer(*vault).invalidate(); }});
  all.push_back({"replace an invalid signing key", make_vault_with_invalid_key,
                 [](World& world, Vault* vault) { return world.signer(*vault).enrol(); }});
  all.push_back({"remove a signing key", make_vault_with_key,
                 [](World& world, Vault* vault) { return world.signer(*vault).remove(); }});
  for (Operation& operation : all) operation.may_have_log = false;
  return all;
}

}  // namespace latchkey::faults
