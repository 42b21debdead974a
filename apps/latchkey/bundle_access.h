// What the `latchkey bundle` commands share: the publisher's folder, its keys and the earlier bundles.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/latchkey/console.h"
#include "apps/latchkey/progress_bar.h"
#include "protocol/release/channels.h"
#include "publish/bundle_store.h"
#include "publish/keys/content_key_file.h"
#include "publish/object_maker.h"
#include "publish/release_history.h"
#include "publish/repository/channel_editor.h"
#include "publish/repository/metadata_folder.h"
#include "publish/repository/signing.h"

namespace latchkey::app {

namespace release = protocol::release;

// Single devices that a release is encrypted for.
struct RecipientFlags {
  std::vector<std::string> recipients;  // age1...
  bool are_only = false;                // and for no content key
};
void add_recipient_flags(CLI::App& command, RecipientFlags& flags);

struct BundleFlags {
  std::string folder = "updates";  // the publisher's: metadata, targets, objects, keys
  std::string keys;                // default: <folder>/keys
  std::string store;               // default: <folder>/.latchkey/bundles
  std::string passphrase_file;     // first line: of all key files
  std::string channel;             // default: the app's default channel
};

class BundleAccess final {
 public:
  explicit BundleAccess(Console& console) : console_(console) {}

  BundleFlags flags;

  Console& console() { return console_; }
  Instant now() const { return clock_.now(); }
  publish::MetadataFolder folder() const { return publish::MetadataFolder(flags.folder); }
  std::filesystem::path keys_folder() const;
  std::filesystem::path objects_folder() const { return std::filesystem::path(flags.folder) / "objects"; }
  publish::BundleStore store() const;
  publish::WorkProgress progress();
  void end_progress() { bar_.clear(); }

  // channels.json as the targets role signed it. Fails: not_found, with what to do as detail.
  Result<release::Channels> read_channels() const { return publish::read_channels(folder()); }
  // flags.channel, or the default one. Fails: not_found.
  Result<release::Channel> choose_channel(const release::Channels& channels) const;
  static Result<release::Channel> find_channel(const release::Channels& channels, const std::string& name);
  Result<std::vector<release::ReleaseDescriptor>> history(std::string_view channel) const;

  Result<release::ContentKey> open_content_key(const publish::StoredContentKey& stored);
  // Every content key of the channel, opened with passphrases that are asked for once. Fails: key_missing (there is
  // none), wrong_passcode.
  Result<std::vector<release::ContentKey>> open_content_keys(const release::Channel& channel);
  // The same, or none if there is none.
  Result<std::vector<release::ContentKey>> find_content_keys(const release::Channel& channel);
  // For whom a release on the channel is encrypted: `keys`, those of the channel that were opened, and the recipients.
  // Fails: key_missing (for nobody), invalid_argument.
  static Result<publish::ObjectReaders> choose_readers(const std::vector<release::ContentKey>& keys,
                                                       const release::Channel& channel, const RecipientFlags& flags);
  // Whether the files hold any, without asking for anything.
  Result<bool> has_content_keys(const release::Channel& channel) const;
  // Whether the key files of snapshot and timestamp are here: where a server signs these, they are not.
  Result<bool> signs_snapshots() const;
  // The signing keys at hand, for publish::sign_with.
  publish::FindKey find_key();
  Result<vault::age::Passphrase> choose_passphrase(std::string_view what);

 private:
  Result<vault::age::Passphrase> read_passphrase(std::string_view prompt);
  // Calls `open` with the passphrases typed before, then with one asked for.
  template <class Opened, class Open>
  Result<Opened> with_passphrase(const std::string& what, Open open);

  Console& console_;
  SystemClock clock_;
  ProgressBar bar_{console_};
  std::vector<vault::age::Passphrase> passphrases_;
};

// Where the publisher's folder, its keys and the kept bundles are, and where passphrases come from.
void add_publisher_flags(CLI::App& command, BundleFlags& flags, Console& console);
void add_bundle_flags(CLI::App& group, BundleFlags& flags, Console& console);  // these, and --channel

// By sequence, name or id; the newest of that name. Fails: not_found.
Result<const release::ReleaseDescriptor*> find_release(const std::vector<release::ReleaseDescriptor>& history,
                                                       const std::string& text);

// The groups of commands, each in the file of its name.
void add_bundle_pack(CLI::App& group, const std::shared_ptr<BundleAccess>& access);  // and publish
void add_bundle_look(CLI::App& group, const std::shared_ptr<BundleAccess>& access);  // list, show, diff
void add_bundle_verify(CLI::App& group, const std::shared_ptr<BundleAccess>& access);
void add_bundle_keys(CLI::App& group, const std::shared_ptr<BundleAccess>& access);

}  // namespace latchkey::app
