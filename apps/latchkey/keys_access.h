// What every command that signs update metadata shares: which folder, which keys, and how they are unlocked.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/latchkey/console.h"
#include "base/time.h"
#include "publish/keys/key_file.h"
#include "publish/repository/role_editor.h"
#include "publish/repository/signing.h"

namespace latchkey::app {

namespace tuf = protocol::tuf;

struct KeysFlags {
  std::string folder = "updates";
  std::string key_folder;              // empty: `folder`/keys
  std::vector<std::string> key_files;  // given: only these sign
  std::string passphrase_file;
  unsigned work_factor = vault::age::default_work_factor;
  bool is_dry_run = false;
};

// Lives as long as the command line is being run.
class KeysAccess final {
 public:
  explicit KeysAccess(Console& console) : console_(console) {}

  KeysFlags flags;

  Console& console() { return console_; }
  Instant now() const { return clock_.now(); }
  publish::MetadataFolder folder() const { return publish::MetadataFolder(flags.folder); }
  std::filesystem::path key_folder() const;

  // A new key pair in the folder of keys; it signs without being unlocked in this run.
  Result<tuf::TufKey> make_key(std::string_view name, crypto::SignatureAlgorithm algorithm);

  // A public key by file (.pub or .key), by name in the folder of keys, or by the first 8 or more digits of its id
  // among `known`. Fails: not_found, invalid_format.
  Result<tuf::TufKey> find_public_key(const std::string& text, const tuf::KeyMap& known) const;
  // "root-1 (1f0c9a2b)" where the name is known here, or the digits alone.
  std::string describe(const tuf::KeyId& id) const;

  // Looks among the key files and unlocks the one, asking for its passphrase when none that was entered fits.
  publish::FindKey finder();
  // Those of --key, all of them. Fails also: invalid_argument (there is none).
  Result<std::vector<crypto::SigningKey>> open_given_keys();

  // Signs with what is at hand, stores, and tells which files became complete.
  Result<std::vector<publish::MetadataName>> sign_and_submit(std::vector<publish::Draft> drafts);
  // Signs snapshot and timestamp where their keys lie here, as they do without a server. Answers whether they do.
  Result<bool> sign_snapshot_if_ours();
  // Prints what became of it, with what is missing still.
  Status report(std::string_view done, const std::vector<publish::MetadataName>& completed);

 private:
  Result<std::vector<publish::StoredKey>> list_key_files() const;
  Result<std::optional<crypto::SigningKey>> find_key(const tuf::TufKey& wanted);
  Result<crypto::SigningKey> unlock(const publish::StoredKey& stored);
  Result<publish::Passphrase> read_passphrase_file() const;
  Result<publish::Passphrase> choose_passphrase();

  Console& console_;
  SystemClock clock_;
  publish::Passphrase entered_;
  std::map<tuf::KeyId, crypto::SigningKey> made_;
};

// --dir, --keys, --key, --passphrase-file, --secrets-from-stdin; for a group of commands.
void add_keys_flags(CLI::App& group, KeysFlags& flags, Console& console);

// The draft of a role's next version. Fails: conflict (another one waits for signatures).
Result<publish::Draft> make_draft(const publish::MetadataFolder& folder, std::string_view role, std::int64_t version,
                                  std::string_view content);

}  // namespace latchkey::app
