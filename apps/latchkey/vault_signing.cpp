// The user proves to be there: to the vault, or to a server by a signature over its challenge.
#include "apps/latchkey/vault_commands.h"
#include "protocol/jose/jwk.h"
#include "protocol/json_writer.h"
#include "vault/presence_authenticator.h"
#include "vault/signing_keys/tpm2_place.h"
#include "vault/signing_keys/vault_signing_keys.h"

namespace latchkey::app {
namespace {

using vault::SigningKeyStore;
using vault::UserPresence;
using vault::Vault;

struct SigningCommand {
  std::shared_ptr<VaultAccess> access;
  std::string name = "default";
  std::string by = {};
  std::string challenge = {};
  std::string purpose = "sign-in";
  std::string origin = {};
  std::string minimum = "weak";
  bool is_in_tpm = false;

  Status authenticate() {
    if (!challenge.empty()) return sign();
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    access->say_done("it is you");
    return {};
  }

  Status sign() {
    if (origin.empty()) return fail(Code::invalid_argument, "--origin: what the server knows the app by");
    TRY(const auto options, make_options());
    TRY(const auto presence, choose_presence());
    TRY(const auto opened, access->open());
    TRY(const auto keys, make_keys(*opened));
    vault::PresenceAuthenticator authenticator(*presence, *keys, access->clock(), options);
    const auto signed_statement = authenticator.authenticate({purpose, challenge}, access->prompt());
    if (!signed_statement && signed_statement.error().code == Code::not_found)
      return fail(Code::not_found,
                  "the vault has no signing key of this name; make one with latchkey vault signing-key make");
    TRY(const std::string statement, signed_statement);
    std::string json;
    protocol::json::Writer(json).begin_object().member("ok", true).member("statement", statement).end_object();
    access->console().result(statement, json);
    return {};
  }

  Status make() {
    TRY(const auto options, make_options());
    TRY(const auto presence, choose_presence());
    TRY(const auto opened, access->open());
    TRY(const auto keys, make_keys(*opened));
    vault::PresenceAuthenticator authenticator(*presence, *keys, access->clock(), options);
    TRY(const auto key, authenticator.enrol(access->prompt()));
    return show_key(key);
  }

  Status show() {
    TRY(const auto opened, access->open());
    TRY(const auto keys, make_keys(*opened));
    TRY(const auto key, keys->get_public_key(name));
    return show_key(key);
  }

  Status remove() {
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    TRY(const auto keys, make_keys(*opened));
    TRY_DO(keys->remove(name));
    access->say_done("key removed");
    return {};
  }

  // As a JWK, which is what a server registers.
  Status show_key(const crypto::VerifyingKey& key) const {
    std::string jwk;
    protocol::json::Writer writer(jwk);
    protocol::jose::Jwk::of(key).print(writer);
    access->console().result(jwk, R"({"ok":true,"key":)" + jwk + "}");
    return {};
  }

  Result<vault::AuthenticatorOptions> make_options() const {
    const auto strength = protocol::parse_presence_strength(minimum);
    if (!strength) return fail(Code::invalid_argument, "--minimum-strength: weak, strong or maximum");
    return vault::AuthenticatorOptions{.origin = origin, .minimum_strength = *strength, .key_name = name};
  }

  Result<std::unique_ptr<UserPresence>> choose_presence() const {
    std::optional<protocol::PresenceMethod> method;
    if (!by.empty()) {
      const auto named = protocol::parse_presence_method(by);
      if (!named) return fail(Code::invalid_argument, "--by: fingerprint or device-credential");
      method = *named;
    }
    return vault::choose_presence(vault::make_presences(access->clock(), access->presence_options()), method);
  }

  // Other fingers than the key was made with end it as they end the vault's own trust in them.
  Result<std::unique_ptr<SigningKeyStore>> make_keys(Vault& opened) const {
    TRY(const auto status, opened.status());
    auto options = vault::signing_key_options(status.protection);
    if (!is_in_tpm) return vault::make_vault_signing_keys(opened, options);
    vault::Tpm2PlaceOptions place{.tcti = access->flags.tcti};
    return vault::make_vault_signing_keys(opened, vault::make_tpm2_place(access->clock(), place), options);
  }
};

void add_key_flags(CLI::App& sub, SigningCommand& command) {
  sub.add_option("--key", command.name, "Which signing key, if there are several (default: default)");
  sub.add_flag("--in-tpm", command.is_in_tpm, "A key in the TPM, which asks for its PIN at every signature: strong");
}
void add_presence_flags(CLI::App& sub, SigningCommand& command) {
  sub.add_option("--by", command.by, "fingerprint or device-credential (default: the first that can be used now)");
  sub.add_option("--minimum-strength", command.minimum, "Refuse to ask for less: weak (default), strong, maximum");
}

}  // namespace

void add_vault_signing(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<SigningCommand>(SigningCommand{access});
  CLI::App* sub = add_step(group, "authenticate", "Ask the user; with --challenge, sign what a server asked", command,
                           &SigningCommand::authenticate);
  sub->add_option("--challenge", command->challenge, "The server's, 16 to 512 bytes; the answer is a signed statement");
  sub->add_option("--purpose", command->purpose, "What the user agrees to, one word (default: sign-in)");
  sub->add_option("--origin", command->origin, "The app's id or web origin, as the server knows it");
  add_key_flags(*sub, *command);
  add_presence_flags(*sub, *command);
  sub->footer(
      "Without --challenge: succeeds if a slot that lasts opens. With it: the user is recognised, and a key of the\n"
      "vault signs once (docs/formats/presence-v1.md). The key is made, and registered with the server, before:\n"
      "  latchkey vault signing-key make       prints its public half\n"
      "  latchkey vault authenticate --challenge \"$challenge\" --origin org.example.app --purpose pay");

  CLI::App& keys = *group.add_subcommand("signing-key", "Keys that sign once for each time the user is recognised");
  keys.require_subcommand(1);
  keys.fallthrough();
  sub = add_step(keys, "make", "Recognise the user, make a key, print its public half as a JWK", command,
                 &SigningCommand::make);
  add_key_flags(*sub, *command);
  add_presence_flags(*sub, *command);
  add_key_flags(*add_step(keys, "show", "Print the public half", command, &SigningCommand::show), *command);
  add_key_flags(*add_step(keys, "remove", "Destroy it", command, &SigningCommand::remove), *command);
}

}  // namespace latchkey::app
