// `latchkey vault ...`: the vault file from the command line. Every call is a process of its own, so it unlocks, works
// and forgets. Passcodes and values come from the terminal without echo, or from standard input a line each, passcode
// first; never from arguments.
#include <unistd.h>

#include "apps/latchkey/commands.h"
#include "apps/latchkey/unlock.h"
#include "apps/latchkey/vault_exchange.h"
#include "apps/latchkey/vault_output.h"
#include "base/atomic_file.h"
#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "protocol/utf8.h"
#include "vault/record.h"
#include "vault/vault_file.h"

namespace latchkey::app {
namespace {

using vault::Passcode;
using vault::RecordValue;
using vault::Vault;
using vault::VaultParts;

struct VaultFlags {
  std::string file;
  std::string name;
  std::string prefix;
  std::string kind = "text";
  std::string label;
  std::string from_file;
  std::vector<std::string> slots;
  std::uint32_t slot = 0;
  std::uint32_t with_slot = 0;
  bool yes = false;
};

// What the subcommands have in common; lives as long as the command line is being run.
class VaultCommand final {
 public:
  explicit VaultCommand(Console& console) : console_(console) {}

  VaultFlags flags;

  Status create() {
    vault::CreateOptions options;
    if (flags.slots.empty()) flags.slots = {"passcode"};
    for (const std::string& name : flags.slots) {
      TRY(const auto kind, vault::parse_slot_kind(name));
      options.slots.push_back({kind, flags.label});
    }
    TRY(VaultParts parts, make_parts());
    TRY(const auto made, Vault::create(std::move(parts), options, prompt()));
    TRY(const auto status, made->status());
    console_.result("the vault is ready", to_json(status));
    return {};
  }

  // The vault, unlocked.
  Result<std::unique_ptr<Vault>> open() {
    TRY(VaultParts parts, make_parts());
    TRY(auto opened, Vault::open(std::move(parts)));
    const auto slot = flags.with_slot == 0 ? std::nullopt : std::optional(flags.with_slot);
    TRY(const auto path, file());
    TRY_DO(unlock_in_turn(*opened, path, prompt(), slot));
    return opened;
  }

  Status status() {
    TRY(VaultParts parts, make_parts());
    TRY(const auto status, Vault::look(std::move(parts)));
    console_.result(describe(status), to_json(status));
    return {};
  }

  Status unlock_check() {
    TRY(const auto opened, open());
    TRY(const auto status, opened->status());
    const std::uint32_t slot = status.unlocked_by.value_or(0);
    console_.result("slot " + std::to_string(slot) + " opens it",
                    "{\"ok\":true,\"slot\":" + std::to_string(slot) + "}");
    return {};
  }

  Status set() {
    TRY(const auto kind, parse_record_kind(flags.kind));
    TRY(const auto opened, open());
    TRY(const RecordValue value, read_value());
    TRY_DO(opened->set(flags.name, value, kind));
    console_.result("stored", "{\"ok\":true}");
    return {};
  }

  Status get() {
    TRY(const auto opened, open());
    TRY(const auto info, opened->get_info(flags.name));
    return opened->use_value(flags.name, [&](const RecordValue& value) -> Status {
      const bool is_text =
          info.kind != vault::RecordKind::bytes && protocol::utf8::is_valid(value.reveal_text());  // as JSON must be
      WipedString json = "{\"name\":";
      json += json_quoted(info.name) + ",\"kind\":" + json_quoted(name_of(info.kind)) + ",";
      json += is_text ? "\"value\":" + json_quoted(value.reveal_text())
                      : "\"value_base64url\":\"" + to_base64url(value.reveal()) + "\"";
      json += "}";
      console_.result(value.reveal_text(), json);
      return {};
    });
  }

  Status list() {
    TRY(const auto opened, open());
    TRY(const auto records, opened->list(flags.prefix));
    console_.result(describe(records), to_json(records));
    return {};
  }

  Status remove() {
    TRY(const auto opened, open());
    TRY_DO(opened->remove(flags.name));
    return say_done("removed");
  }

  Status verify() {
    TRY(const auto opened, open());
    TRY_DO(opened->verify());
    return say_done("every record is authentic");
  }

  Status slots() {
    TRY(VaultParts parts, make_parts());
    TRY(const auto opened, Vault::open(std::move(parts)));
    TRY(const auto status, opened->status());
    console_.result(describe(status.slots), to_json(status.slots));
    return {};
  }

  Status add_slot() {
    TRY(const auto kind, vault::parse_slot_kind(flags.kind));
    TRY(const auto opened, open());
    TRY(const auto id, opened->add_slot({kind, flags.label}, prompt()));
    console_.result("slot " + std::to_string(id) + " added", "{\"ok\":true,\"slot\":" + std::to_string(id) + "}");
    return {};
  }

  Status remove_slot() {
    TRY(const auto opened, open());
    TRY_DO(opened->remove_slot(flags.slot));
    return say_done("slot removed");
  }

  Status change_passcode() {
    TRY(const auto opened, open());
    TRY(const auto status, opened->status());
    for (const auto& slot : status.slots) {
      if (slot.kind != vault::SlotKind::passcode || (flags.slot != 0 && slot.id != flags.slot)) continue;
      TRY_DO(opened->rewrap_slot(slot.id, prompt()));
      return say_done("passcode changed");
    }
    return fail(Code::not_found, "no passcode slot");
  }

  Status destroy() {
    if (!flags.yes) return fail(Code::invalid_argument, "this cannot be undone; repeat with --yes");
    TRY(VaultParts parts, make_parts());
    auto opened = Vault::open(std::move(parts));
    if (opened) TRY_DO((*opened)->destroy());
    if (!opened) TRY_DO(destroy_unreadable(opened.error()));
    return say_done("destroyed");
  }

