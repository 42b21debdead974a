// The four roles of TUF metadata (TUF 1.0.34 section 4) in our profile (docs/formats/release-v1.md): consistent
// snapshots, SHA-256 only, delegations by path pattern and one level deep. These read and print the member `signed`;
// signatures are envelope.h. Members that are not ours are passed over, as TUF has it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "crypto/digest.h"
#include "protocol/release/tuf/envelope.h"

namespace latchkey::protocol::tuf {

inline constexpr std::string_view spec_version = "1.0.34";
inline constexpr std::string_view root_role = "root";
inline constexpr std::string_view targets_role = "targets";
inline constexpr std::string_view snapshot_role = "snapshot";
inline constexpr std::string_view timestamp_role = "timestamp";

struct Root {
  std::int64_t version = 1;
  Instant expires{};
  KeyMap keys;
  std::map<std::string, RoleKeys, std::less<>> roles;  // at least the four above

  const RoleKeys& role(std::string_view name) const { return roles.find(name)->second; }  // one of the four
};

// How one metadata file vouches for another.
struct MetaFile {
  std::int64_t version = 1;
  std::optional<std::int64_t> length;
  std::optional<crypto::Sha256Digest> sha256;
  friend bool operator==(const MetaFile&, const MetaFile&) = default;
};
MetaFile describe(std::int64_t version, ByteView file);

struct Timestamp {
  std::int64_t version = 1;
  Instant expires{};
  MetaFile snapshot;
};

struct Snapshot {
  std::int64_t version = 1;
  Instant expires{};
  std::map<std::string, MetaFile, std::less<>> roles;  // by role name, without ".json"; at least "targets"
};

struct TargetFile {
  std::int64_t length = 0;
  crypto::Sha256Digest sha256{};
  friend bool operator==(const TargetFile&, const TargetFile&) = default;
};
TargetFile describe_target(ByteView file);

struct DelegatedRole {
  std::string name;
  RoleKeys keys;
  std::vector<std::string> paths;  // patterns; at least one
  bool is_terminating = true;

  bool covers(std::string_view path) const;
};

struct Targets {
  std::int64_t version = 1;
  Instant expires{};
  std::map<std::string, TargetFile, std::less<>> files;  // by path
  KeyMap delegated_keys;
  std::vector<DelegatedRole> delegated_roles;  // in the order they are asked

  const DelegatedRole* find_role(std::string_view name) const;  // null if there is none
};

// Fails: invalid_format, input_too_large, future_version (another major version of TUF).
Result<Root> parse_root(const json::Value& content);
Result<Timestamp> parse_timestamp(const json::Value& content);
Result<Snapshot> parse_snapshot(const json::Value& content);
Result<Targets> parse_targets(const json::Value& content);

// For Envelope::of(). What was printed is read the same.
std::string print(const Root& root);
std::string print(const Timestamp& timestamp);
std::string print(const Snapshot& snapshot);
std::string print(const Targets& targets);

}  // namespace latchkey::protocol::tuf
