// Reading roles.
#include <algorithm>

#include "protocol/limits.h"
#include "protocol/release/strict_json.h"
#include "protocol/release/tuf/path_pattern.h"
#include "protocol/release/tuf/roles.h"
#include "protocol/release/utc_time.h"

namespace latchkey::protocol::tuf {
namespace {

constexpr std::string_view json_suffix = ".json";

// "1.<minor>" or "1.<minor>.<patch>": clients of one major version understand each other (TUF 1.0.34 section 4.2.1).
Status check_spec_version(std::string_view text) {
  std::size_t numbers = 0;
  for (std::string_view rest = text;; ++numbers) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view number = rest.substr(0, dot);
    if (number.empty() || number.size() > limits::tuf_spec_version_digits || numbers == 3)
      return fail(Code::invalid_format, "spec_version");
    if (!std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
      return fail(Code::invalid_format, "spec_version");
    if (numbers == 0 && number != "1") return fail(Code::future_version, "spec_version");
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  if (numbers == 0) return fail(Code::invalid_format, "spec_version");
  return {};
}

Result<std::int64_t> get_version(const json::Value& object) {
  return release::get_number(object, "version", 1, limits::json_number_maximum);
}

// What all roles begin with.
template <class Role>
Status read_common(Role& role, const json::Value& content, std::string_view type) {
  TRY_DO(release::check_type(content, type));
  TRY(const auto specification, json::get_string(content, "spec_version"));
  TRY_DO(check_spec_version(specification));
  TRY(role.version, get_version(content));
  TRY(const auto expires, json::get_string(content, "expires"));
  TRY(role.expires, release::parse_utc_time(expires));
  return {};
}

Result<const json::Value*> get_object(const json::Value& object, std::string_view name) {
  TRY(const json::Value* member, json::find_object(object, name));
  if (member == nullptr) return fail(Code::invalid_format, name);
  return member;
}

Result<RoleKeys> read_role_keys(const json::Value& object, const KeyMap& keys) {
  if (!object.is_object()) return fail(Code::invalid_format, "role");
  TRY(const json::Array* ids, release::get_array(object, "keyids", 1, limits::tuf_keys));
  RoleKeys role;
  for (const json::Value& element : *ids) {
    const auto id = element.to_string();
    if (!id) return fail(Code::invalid_format, "keyids");
    KeyId key_id{std::string(*id)};
    if (!keys.contains(key_id)) return fail(Code::invalid_format, "a role names a key that is not there");
    if (!role.key_ids.insert(std::move(key_id)).second) return fail(Code::invalid_format, "a role names a key twice");
  }
  TRY(const std::int64_t threshold,
      release::get_number(object, "threshold", 1, static_cast<std::int64_t>(role.key_ids.size())));
  role.threshold = static_cast<std::size_t>(threshold);
  return role;
}

// `{"sha256": hex, ...}`. Hashes of other kinds are passed over, but ours must be there.
Result<crypto::Sha256Digest> read_hashes(const json::Value& object) {
  TRY(const json::Value* hashes, get_object(object, "hashes"));
  return release::get_hex<crypto::sha256_size>(*hashes, "sha256");
}

Result<MetaFile> read_meta_file(const json::Value& object) {
  if (!object.is_object()) return fail(Code::invalid_format, "meta");
  MetaFile meta;
  TRY(meta.version, get_version(object));
  if (object.find("length") != nullptr) {
    TRY(meta.length, release::get_number(object, "length", 1, limits::json_number_maximum));
  }
  if (object.find("hashes") != nullptr) {
    TRY(meta.sha256, read_hashes(object));
  }
  return meta;
}

Status read_target(Targets& targets, const json::Member& member) {
  TRY_DO(check_target_path(member.name));
  if (!member.value.is_object()) return fail(Code::invalid_format, "targets");
  TargetFile file;
  TRY(file.length, release::get_number(member.value, "length", 0, limits::json_number_maximum));
  TRY(file.sha256, read_hashes(member.value));
  targets.files.emplace(std::string(member.name), file);
  return {};
}

Result<DelegatedRole> read_delegated_role(const json::Value& object, const KeyMap& keys) {
  if (!object.is_object()) return fail(Code::invalid_format, "delegations: roles");
  DelegatedRole role;
  TRY(role.name, json::get_string(object, "name"));
  TRY_DO(check_role_name(role.name));
  TRY(role.keys, read_role_keys(object, keys));
  TRY(role.is_terminating, json::get_bool(object, "terminating"));
  TRY_DO(release::get_array(object, "paths", 1, limits::tuf_delegated_paths));
  TRY(role.paths, json::find_strings(object, "paths"));
  for (const std::string& path : role.paths) TRY_DO(check_path_pattern(path));
  return role;
}

bool is_top_level(std::string_view name) {
  return name == root_role || name == targets_role || name == snapshot_role || name == timestamp_role;
}

Status read_delegations(Targets& targets, const json::Value& object) {
  TRY(const json::Value* keys, get_object(object, "keys"));
  TRY(targets.delegated_keys, parse_keys(*keys));
  TRY(const json::Array* roles, release::get_array(object, "roles", 0, limits::tuf_roles));
  for (const json::Value& element : *roles) {
    TRY(DelegatedRole role, read_delegated_role(element, targets.delegated_keys));
    if (is_top_level(role.name) || targets.find_role(role.name) != nullptr)
      return fail(Code::invalid_format, "a delegated role's name is taken");
    targets.delegated_roles.push_back(std::move(role));
  }
  return {};
}

}  // namespace

Result<Root> parse_root(const json::Value& content) {
  Root root;
  TRY_DO(read_common(root, content, root_role));
  TRY(const bool is_consistent, json::get_bool(content, "consistent_snapshot"));
  if (!is_consistent) return fail(Code::invalid_format, "consistent_snapshot");
  TRY(const json::Value* keys, get_object(content, "keys"));
  TRY(root.keys, parse_keys(*keys));
  TRY(const json::Value* roles, get_object(content, "roles"));
  for (const json::Member& member : *roles->to_object()) {
    TRY(RoleKeys role, read_role_keys(member.value, root.keys));
    root.roles.emplace(std::string(member.name), std::move(role));
  }
  for (const std::string_view name : {root_role, targets_role, snapshot_role, timestamp_role})
    if (!root.roles.contains(name)) return fail(Code::invalid_format, "roles");
  return root;
}

Result<Timestamp> parse_timestamp(const json::Value& content) {
  Timestamp timestamp;
  TRY_DO(read_common(timestamp, content, timestamp_role));
  TRY(const json::Value* meta, get_object(content, "meta"));
  TRY(const json::Value* snapshot, get_object(*meta, "snapshot.json"));
  TRY(timestamp.snapshot, read_meta_file(*snapshot));
  return timestamp;
}

Result<Snapshot> parse_snapshot(const json::Value& content) {
  Snapshot snapshot;
  TRY_DO(read_common(snapshot, content, snapshot_role));
  TRY(const json::Value* meta, get_object(content, "meta"));
  if (meta->to_object()->size() > limits::tuf_roles) return fail(Code::input_too_large, "meta");
  for (const json::Member& member : *meta->to_object()) {
    const std::string_view file(member.name);
    if (!file.ends_with(json_suffix)) return fail(Code::invalid_format, "meta");
    const std::string_view name = file.substr(0, file.size() - json_suffix.size());
    TRY_DO(check_role_name(name));
    TRY(MetaFile described, read_meta_file(member.value));
    snapshot.roles.emplace(std::string(name), described);
  }
  if (!snapshot.roles.contains(targets_role)) return fail(Code::invalid_format, "meta");
  return snapshot;
}

Result<Targets> parse_targets(const json::Value& content) {
  Targets targets;
  TRY_DO(read_common(targets, content, targets_role));
  TRY(const json::Value* files, get_object(content, "targets"));
  if (files->to_object()->size() > limits::tuf_target_files) return fail(Code::input_too_large, "targets");
  for (const json::Member& member : *files->to_object()) TRY_DO(read_target(targets, member));
  TRY(const json::Value* delegations, json::find_object(content, "delegations"));
  if (delegations != nullptr) TRY_DO(read_delegations(targets, *delegations));
  return targets;
}

}  // namespace latchkey::protocol::tuf