 private:
  Status destroy_unreadable(const Error& why) {
    if (why.code != Code::vault_corrupted && why.code != Code::future_version) return tl::unexpected(why);
    TRY(const VaultParts parts, make_parts());
    return parts.records->destroy();
  }

  Status say_done(std::string_view sentence) {
    console_.result(sentence, "{\"ok\":true}");
    return {};
  }

  Result<std::filesystem::path> file() const {
    if (!flags.file.empty()) return flags.file;
    return vault::default_vault_file();
  }

  Result<VaultParts> make_parts() {
    TRY(const auto path, file());
    return vault::parts_for_file(path, clock_);
  }

  Result<Passcode> ask(vault::PasscodeAsk what) {
    if (what == vault::PasscodeAsk::enter) return console_.read_secret<Passcode>("Passcode: ");
    TRY(Passcode first, console_.read_secret<Passcode>("New passcode: "));
    if (console_.secrets_from_stdin || isatty(STDIN_FILENO) == 0) return first;
    TRY(const Passcode second, console_.read_secret<Passcode>("Once more: "));
    if (!crypto::equal(first, second)) return fail(Code::invalid_argument, "the two passcodes differ");
    return first;
  }

  vault::Prompt prompt() {
    vault::Prompt prompt;
    prompt.reason = "Latchkey opens its vault";
    prompt.ask_passcode = [this](vault::PasscodeAsk what) { return ask(what); };
    return prompt;
  }

  Result<RecordValue> read_value() {
    if (flags.from_file.empty()) return console_.read_secret<RecordValue>("Value: ");
    TRY(const WipedBytes bytes, read_file(flags.from_file, vault::max_value_size));
    return RecordValue::copy_of(ByteView(bytes));
  }

  Console& console_;
  SystemClock clock_;
};

using Step = Status (VaultCommand::*)();

CLI::App* add(CLI::App& parent, const char* name, const char* what, const std::shared_ptr<VaultCommand>& command,
              Console& console, Step step) {
  CLI::App* const sub = parent.add_subcommand(name, what);
  sub->callback([command, &console, step] { console.finish(((*command).*step)()); });
  return sub;
}

}  // namespace

void add_vault(CLI::App& app, Console& console) {
  const auto command = std::make_shared<VaultCommand>(console);
  VaultFlags& flags = command->flags;
  CLI::App& group = *app.add_subcommand("vault", "Keep secrets in the encrypted vault of this device");
  group.require_subcommand(1);
  group.fallthrough();
  group.footer(
      "A slot is one way to open the vault: a passcode, or a key in the desktop's keyring (secret-service).\n"
      "  latchkey vault create\n"
      "  latchkey vault set api-key            asks for the passcode, then for the value; neither is shown\n"
      "  latchkey vault get api-key\n"
      "  printf '%s\\n' \"$passcode\" | latchkey vault get api-key --secrets-from-stdin");
  group.add_option("--file", flags.file, "The vault file (default: the user's own)");
  group.add_option("--with-slot", flags.with_slot, "Number of the slot to open it with (see: vault slots)");
  group.add_flag("--secrets-from-stdin", console.secrets_from_stdin, "Read passcodes and values from standard input");

  CLI::App* sub = add(group, "create", "Make a new vault", command, console, &VaultCommand::create);
  sub->add_option("--slot", flags.slots, "How it opens: passcode (default), secret-service; may be given again");
  sub->add_option("--label", flags.label, "A name for the slots, shown in lists");
  add(group, "status", "Tell what is there and what opens it", command, console, &VaultCommand::status);
  sub = group.add_subcommand("unlock", "unlock check: try the passcode or key");
  sub->require_subcommand(1);
  sub->fallthrough();
  add(*sub, "check", "Tell whether the passcode or key opens it", command, console, &VaultCommand::unlock_check);
  sub = add(group, "set", "Store a secret, read from the terminal or standard input", command, console,
            &VaultCommand::set);
  sub->add_option("name", flags.name, "Name of the secret")->required();
  sub->add_option("--kind", flags.kind, "bytes, text (default), json or date");
  sub->add_option("--from-file", flags.from_file, "Take the value from a file of at most 1 MiB");
  sub = add(group, "get", "Print a secret", command, console, &VaultCommand::get);
  sub->add_option("name", flags.name, "Name of the secret")->required();
  sub = add(group, "list", "Print the names of all secrets", command, console, &VaultCommand::list);
  sub->add_option("prefix", flags.prefix, "Only names that begin so");
  sub = add(group, "remove", "Remove a secret", command, console, &VaultCommand::remove);
  sub->add_option("name", flags.name, "Name of the secret")->required();
  add(group, "verify", "Read and authenticate every record", command, console, &VaultCommand::verify);
  add(group, "slots", "List what opens the vault", command, console, &VaultCommand::slots);
  sub = add(group, "add-slot", "Add another way to open it", command, console, &VaultCommand::add_slot);
  sub->add_option("kind", flags.kind, "passcode or secret-service")->required();
  sub->add_option("--label", flags.label, "A name for the slot");
  sub = add(group, "remove-slot", "Remove one; never the last", command, console, &VaultCommand::remove_slot);
  sub->add_option("slot", flags.slot, "Its number (see: vault slots)")->required();
  sub = add(group, "change-passcode", "Set a new passcode; the data stays", command, console,
            &VaultCommand::change_passcode);
  sub->add_option("--slot", flags.slot, "Which passcode slot, if there are several");
  add_vault_exchange(group, console, [command] { return command->open(); });
  sub = add(group, "destroy", "Overwrite and remove the vault", command, console, &VaultCommand::destroy);
  sub->add_flag("--yes", flags.yes, "Required: there is no way back");
}

}  // namespace latchkey::app
