// The folder in which a publisher keeps the metadata of one app: what a static host serves, and what waits for
// signatures.
//   metadata/7.root.json     every version that is complete
//   targets/<sha256>.channels.json
//   pending/8.root.json      drafts: not enough signatures yet
//   keys/NAME.key, NAME.pub  unless they are kept elsewhere
// What is served is readable for all (publish/public_files.h), drafts and keys for the owner alone.
// Not thread-safe; two processes at once may find each other's drafts (already_exists), nothing worse.
#pragma once

#include <filesystem>

#include "protocol/release/tuf/roles.h"

namespace latchkey::publish {

namespace tuf = protocol::tuf;

struct MetadataName {
  std::string role;
  std::int64_t version = 1;

  std::string file_name() const;  // "7.root.json"; "timestamp.json" has no version
  static std::optional<MetadataName> parse(std::string_view file_name);
};

struct Draft {
  MetadataName name;
  tuf::Envelope envelope;
};

class MetadataFolder final {
 public:
  explicit MetadataFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path keys() const { return path_ / "keys"; }
  std::filesystem::path draft_file(const MetadataName& name) const { return path_ / "pending" / name.file_name(); }

  // The newest root, reached from the first through every change of keys. Fails: not_found (no repository yet),
  // signature_invalid and whatever else a client finds wrong.
  Result<tuf::Root> read_root() const;
  // The newest of a targets role; nothing if there is none yet. Those of `targets` are checked under the newest root. A
  // delegated role's are not: after its keys changed, its last version still tells which comes next.
  Result<std::optional<tuf::Targets>> find_targets(std::string_view role) const;
  Result<tuf::Targets> get_targets(std::string_view role) const;  // Fails also: not_found

  // The newest file of a role, unchecked.
  Result<std::optional<Bytes>> find_file(std::string_view role) const;
  // A target as its role names it. Fails: not_found, authentication_failed (another file).
  Result<Bytes> read_target(std::string_view path, const tuf::TargetFile& file) const;

  Status put(const MetadataName& name, ByteView file);          // Fails also: already_exists
  Status put_timestamp(ByteView file);                          // replaces
  Status put_target(std::string_view path, ByteView contents);  // under its name with the hash
  Status put_draft(const Draft& draft);                         // replaces
  Status remove_draft(const MetadataName& name);
  // Roots by version, then targets, then the others.
  Result<std::vector<Draft>> list_drafts() const;

 private:
  std::optional<std::int64_t> newest_version(std::string_view role) const;
  Result<Bytes> read(const MetadataName& name) const;

  std::filesystem::path path_;
};

// "stable/<sha256>.release.json" for "stable/release.json".
std::string consistent_name(std::string_view path, const tuf::TargetFile& file);

// Of each role's file.
std::size_t max_metadata_bytes(std::string_view role);

}  // namespace latchkey::publish
