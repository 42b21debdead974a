#include "apps/latchkey/bundle_access.h"

#include <unistd.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "crypto/constant_time.h"
#include "protocol/limits.h"
#include "publish/keys/key_file.h"

namespace latchkey::app {
namespace {

Error no_content_key(const release::Channel& channel) {
  return {
      Code::key_missing,
      channel.is_private
          ? "the private channel has no content key of its own; make one with `latchkey bundle key create --channel " +
                channel.name + "`"
          : "no content key; make one with `latchkey bundle key create`"};
}

}  // namespace

using publish::StoredContentKey;
using vault::age::Passphrase;

void add_publisher_flags(CLI::App& group, BundleFlags& flags, Console& console) {
  group.add_option("--dir", flags.folder, "The publisher's folder, as `latchkey keys init` made it (default: updates)");
  group.add_option("--keys", flags.keys, "The folder of key files (default: keys in the publisher's folder)");
  group.add_option(
      "--store", flags.store,
      "Where earlier bundles are kept, for patches (default: .latchkey/bundles in the publisher's folder)");
  group.add_option("--passphrase-file", flags.passphrase_file, "A file whose first line opens the key files");
  group.add_flag("--secrets-from-stdin", console.secrets_from_stdin,
                 "Read passphrases and API keys from standard input, a line each");
}

void add_bundle_flags(CLI::App& group, BundleFlags& flags, Console& console) {
  add_publisher_flags(group, flags, console);
  group.add_option("--channel", flags.channel, "The channel (default: the app's default channel)");
}

void add_recipient_flags(CLI::App& command, RecipientFlags& flags) {
  auto* const recipients =
      command.add_option("--recipient", flags.recipients,
                         "Encrypt for this device, too (age1..., as its `latchkey update recipient` "
                         "tells); may be given again");
  command.add_flag("--only-recipients", flags.are_only, "For these devices alone, not for the content keys")
      ->needs(recipients);
}

Result<const release::ReleaseDescriptor*> find_release(const std::vector<release::ReleaseDescriptor>& history,
                                                       const std::string& text) {
  for (auto one = history.rbegin(); one != history.rend(); ++one)
    if (text == one->name || text == std::to_string(one->sequence) || text == release::print(one->terms.id))
      return &*one;
  return fail(Code::not_found, "the channel has no release " + text + "; latchkey bundle list shows what it has");
}

std::filesystem::path BundleAccess::keys_folder() const {
  return flags.keys.empty() ? folder().keys() : std::filesystem::path(flags.keys);
}

publish::BundleStore BundleAccess::store() const {
  if (!flags.store.empty()) return publish::BundleStore(flags.store);
  return publish::BundleStore(std::filesystem::path(flags.folder) / ".latchkey" / "bundles");
}

publish::WorkProgress BundleAccess::progress() {
  return [this](std::string_view step, std::uint64_t done, std::uint64_t total) { bar_.show(step, done, total); };
}

Result<release::Channel> BundleAccess::choose_channel(const release::Channels& channels) const {
  return find_channel(channels, flags.channel.empty() ? channels.default_channel : flags.channel);
}

Result<release::Channel> BundleAccess::find_channel(const release::Channels& channels, const std::string& name) {
  if (const auto* const channel = channels.find(name)) return *channel;
  std::string there;
  for (const auto& one : channels.channels) there += (there.empty() ? "" : ", ") + one.name;
  return fail(Code::not_found, "the app has no channel " + name + "; it has " + there);
}

Result<std::vector<release::ReleaseDescriptor>> BundleAccess::history(std::string_view channel) const {
  return publish::read_history(flags.folder, channel);
}

Result<Passphrase> BundleAccess::read_passphrase(std::string_view prompt) {
  if (flags.passphrase_file.empty()) return console_.read_secret<Passphrase>(prompt);
  TRY(const WipedBytes bytes, read_file(flags.passphrase_file, protocol::limits::passphrase_file_bytes));
  const std::string_view text = as_text(bytes);
  return Passphrase::copy_of(text.substr(0, std::min(text.find_first_of("\r\n"), text.size())));
}

template <class Opened, class Open>
Result<Opened> BundleAccess::with_passphrase(const std::string& what, Open open) {
  for (const Passphrase& known : passphrases_) {
    Result<Opened> opened = open(known);
    if (opened || opened.error().code != Code::wrong_passcode) return opened;
  }
  bar_.clear();
  TRY(Passphrase typed, read_passphrase("Passphrase of " + what + ": "));
  Result<Opened> opened = open(typed);
  if (opened) passphrases_.push_back(std::move(typed));
  return opened;
}

Result<release::ContentKey> BundleAccess::open_content_key(const StoredContentKey& stored) {
  const auto open = [&](const Passphrase& passphrase) { return publish::open_content_key(stored, passphrase); };
  return with_passphrase<release::ContentKey>("content key " + to_hex(stored.id), open);
}

Result<bool> BundleAccess::has_content_keys(const release::Channel& channel) const {
  TRY(const auto stored, publish::list_content_keys(keys_folder() / "content"));
  return !publish::keys_of_channel(stored, channel).empty();
}

Result<std::vector<release::ContentKey>> BundleAccess::find_content_keys(const release::Channel& channel) {
  TRY(const auto stored, publish::list_content_keys(keys_folder() / "content"));
  std::vector<release::ContentKey> keys;
  for (const StoredContentKey& one : publish::keys_of_channel(stored, channel)) {
    TRY(release::ContentKey key, open_content_key(one));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::vector<release::ContentKey>> BundleAccess::open_content_keys(const release::Channel& channel) {
  TRY(auto keys, find_content_keys(channel));
  if (keys.empty()) return tl::unexpected(no_content_key(channel));
  return keys;
}

Result<publish::ObjectReaders> BundleAccess::choose_readers(const std::vector<release::ContentKey>& keys,
                                                            const release::Channel& channel,
                                                            const RecipientFlags& flags) {
  publish::ObjectReaders readers;
  if (!flags.are_only && keys.empty()) return tl::unexpected(no_content_key(channel));
  if (!flags.are_only)
    for (const auto& key : keys) readers.content_keys.push_back(key.clone());
  for (const std::string& text : flags.recipients) {
    TRY(const auto recipient, vault::age::parse_recipient(text));
    readers.recipients.push_back(recipient);
  }
  return readers;
}

Result<bool> BundleAccess::signs_snapshots() const { return publish::has_snapshot_keys(folder(), keys_folder()); }

publish::FindKey BundleAccess::find_key() {
  return [this](const publish::tuf::TufKey& wanted) -> Result<std::optional<crypto::SigningKey>> {
    TRY(const auto stored, publish::list_keys(keys_folder()));
    for (const auto& one : stored) {
      if (!(one.key == wanted)) continue;
      const auto open = [&](const Passphrase& passphrase) { return publish::open_key_file(one.file, passphrase); };
      TRY(crypto::SigningKey key, with_passphrase<crypto::SigningKey>("key " + one.name, open));
      return std::optional(std::move(key));
    }
    return std::nullopt;
  };
}

Result<Passphrase> BundleAccess::choose_passphrase(std::string_view what) {
  TRY(Passphrase first, read_passphrase("Passphrase for " + std::string(what) + ": "));
  if (!flags.passphrase_file.empty() || console_.secrets_from_stdin || isatty(STDIN_FILENO) == 0) return first;
  TRY(const Passphrase second, console_.read_secret<Passphrase>("Once more: "));
  if (!crypto::equal(first, second)) return fail(Code::invalid_argument, "the two passphrases differ");
  return first;
}

}  // namespace latchkey::app
