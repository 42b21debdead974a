// Printing roles: members in canonical order.
#include "protocol/release/tuf/roles.h"

#include <algorithm>

#include "base/hex.h"
#include "protocol/json_writer.h"
#include "protocol/release/tuf/path_pattern.h"
#include "protocol/release/utc_time.h"

namespace latchkey::protocol::tuf {
namespace {

void write_keys(json::Writer& writer, const KeyMap& keys) {
  writer.key("keys").begin_object();
  for (const auto& [id, key] : keys) writer.key(id.value()).raw(key.json());
  writer.end_object();
}

void write_key_ids(json::Writer& writer, const RoleKeys& role) {
  writer.key("keyids").begin_array();
  for (const KeyId& id : role.key_ids) writer.value(id.value());
  writer.end_array();
}

void write_hashes(json::Writer& writer, const crypto::Sha256Digest& sha256) {
  writer.key("hashes").begin_object().member("sha256", to_hex(sha256)).end_object();
}

void write_meta_file(json::Writer& writer, const MetaFile& meta) {
  writer.begin_object();
  if (meta.sha256) write_hashes(writer, *meta.sha256);
  writer.member("length", meta.length).member("version", meta.version).end_object();
}

void write_delegated_role(json::Writer& writer, const DelegatedRole& role) {
  writer.begin_object();
  write_key_ids(writer, role.keys);
  writer.member("name", role.name).member("paths", std::span<const std::string>(role.paths));
  writer.member("terminating", role.is_terminating).member("threshold", role.keys.threshold).end_object();
}

void write_targets(json::Writer& writer, const Targets& targets) {
  writer.key("targets").begin_object();
  for (const auto& [path, file] : targets.files) {
    writer.key(path).begin_object();
    write_hashes(writer, file.sha256);
    writer.member("length", file.length).end_object();
  }
  writer.end_object();
}

}  // namespace

MetaFile describe(std::int64_t version, ByteView file) {
  return {version, static_cast<std::int64_t>(file.size()), crypto::sha256(file)};
}

TargetFile describe_target(ByteView file) { return {static_cast<std::int64_t>(file.size()), crypto::sha256(file)}; }

bool DelegatedRole::covers(std::string_view path) const {
  return std::ranges::any_of(paths, [&](const std::string& pattern) { return matches(pattern, path); });
}

const DelegatedRole* Targets::find_role(std::string_view name) const {
  const auto role = std::ranges::find(delegated_roles, name, &DelegatedRole::name);
  return role == delegated_roles.end() ? nullptr : &*role;
}

std::string print(const Root& root) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", root_role).member("consistent_snapshot", true);
  writer.member("expires", release::print_utc_time(root.expires));
  write_keys(writer, root.keys);
  writer.key("roles").begin_object();
  for (const auto& [name, role] : root.roles) {
    writer.key(name).begin_object();
    write_key_ids(writer, role);
    writer.member("threshold", role.threshold).end_object();
  }
  writer.end_object().member("spec_version", spec_version).member("version", root.version).end_object();
  return out;
}

std::string print(const Timestamp& timestamp) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", timestamp_role).member("expires", release::print_utc_time(timestamp.expires));
  writer.key("meta").begin_object().key("snapshot.json");
  write_meta_file(writer, timestamp.snapshot);
  writer.end_object().member("spec_version", spec_version).member("version", timestamp.version).end_object();
  return out;
}

std::string print(const Snapshot& snapshot) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", snapshot_role).member("expires", release::print_utc_time(snapshot.expires));
  writer.key("meta").begin_object();
  for (const auto& [name, meta] : snapshot.roles) write_meta_file(writer.key(name + ".json"), meta);
  writer.end_object().member("spec_version", spec_version).member("version", snapshot.version).end_object();
  return out;
}

std::string print(const Targets& targets) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", targets_role);
  if (!targets.delegated_roles.empty()) {
    writer.key("delegations").begin_object();
    write_keys(writer, targets.delegated_keys);
    writer.key("roles").begin_array();
    for (const DelegatedRole& role : targets.delegated_roles) write_delegated_role(writer, role);
    writer.end_array().end_object();
  }
  writer.member("expires", release::print_utc_time(targets.expires)).member("spec_version", spec_version);
  write_targets(writer, targets);
  writer.member("version", targets.version).end_object();
  return out;
}

}  // namespace latchkey::protocol::tuf
