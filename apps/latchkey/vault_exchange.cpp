// `latchkey vault export` and `latchkey vault import`: records out of a vault and in, as files other programs can read
// or wrote.
#include <fmt/format.h>
#include <unistd.h>

#include "apps/latchkey/vault_commands.h"
#include "base/atomic_file.h"
#include "crypto/constant_time.h"
#include "protocol/limits/vault.h"
#include "vault/exchange/export_vault.h"
#include "vault/exchange/import_file.h"

namespace latchkey::app {
namespace {

namespace age = vault::age;
using vault::ConflictPolicy;
using vault::ImportOutcome;

struct ExchangeFlags {
  std::string file;
  std::vector<std::string> recipients;
  bool armor = false;
  std::string format = "auto";
  std::string on_conflict = "fail";
  bool delete_source = false;
  std::string identity_file;
};

Result<ConflictPolicy> parse_policy(std::string_view name) {
  if (name == "fail") return ConflictPolicy::fail;
  if (name == "replace") return ConflictPolicy::replace;
  if (name == "keep-existing") return ConflictPolicy::keep_existing;
  return fail(Code::invalid_argument, "--on-conflict takes fail, replace or keep-existing");
}

std::string import_in_words(const vault::ImportOutcomes& outcomes) {
  std::string out;
  for (const auto& record : outcomes) out += fmt::format("  {:<10} {}\n", name_of(record.outcome), record.name);
  return out;
}

std::string import_in_words(const vault::FileImportReport& report) {
  if (!report.format) return "imported before; its source is deleted now";
  std::string out = import_in_words(report.outcomes);
  out += fmt::format("{} records read as {}", report.outcomes.size(), name_of(*report.format));
  if (report.left_out != 0) out += fmt::format(", {} other entries left out", report.left_out);
  if (report.is_source_removed) out += "; every one is in the vault, and the source is deleted";
  if (!report.why_kept.empty()) out += fmt::format("; the source stays: {}", report.why_kept);
  return out;
}

std::string import_json(const vault::FileImportReport& report) {
  std::string records;
  for (const auto& record : report.outcomes)
    records += fmt::format(R"({}{{"name":{},"outcome":"{}"}})", records.empty() ? "" : ",", json_quoted(record.name),
                           name_of(record.outcome));
  return fmt::format(
      R"({{"ok":true,"format":{},"records":[{}],"left_out":{},"source_deleted":{},"source_kept_because":{}}})",
      report.format ? json_quoted(name_of(*report.format)) : "null", records, report.left_out, report.is_source_removed,
      report.why_kept.empty() ? "null" : json_quoted(report.why_kept));
}

class ExchangeCommand final {
 public:
  explicit ExchangeCommand(std::shared_ptr<VaultAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  ExchangeFlags flags;

  // Everything that can be wrong is found before anything is asked.
  Status export_records() {
    vault::ExportLock lock;
    if (flags.armor) lock.encoding = age::Encoding::armor;
    for (const std::string& text : flags.recipients) {
      TRY(const age::Recipient recipient, age::parse_recipient(text));
      lock.recipients.push_back(recipient);
    }
    if (std::filesystem::exists(std::filesystem::symlink_status(flags.file)))
      return fail(Code::already_exists, "an export never replaces a file");
    TRY(const auto opened, access_->open());
    if (lock.recipients.empty()) {
      TRY(lock.passphrase, choose_passphrase());
    }
    TRY(const std::uint64_t count, authenticated(*opened, [&] {
          return vault::export_to_file(*opened, lock, access_->clock().now(), flags.file);
        }));
    console_.result(fmt::format("{} records exported; the age tool and latchkey vault import open the file", count),
                    fmt::format(R"({{"ok":true,"records":{}}})", count));
    return {};
  }

  Status import_records() {
    vault::FileImport import;
    if (flags.format != "auto") {
      TRY(import.format, vault::parse_source_format(flags.format));
    }
    TRY(import.policy, parse_policy(flags.on_conflict));
    import.after = flags.delete_source ? vault::SourceAfter::remove : vault::SourceAfter::keep;
    TRY(import.keys, read_keys());
    import.on_conflict = [this](const vault::ImportOutcomes& outcomes) { tell_conflicts(outcomes); };
    TRY(const auto opened, access_->open());
    TRY(const auto report, authenticated(*opened, [&] { return vault::import_file(*opened, flags.file, import); }));
    console_.result(import_in_words(report), import_json(report));
    return {};
  }

 private:
  // The user is asked only when a record that asks every time is met; nothing was written until then.
  template <class Work>
  std::invoke_result_t<Work> authenticated(vault::Vault& opened, Work work) {
    auto done = work();
    if (done || done.error().code != Code::reauthentication_required) return done;
    TRY_DO(access_->authenticate(opened));
    return work();
  }

  Result<age::Passphrase> choose_passphrase() {
    TRY(age::Passphrase first, console_.read_secret<age::Passphrase>("Passphrase for the export: "));
    if (console_.secrets_from_stdin || isatty(STDIN_FILENO) == 0) return first;
    TRY(const age::Passphrase second, console_.read_secret<age::Passphrase>("Once more: "));
    if (!crypto::equal(first, second)) return fail(Code::invalid_argument, "the two passphrases differ");
    return first;
  }

  Result<age::Keys> read_keys() {
    age::Keys keys;
    keys.ask_passphrase = [this] { return console_.read_secret<age::Passphrase>("Passphrase of the file: "); };
    if (flags.identity_file.empty()) return keys;
    TRY(const WipedBytes text, read_file(flags.identity_file, protocol::limits::age_identity_file_bytes));
    TRY(keys.identities, age::parse_identity_file(as_text(text)));
    return keys;
  }

  void tell_conflicts(const vault::ImportOutcomes& outcomes) {
    vault::ImportOutcomes conflicts;
    for (const auto& record : outcomes)
      if (record.outcome == ImportOutcome::conflict) conflicts.push_back(record);
    std::string lines = import_in_words(conflicts);
    if (!lines.empty()) lines.pop_back();
    console_.say(lines);
  }

  std::shared_ptr<VaultAccess> access_;
  Console& console_;
};

}  // namespace

void add_vault_exchange(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<ExchangeCommand>(access);
  Console& console = access->console();
  ExchangeFlags& flags = command->flags;

  CLI::App* sub =
      group.add_subcommand("export", "Write every secret to an encrypted file (age), for a passphrase or keys");
  sub->callback([command, &console] { console.finish(command->export_records()); });
  sub->add_option("file", flags.file, "The file to make; never replaces one")->required();
  sub->add_option("--recipient", flags.recipients, "Encrypt to this public key (age1...); may be given again");
  sub->add_flag("--armor", flags.armor, "Write text instead of bytes");

  sub = group.add_subcommand("import", "Store every secret of a file, all or none");
  sub->callback([command, &console] { console.finish(command->import_records()); });
  sub->add_option("file", flags.file, "The file to read")->required();
  sub->add_option("--format", flags.format,
                  "auto (default), latchkey, capacitor-preferences, identity-vault, json or env");
  sub->add_option("--on-conflict", flags.on_conflict,
                  "When the vault has another value: fail (default), replace or keep-existing");
  sub->add_flag("--delete-source", flags.delete_source,
                "Overwrite and delete the file once every value was read back from the vault");
  sub->add_option("--identity-file", flags.identity_file,
                  "File with the private keys (AGE-SECRET-KEY-1...) for an export");
}

}  // namespace latchkey::app
