#include "apps/latchkey/keys_access.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "apps/latchkey/keys_output.h"
#include "base/atomic_file.h"
#include "crypto/constant_time.h"
#include "protocol/limits.h"

namespace latchkey::app {
namespace {

constexpr std::size_t min_id_digits = 8;

bool is_given_id(std::string_view text) {
  return text.size() >= min_id_digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<crypto::SigningKey> copy_of(const crypto::SigningKey& key) {
  TRY(const auto der, key.to_pkcs8());
  return crypto::SigningKey::from_pkcs8(key.algorithm(), der);
}

}  // namespace

std::filesystem::path KeysAccess::key_folder() const {
  return flags.key_folder.empty() ? folder().keys() : std::filesystem::path(flags.key_folder);
}

Result<tuf::TufKey> KeysAccess::make_key(std::string_view name, crypto::SignatureAlgorithm algorithm) {
  if (entered_.is_empty()) {
    TRY(entered_, choose_passphrase());
  }
  TRY(crypto::SigningKey key, crypto::SigningKey::generate(algorithm));
  TRY_DO(publish::create_key_files(key_folder(), name, key, entered_, flags.work_factor));
  TRY(tuf::TufKey public_key, tuf::TufKey::of(key.verifying_key()));
  made_.emplace(public_key.id(), std::move(key));
  return public_key;
}

Result<tuf::TufKey> KeysAccess::find_public_key(const std::string& text, const tuf::KeyMap& known) const {
  if (is_given_id(text))
    for (const auto& [id, key] : known)
      if (id.value().starts_with(text)) return key;
  if (text.ends_with(publish::public_suffix) || text.ends_with(publish::private_suffix))
    return publish::read_public_key(text);
  auto key = publish::read_public_key(key_folder() / (text + std::string(publish::public_suffix)));
  if (!key) return fail(key.error().code, "no key by that name, file or id: " + text);
  return key;
}

std::string KeysAccess::describe(const tuf::KeyId& id) const {
  const std::string digits = id.value().substr(0, min_id_digits);
  const auto stored = list_key_files();
  if (stored)
    for (const auto& one : *stored)
      if (one.key.id() == id) return one.name + " (" + digits + ")";
  return digits;
}

Result<std::vector<publish::StoredKey>> KeysAccess::list_key_files() const {
  if (flags.key_files.empty()) return publish::list_keys(key_folder());
  std::vector<publish::StoredKey> keys;
  for (const std::filesystem::path file : flags.key_files) {
    TRY(tuf::TufKey key, publish::read_public_key(file));
    keys.push_back({file.stem().string(), file, std::move(key)});
  }
  return keys;
}

Result<publish::Passphrase> KeysAccess::read_passphrase_file() const {
  TRY(const WipedBytes bytes, read_file(flags.passphrase_file, protocol::limits::passphrase_file_bytes));
  const std::string_view text = as_text(bytes);
  return publish::Passphrase::copy_of(text.substr(0, std::min(text.find_first_of("\r\n"), text.size())));
}

Result<publish::Passphrase> KeysAccess::choose_passphrase() {
  if (!flags.passphrase_file.empty()) return read_passphrase_file();
  TRY(publish::Passphrase first, console_.read_secret<publish::Passphrase>("Passphrase for the new keys: "));
  if (console_.secrets_from_stdin || isatty(STDIN_FILENO) == 0) return first;
  TRY(const publish::Passphrase second, console_.read_secret<publish::Passphrase>("Once more: "));
  if (!crypto::equal(first, second)) return fail(Code::invalid_argument, "the two passphrases differ");
  return first;
}

Result<crypto::SigningKey> KeysAccess::unlock(const publish::StoredKey& stored) {
  if (entered_.is_empty() && !flags.passphrase_file.empty()) {
    TRY(entered_, read_passphrase_file());
  }
  if (!entered_.is_empty()) {
    auto key = publish::open_key_file(stored.file, entered_);
    if (key || key.error().code != Code::wrong_passcode || !flags.passphrase_file.empty()) return key;
  }
  TRY(entered_, console_.read_secret<publish::Passphrase>("Passphrase of " + stored.name + ": "));
  return publish::open_key_file(stored.file, entered_);
}

Result<std::optional<crypto::SigningKey>> KeysAccess::find_key(const tuf::TufKey& wanted) {
  if (const auto made = made_.find(wanted.id()); made != made_.end()) {
    TRY(crypto::SigningKey key, copy_of(made->second));
    return std::optional(std::move(key));
  }
  TRY(const auto stored, list_key_files());
  for (const auto& one : stored) {
    if (!(one.key == wanted)) continue;
    TRY(crypto::SigningKey key, unlock(one));
    return std::optional(std::move(key));
  }
  return std::optional<crypto::SigningKey>();
}

publish::FindKey KeysAccess::finder() {
  return [this](const tuf::TufKey& wanted) { return find_key(wanted); };
}

Result<std::vector<crypto::SigningKey>> KeysAccess::open_given_keys() {
  if (flags.key_files.empty()) return fail(Code::invalid_argument, "name the key to sign with: --key FILE.key");
  TRY(const auto stored, list_key_files());
  std::vector<crypto::SigningKey> keys;
  for (const auto& one : stored) {
    TRY(crypto::SigningKey key, unlock(one));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::vector<publish::MetadataName>> KeysAccess::sign_and_submit(std::vector<publish::Draft> drafts) {
  publish::MetadataFolder where = folder();
  std::vector<publish::MetadataName> completed;
  for (publish::Draft& draft : drafts) {
    TRY_DO(where.put_draft(draft));  // first, so that what is signed next may be named by it
    TRY(const auto requirements, publish::list_requirements(where, draft));
    TRY_DO(publish::sign_with(draft, requirements, finder()));
    TRY(const auto done, publish::submit(where, draft));
    completed.insert(completed.end(), done.begin(), done.end());
  }
  return completed;
}

Result<bool> KeysAccess::sign_snapshot_if_ours() {
  publish::MetadataFolder where = folder();
  TRY(const bool are_here, publish::has_snapshot_keys(where, key_folder()));
  if (!are_here) return false;
  const publish::Lifetimes lives;
  TRY_DO(publish::sign_snapshot(where, finder(), now(), lives.snapshot, lives.timestamp));
  return true;
}

Status KeysAccess::report(std::string_view done, const std::vector<publish::MetadataName>& completed) {
  TRY(const auto waiting, folder().list_drafts());
  console_.result(describe_outcome(*this, done, completed, waiting), outcome_json(*this, completed, waiting));
  return {};
}

Result<publish::Draft> make_draft(const publish::MetadataFolder& folder, std::string_view role, std::int64_t version,
                                  std::string_view content) {
  TRY(const auto drafts, folder.list_drafts());
  for (const auto& draft : drafts)
    if (draft.name.role == role)
      return fail(Code::conflict, draft.name.file_name() +
                                      " still waits for signatures; sign it, or give it up: latchkey keys discard " +
                                      draft.name.file_name());
  TRY(auto envelope, tuf::Envelope::of(content));
  return publish::Draft{{std::string(role), version}, std::move(envelope)};
}

void add_keys_flags(CLI::App& group, KeysFlags& flags, Console& console) {
  group.add_option("--dir", flags.folder, "Folder of the app's update metadata")->capture_default_str();
  group.add_option("--keys", flags.key_folder, "Folder of key files (default: DIR/keys)");
  group.add_option("--key", flags.key_files, "Sign with this key file only; may be given again");
  group.add_option("--passphrase-file", flags.passphrase_file,
                   "Read the keys' passphrase from the first line of a file");
  group.add_flag("--secrets-from-stdin", console.secrets_from_stdin,
                 "Read passphrases from standard input, a line each");
}

}  // namespace latchkey::app
