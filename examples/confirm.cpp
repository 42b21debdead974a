// Asks what this machine can recognise its user by, then has the user confirm a payment with a finger. Shown in
// docs/guides/vault-presence.md.
//   confirm VAULT-FILE CHALLENGE        the vault must exist; its passcode is the first line of standard input
#include <cstdio>
#include <iostream>

#include "protocol/jose/jwk.h"
#include "vault/desktop_signals.h"
#include "vault/presence_authenticator.h"
#include "vault/signing_keys/vault_signing_keys.h"
#include "vault/user_presences/fprint_presence.h"
#include "vault/user_presences/pam_presence.h"
#include "vault/vault_file.h"

using namespace latchkey;

namespace {

void show_hint(vault::PresenceHint hint) {
  std::fprintf(stderr, "fingerprint reader: %s\n", std::string(vault::name_of(hint)).c_str());
}

// [capabilities]
std::vector<std::unique_ptr<vault::UserPresence>> find_presences(const Clock& clock) {
  std::vector<std::unique_ptr<vault::UserPresence>> presences;
  presences.push_back(vault::make_fprint_presence(clock, {.on_hint = show_hint}));
  presences.push_back(vault::make_pam_presence(clock));
  return presences;
}

void show_capabilities(std::span<const std::unique_ptr<vault::UserPresence>> presences) {
  const vault::Capabilities can = vault::get_capabilities(presences, {});
  for (const vault::PresenceStatus& type : can.types)
    std::fprintf(stderr, "%s: %s\n", std::string(protocol::name_of(type.method)).c_str(),
                 type.problem ? to_string(*type.problem).c_str() : "usable");
}
// [capabilities]

// [confirm]
Result<std::string> confirm(vault::Vault& opened, vault::UserPresence& finger, const std::string& challenge,
                            const Clock& clock, const vault::Prompt& prompt) {
  const auto keys = vault::make_vault_signing_keys(opened, {.drop_on_invalidation = {"latchkey/session"}});
  vault::PresenceAuthenticator authenticator(
      finger, *keys, clock, {.origin = "org.example.app", .minimum_strength = vault::PresenceStrength::weak});
  auto statement = authenticator.authenticate({"pay", challenge}, prompt);
  if (statement || statement.error().code != Code::not_found) return statement;

  TRY(const auto key, authenticator.enrol(prompt));  // the first time: register this with the server
  std::fprintf(stderr, "key to register: %s\n", protocol::jose::Jwk::of(key).thumbprint().c_str());
  return authenticator.authenticate({"pay", challenge}, prompt);
}
// [confirm]

Status run(const std::filesystem::path& file, const std::string& challenge) {
  const SystemClock clock;
  vault::Prompt prompt;
  prompt.reason = "Example wants you to confirm a payment";
  prompt.ask_passcode = [](vault::PasscodeAsk) -> Result<vault::Passcode> {
    std::string line;  // an app would use its own field, and wipe it
    std::getline(std::cin, line);
    return vault::Passcode::copy_of(std::string_view(line));
  };
  TRY(const auto opened, vault::Vault::open(vault::parts_for_file(file, clock)));
  TRY_DO(opened->unlock(prompt));

  // [lock]
  const auto signals = vault::DesktopSignals::watch(
      {.on_lock = [&](vault::LockReason why) { opened->lock(why); }, .on_lost = [&](const Error&) { opened->lock(); }});
  if (!signals) std::fprintf(stderr, "does not lock with the desktop: %s\n", to_string(signals.error()).c_str());
  // [lock]

  const auto presences = find_presences(clock);
  show_capabilities(presences);
  TRY(const std::string statement, confirm(*opened, *presences.front(), challenge, clock, prompt));
  std::printf("%s\n", statement.c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const Status done = run(argv[1], argv[2]);
  if (!done) std::fprintf(stderr, "%s\n", to_string(done.error()).c_str());
  return done ? 0 : 1;
}
