// The files of one app's TUF repository as they are now, and what a change makes of them. A value in memory: it is read
// from the database, changed by the functions of this folder, checked as a device would, and written back, all in one
// transaction. Names of current files: "root", "targets", "snapshot", "timestamp", "ch-<channel>", "policy-<channel>"
// for metadata; the target's own path for targets: "channels.json", "<channel>/release.json",
// "policy/<channel>/policy.json".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "protocol/release/tuf/roles.h"

namespace latchkey::release {

namespace tuf = protocol::tuf;

// `path` is below /updates/{app}/: "metadata/7.snapshot.json", "targets/<sha256>.channels.json".
struct RepositoryFile {
  std::string path;
  Bytes bytes;
};

class Repository final {
 public:
  explicit Repository(std::string app) : app_(std::move(app)) {}

  const std::string& app() const { return app_; }
  const RepositoryFile* find(std::string_view name) const;  // null if there is none
  const std::map<std::string, RepositoryFile, std::less<>>& files() const { return files_; }

  // While reading: the file is there already.
  void restore(std::string name, RepositoryFile file) { files_.insert_or_assign(std::move(name), std::move(file)); }

  // Makes a file the current one of `name`.
  void put_metadata(std::string_view role, std::int64_t version, Bytes bytes);
  void put_target(std::string_view target, Bytes bytes);

  struct Change {
    std::string name;
    RepositoryFile file;
  };
  // Since it was read, in their order.
  const std::vector<Change>& changes() const { return changes_; }

 private:
  void put(std::string name, RepositoryFile file);

  std::string app_;
  std::map<std::string, RepositoryFile, std::less<>> files_;
  std::vector<Change> changes_;
};

// "7.ch-stable.json"; the timestamp's has no version.
std::string metadata_name(std::string_view role, std::int64_t version);
// "stable/<sha256>.release.json" for "stable/release.json" (consistent snapshots).
std::string target_name(std::string_view target, ByteView bytes);

inline std::string channel_role(std::string_view channel) { return "ch-" + std::string(channel); }
inline std::string policy_role(std::string_view channel) { return "policy-" + std::string(channel); }
inline std::string release_target(std::string_view channel) { return std::string(channel) + "/release.json"; }
inline std::string policy_target(std::string_view channel) { return "policy/" + std::string(channel) + "/policy.json"; }
inline constexpr std::string_view channels_target = "channels.json";

// The current file of a role, read without checking who signed it: it was checked when it came. Fails: not_found, and
// as parsing does.
Result<tuf::Root> read_root(const Repository& repository);
Result<tuf::Targets> read_targets(const Repository& repository, std::string_view role);
Result<tuf::Snapshot> read_snapshot(const Repository& repository);
Result<tuf::Timestamp> read_timestamp(const Repository& repository);

// Whether the current file of a delegated role is signed as `targets` says: not when there is none, or the role's keys
// have changed since.
Result<bool> is_signed(const Repository& repository, const tuf::Targets& targets, const tuf::DelegatedRole& role);
// Whether a channel's release is signed by keys that are no longer the channel's. `role`: "ch-stable".
Result<bool> is_void(const Repository& repository, std::string_view role);

// A version follows the one before and leaves numbers for others (limits::role_version_step); `before` is 0 for the
// first. Fails: metadata_mismatch.
Status check_next_version(std::string_view role, std::int64_t version, std::int64_t before);

// Uploaded bytes, the same way.
Result<tuf::Root> parse_root_file(ByteView file);
Result<tuf::Targets> parse_targets_file(ByteView file);

}  // namespace latchkey::release
