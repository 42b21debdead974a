#include "publish/repository/role_editor.h"

#include <algorithm>

#include "protocol/release/names.h"

namespace latchkey::publish {
namespace {

using tuf::KeyMap;
using tuf::RoleKeys;

Status add_keys(RoleKeys& role, KeyMap& keys, const std::vector<tuf::TufKey>& added) {
  for (const tuf::TufKey& key : added) {
    keys.emplace(key.id(), key);
    if (!role.key_ids.insert(key.id()).second) return fail(Code::invalid_argument, "the role has that key already");
  }
  return {};
}

Status check_threshold(const RoleKeys& role) {
  if (role.threshold >= 1 && role.threshold <= role.key_ids.size()) return {};
  return fail(Code::invalid_argument, "a threshold of " + std::to_string(role.threshold) + " with " +
                                          std::to_string(role.key_ids.size()) + " keys");
}

Status apply(RoleKeys& role, KeyMap& keys, const KeyChange& change) {
  for (const tuf::KeyId& id : change.remove)
    if (role.key_ids.erase(id) == 0) return fail(Code::invalid_argument, "the role has no such key to remove");
  TRY_DO(add_keys(role, keys, change.add));
  role.threshold = change.threshold.value_or(role.threshold);
  return check_threshold(role);
}

template <class Roles, class Get>
void drop_unused(KeyMap& keys, const Roles& roles, Get get) {
  std::erase_if(keys, [&](const auto& entry) {
    return std::ranges::none_of(roles, [&](const auto& role) { return get(role).key_ids.contains(entry.first); });
  });
}

Result<tuf::DelegatedRole> make_role(KeyMap& keys, std::string name, std::string path,
                                     const std::vector<tuf::TufKey>& its_keys, std::size_t threshold) {
  tuf::DelegatedRole role{.name = std::move(name), .keys = {{}, threshold}, .paths = {std::move(path)}};
  TRY_DO(add_keys(role.keys, keys, its_keys));
  TRY_DO(check_threshold(role.keys));
  return role;
}

Status check_channel(std::string_view channel) {
  // Its paths would be another role's.
  if (channel == "policy" || !protocol::release::check_channel_name(channel))
    return fail(Code::invalid_argument, "a channel's name");
  return {};
}

}  // namespace

std::chrono::days Lifetimes::of(std::string_view role) const {
  if (role == tuf::root_role) return root;
  if (role == tuf::targets_role) return targets;
  if (role == tuf::snapshot_role) return snapshot;
  return role == tuf::timestamp_role ? timestamp : channel;
}

Result<tuf::Root> change_keys(tuf::Root root, std::string_view role, const KeyChange& change, Instant expires) {
  const auto found = root.roles.find(role);
  if (found == root.roles.end()) return fail(Code::not_found, role);
  TRY_DO(apply(found->second, root.keys, change));
  drop_unused(root.keys, root.roles, [](const auto& entry) -> const RoleKeys& { return entry.second; });
  ++root.version;
  root.expires = expires;
  return root;
}

Result<tuf::Targets> change_keys(tuf::Targets targets, std::string_view role, const KeyChange& change,
                                 Instant expires) {
  const auto found = std::ranges::find(targets.delegated_roles, role, &tuf::DelegatedRole::name);
  if (found == targets.delegated_roles.end()) return fail(Code::not_found, role);
  TRY_DO(apply(found->keys, targets.delegated_keys, change));
  drop_unused(targets.delegated_keys, targets.delegated_roles,
              [](const tuf::DelegatedRole& one) -> const RoleKeys& { return one.keys; });
  ++targets.version;
  targets.expires = expires;
  return targets;
}

std::string channel_role(std::string_view channel) { return "ch-" + std::string(channel); }
std::string policy_role(std::string_view channel) { return "policy-" + std::string(channel); }

Result<tuf::Targets> add_channel(tuf::Targets targets, std::string_view channel, const ChannelKeys& keys) {
  TRY_DO(check_channel(channel));
  if (targets.find_role(channel_role(channel)) != nullptr) return fail(Code::already_exists, channel);
  const std::string path = std::string(channel) + "/*";
  TRY(auto role, make_role(targets.delegated_keys, channel_role(channel), path, keys.keys, keys.threshold));
  targets.delegated_roles.push_back(std::move(role));
  if (keys.policy) {
    TRY(auto policy, make_role(targets.delegated_keys, policy_role(channel), "policy/" + path, {*keys.policy}, 1));
    targets.delegated_roles.push_back(std::move(policy));
  }
  return targets;
}

Result<tuf::Targets> name_release(const std::optional<tuf::Targets>& before, std::string_view channel,
                                  ByteView descriptor, Instant expires) {
  TRY_DO(check_channel(channel));
  tuf::Targets targets;
  targets.version = before ? before->version + 1 : 1;
  targets.expires = expires;
  targets.files.emplace(std::string(channel) + "/release.json", tuf::describe_target(descriptor));
  return targets;
}

}  // namespace latchkey::publish
