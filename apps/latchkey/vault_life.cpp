// Making a vault, telling what is there, and destroying it.
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_create.h"
#include "apps/latchkey/vault_output.h"
#include "apps/latchkey/vault_policy.h"
#include "apps/latchkey/vault_protection.h"
#include "vault/capabilities_json.h"

namespace latchkey::app {
namespace {

using vault::Vault;
using vault::VaultParts;

struct LifeCommand {
  std::shared_ptr<VaultAccess> access;
  std::vector<std::string> slots = {};
  std::string label = {};
  std::string minimum_level = "software";
  ProtectionFlags protection = {};
  PolicyFlags policy = {};
  bool is_anchored = false;
  std::string checkpoint = {};
  SignInFlags signing_in = {};
  bool yes = false;

  Result<vault::CreateOptions> parse_options() const {
    vault::CreateOptions options;
    TRY(options.protection, apply_flags(protection, {}));
    for (const std::string& name : slots) {
      TRY(const auto kind, vault::parse_slot_kind(name));
      options.slots.push_back({kind, label});
    }
    const bool has_tpm = vault::tpm2::is_present(access->flags.tcti);
    if (slots.empty()) options.slots.push_back({default_slot(options.protection.type, has_tpm), label});
    TRY(options.minimum_level, parse_security_level(minimum_level));
    TRY(options.policy, apply_flags(policy, {}));
    options.is_anchored = is_anchored;
    TRY(options.checkpoint, parse_checkpoint_choice(checkpoint));
    if (options.checkpoint && is_anchored)
      return fail(Code::invalid_argument, "--anchored or --checkpoint: a vault has one anchor");
    if (options.checkpoint.has_value() == signing_in.issuer.empty())
      return fail(Code::invalid_argument, "--checkpoint and --issuer go together: that server remembers the vault");
    return options;
  }

  Status create() {
    TRY(const auto options, parse_options());
    if (is_opened_by_device(options.protection.type)) access->default_to_no_pin();
    TRY(const auto made, options.checkpoint ? create_signed_in(*access, signing_in, options) : create_alone(options));
    TRY(const auto status, made->status());
    access->console().result("the vault is ready", to_json(status));
    return {};
  }

  Result<OpenVault> create_alone(const vault::CreateOptions& options) const {
    TRY(VaultParts parts, access->make_parts());
    TRY(auto made, Vault::create(std::move(parts), options, access->prompt()));
    return OpenVault(made.release());
  }

  Status status() {
    TRY(VaultParts parts, access->make_parts());
    TRY(const auto status, Vault::look(std::move(parts)));
    TRY(const auto capabilities, access->capabilities());
    access->console().result(describe(status) + "\n" + describe(capabilities),
                             to_json(status, vault::print_capabilities(capabilities)));
    return {};
  }

  Status destroy() {
    if (!yes) return fail(Code::invalid_argument, "this cannot be undone; repeat with --yes");
    auto opened = access->open_existing();
    if (opened) TRY_DO(destroy_opened(**opened));
    if (!opened) TRY_DO(destroy_unreadable(opened.error()));
    access->say_done("destroyed");
    return {};
  }

  // Asks the user where the vault wants that (--destroy-takes-unlock), and has a way to be opened.
  Status destroy_opened(Vault& opened) const {
    TRY(const auto status, opened.status());
    if (status.protection.destroy_takes_unlock && status.state == vault::State::locked) TRY_DO(access->unlock(opened));
    return opened.destroy();
  }

  Status destroy_unreadable(const Error& why) const {
    if (why.code != Code::vault_corrupted && why.code != Code::future_version) return tl::unexpected(why);
    TRY(const VaultParts parts, access->make_parts());
    return parts.records->destroy();
  }
};

}  // namespace

void add_vault_life(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<LifeCommand>(LifeCommand{access});
  CLI::App* sub = add_step(group, "create", "Make a new vault", command, &LifeCommand::create);
  sub->add_option(
      "--slot", command->slots,
      "How it opens (default: a passcode, or the device's key where the type wants one); may be given again");
  add_protection_flags(*sub, command->protection);
  sub->add_option("--label", command->label, "A name for the slots, shown in lists");
  sub->add_option("--minimum-level", command->minimum_level,
                  "Refuse slots below it: software (default), trusted-hardware, separate-hardware");
  sub->add_flag("--anchored", command->is_anchored, "Notice an older copy of the file by a counter in the TPM");
  sub->add_option("--checkpoint", command->checkpoint,
                  "Have a server remember how new the vault is: required (it opens only when the server says so), "
                  "when-reachable; takes --issuer");
  sub->add_option("--issuer", command->signing_in.issuer,
                  "With --checkpoint: the identity server to sign in at; the session is kept in the vault");
  add_sign_in_flags(*sub, command->signing_in);
  add_new_slot_flags(*sub, access->flags);
  add_policy_flags(*sub, command->policy);
  add_step(group, "status", "Tell what is there, what opens it, and how this device can recognise you", command,
           &LifeCommand::status);
  sub = add_step(group, "destroy", "Overwrite and remove the vault; asks nobody but where the vault wants that",
                 command, &LifeCommand::destroy);
  sub->add_flag("--yes", command->yes, "Required: there is no way back");
}

}  // namespace latchkey::app
