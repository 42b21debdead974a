#include "release/repository/take_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "protocol/limits.h"
#include "protocol/release/channels.h"
#include "protocol/release/names.h"
#include "release/repository/device_check.h"

namespace latchkey::release {
namespace {

struct Upload {
  std::string role;  // "channels.json" for that
  std::int64_t version = 0;
  const Bytes* bytes = nullptr;
};

bool is_uploaded_role(std::string_view role) {
  return role == tuf::root_role || role == tuf::targets_role ||
         (role.starts_with("ch-") && protocol::release::check_channel_name(role.substr(3)));
}

Result<Upload> parse_name(const UploadedFile& file) {
  if (file.name == channels_target) return Upload{file.name, 0, &file.bytes};
  const auto refuse = [&] { return fail(Code::invalid_argument, "not a file that is uploaded here"); };
  const std::string_view name = file.name;
  Upload upload{{}, 0, &file.bytes};
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), upload.version);
  const std::string_view rest = name.substr(static_cast<std::size_t>(end - name.data()));
  if (error != std::errc() || !rest.starts_with('.') || !rest.ends_with(".json") || rest.size() < 7) return refuse();
  upload.role = rest.substr(1, rest.size() - 6);
  if (!is_uploaded_role(upload.role) || metadata_name(upload.role, upload.version) != name) return refuse();
  return upload;
}

// In the order a device reads them.
int rank(const Upload& upload) {
  if (upload.role == tuf::root_role) return 0;
  if (upload.role == tuf::targets_role) return 1;
  return upload.role == channels_target ? 2 : 3;
}

// Publishers send all they have. Of every role but root, whose versions devices walk one by one, the newest counts.
void drop_superseded(std::vector<Upload>& uploads) {
  for (std::size_t i = 0; i + 1 < uploads.size();)
    if (uploads[i].role == uploads[i + 1].role && rank(uploads[i]) != 0)
      uploads.erase(uploads.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
}

Result<std::vector<Upload>> sort_uploads(std::span<const UploadedFile> files) {
  if (files.empty() || files.size() > protocol::limits::metadata_files) return fail(Code::invalid_argument, "files");
  std::vector<Upload> uploads;
  for (const auto& file : files) {
    TRY(Upload upload, parse_name(file));
    uploads.push_back(std::move(upload));
  }
  std::ranges::sort(uploads, [](const Upload& a, const Upload& b) {
    return std::tuple(rank(a), a.role, a.version) < std::tuple(rank(b), b.role, b.version);
  });
  drop_superseded(uploads);
  return uploads;
}

bool is_current(const Repository& repository, const Upload& upload) {
  const RepositoryFile* const file = repository.find(upload.role);
  return file != nullptr && file->bytes == *upload.bytes;
}

bool may_sign_alone(const tuf::RoleKeys& role, const crypto::SigningKey& key) {
  const auto ours = tuf::TufKey::of(key.verifying_key());
  return ours && role.threshold == 1 && role.key_ids.contains(ours->id());
}

Status take_root(Repository& repository, const Upload& upload) {
  TRY(const auto root, parse_root_file(*upload.bytes));
  const auto current = read_root(repository);
  const std::int64_t expected = current ? current->version + 1 : 1;
  if (root.version != upload.version || root.version != expected) return fail(Code::metadata_mismatch, "root: version");
  repository.put_metadata(tuf::root_role, root.version, *upload.bytes);
  return {};
}

// The key in use if the role names it, else the one that waits; null if it names neither.
const crypto::SigningKey* choose_key(const tuf::RoleKeys& role, const crypto::SigningKey& key,
                                     const std::optional<crypto::SigningKey>& next) {
  if (may_sign_alone(role, key)) return &key;
  return next && may_sign_alone(role, *next) ? &*next : nullptr;
}

// Makes `next` the key where the roles name it; all of them name the same one.
Result<bool> follow_roles(std::span<const tuf::RoleKeys* const> roles, crypto::SigningKey& key,
                          std::optional<crypto::SigningKey>& next, std::string_view wrong) {
  std::size_t old = 0, chosen = 0;
  for (const tuf::RoleKeys* const role : roles) {
    const auto* const choice = choose_key(*role, key, next);
    if (choice == nullptr) return fail(Code::invalid_argument, wrong);
    ++(choice == &key ? old : chosen);
  }
  if (chosen == 0) return false;
  if (old != 0) return fail(Code::invalid_argument, "targets: policy roles name the server's old key and its new one");
  key = *std::exchange(next, std::nullopt);
  return true;
}

// By the newest root and targets only: the ones before may be from a time without this server.
Result<std::vector<std::string>> follow_online_keys(const Repository& repository, OnlineKeys& keys, NextKeys& next) {
  constexpr std::string_view wrong_root =
      "root: snapshot and timestamp are not this server's keys with threshold 1 (latchkey app show tells them)";
  TRY(const auto root, read_root(repository));
  TRY(const auto targets, read_targets(repository, tuf::targets_role));
  std::vector<const tuf::RoleKeys*> policies;
  for (const auto& role : targets.delegated_roles)
    if (role.name.starts_with("policy-")) policies.push_back(&role.keys);
  const std::array snapshot{&root.role(tuf::snapshot_role)}, timestamp{&root.role(tuf::timestamp_role)};
  TRY(const bool has_snapshot, follow_roles(snapshot, keys.snapshot, next.snapshot, wrong_root));
  TRY(const bool has_timestamp, follow_roles(timestamp, keys.timestamp, next.timestamp, wrong_root));
  TRY(const bool has_policy, follow_roles(policies, keys.policy, next.policy,
                                          "targets: a policy role has this server's key with threshold 1"));
  std::vector<std::string> adopted;
  if (has_snapshot) adopted.emplace_back(tuf::snapshot_role);
  if (has_timestamp) adopted.emplace_back(tuf::timestamp_role);
  if (has_policy) adopted.emplace_back(policy_key_role);
  return adopted;
}

Status check_delegation(const tuf::DelegatedRole& role) {
  const bool is_policy = role.name.starts_with("policy-");
  const std::string channel = role.name.substr(is_policy ? 7 : 3);
  const bool has_name = (is_policy || role.name.starts_with("ch-")) && protocol::release::check_channel_name(channel);
  const std::string path = is_policy ? "policy/" + channel + "/*" : channel + "/*";
  if (!has_name || role.paths != std::vector{path} || !role.is_terminating)
    return fail(Code::invalid_argument, "targets: delegations are ch-<channel> and policy-<channel>, terminating");
  return {};
}

Status take_targets(Repository& repository, const Upload& upload) {
  TRY(const auto targets, parse_targets_file(*upload.bytes));
  const auto current = read_targets(repository, upload.role);
  if (targets.version != upload.version) return fail(Code::metadata_mismatch, upload.role + ": version");
  TRY_DO(check_next_version(upload.role, targets.version, current ? current->version : 0));
  if (upload.role == tuf::targets_role)
    for (const auto& role : targets.delegated_roles) TRY_DO(check_delegation(role));
  if (upload.role == tuf::targets_role && (targets.files.size() != 1 || !targets.files.contains(channels_target)))
    return fail(Code::invalid_argument, "targets: its one file is channels.json");
  repository.put_metadata(upload.role, targets.version, *upload.bytes);
  return {};
}

// A channel's role names the release that is current, and nothing else: a new one comes with its objects.
Status check_channel_role(const Repository& repository, const std::string& role) {
  TRY(const auto targets, read_targets(repository, role));
  const std::string target = release_target(std::string_view(role).substr(3));
  const RepositoryFile* const release = repository.find(target);
  if (release == nullptr) return fail(Code::invalid_argument, role + ": the channel has no release yet");
  const auto named = targets.files.find(target);
  if (targets.files.size() != 1 || named == targets.files.end() ||
      named->second != tuf::describe_target(release->bytes))
    return fail(Code::invalid_argument, role + ": names another release than the current one");
  return {};
}

// Of a void channel the publisher may have signed what it released before somebody else did; that is passed over.
Status take_channel_role(Repository& repository, const Upload& upload) {
  TRY(const bool was_void, is_void(repository, upload.role));
  Repository changed = repository;
  Status taken = take_targets(changed, upload);
  if (taken) taken = check_channel_role(changed, upload.role);
  if (!taken) return was_void ? Status() : taken;
  repository = std::move(changed);
  return {};
}

// Whether a later version is there already; what it says has no effect any more.
Result<bool> is_superseded(const Repository& repository, const Upload& upload) {
  if (upload.role == channels_target || repository.find(upload.role) == nullptr) return false;
  if (upload.role == tuf::root_role) {
    TRY(const auto root, read_root(repository));
    return upload.version < root.version;
  }
  TRY(const auto targets, read_targets(repository, upload.role));
  return upload.version < targets.version;
}

Status take(Repository& repository, const Upload& upload) {
  TRY(const bool is_old, is_superseded(repository, upload));
  if (is_old || is_current(repository, upload)) return {};
  switch (rank(upload)) {
    case 0:
      return take_root(repository, upload);
    case 1:
      return take_targets(repository, upload);
    case 2:
      repository.put_target(channels_target, *upload.bytes);
      return {};
    default:
      return take_channel_role(repository, upload);
  }
}

Status check_channels_file(const Repository& repository, const tuf::Targets& targets) {
  const RepositoryFile* const file = repository.find(channels_target);
  if (file == nullptr) return fail(Code::not_found, channels_target);
  const auto channels = protocol::release::parse_channels(as_text(file->bytes));
  if (!channels) return fail(channels.error().code, "channels.json: " + channels.error().detail);
  if (channels->app != repository.app()) return fail(Code::invalid_argument, "channels.json: app");
  for (const auto& channel : channels->channels)
    if (targets.find_role(channel_role(channel.name)) == nullptr)
      return fail(Code::invalid_argument, "channels.json: a channel without a role");
  return {};
}

Status make_policies(Repository& repository, const tuf::Targets& targets, const OnlineKeys& keys,
                     const OnlineLifetimes& lifetimes, Instant now) {
  for (const auto& role : targets.delegated_roles) {
    if (!role.name.starts_with("policy-")) continue;
    TRY(const bool is_there, is_signed(repository, targets, role));
    if (is_there) continue;
    protocol::release::Policy policy{.app = repository.app(), .channel = role.name.substr(7)};
    if (const RepositoryFile* const file = repository.find(policy_target(policy.channel))) {
      TRY(policy, protocol::release::parse_policy(as_text(file->bytes)));
    }
    TRY_DO(sign_policy(repository, std::move(policy), keys, lifetimes, now));
  }
  return {};
}

// With a root that no device has seen yet, keys of a channel may change although nobody signs its release anew: devices
// take none of it then until the next release, which may have any number above that of the newest embedded bundle (see
// may_begin_anew()).
Result<bool> may_be_void(const Repository& before, const Repository& after, const std::string& role) {
  TRY(const bool was_void, is_void(before, role));
  if (was_void) return true;
  const auto root_before = read_root(before);
  TRY(const auto root, read_root(after));
  return root_before && root.version > root_before->version;
}

// Every target devices can look up now. A channel whose role expired stays as it was: another's publisher cannot help
// it.
Result<std::vector<std::string>> list_targets(const Repository& before, const Repository& after,
                                              const tuf::Targets& targets, Instant now) {
  std::vector<std::string> names{std::string(channels_target)};
  for (const auto& role : targets.delegated_roles) {
    if (after.find(role.name) == nullptr) continue;
    TRY(const auto current, read_targets(after, role.name));
    if (current.expires <= now) continue;
    TRY(const bool is_left_void, is_void(after, role.name));
    TRY(const bool may, may_be_void(before, after, role.name));
    if (is_left_void && may) continue;
    if (is_left_void)
      return fail(Code::signature_invalid,
                  role.name + ": has to be signed anew with its new keys, or a new root has to come with them");
    for (const auto& [name, file] : current.files) names.push_back(name);
  }
  return names;
}

}  // namespace

Result<std::vector<std::string>> take_metadata(Repository& repository, std::span<const UploadedFile> files,
                                               OnlineKeys& keys, NextKeys next, const OnlineLifetimes& lifetimes,
                                               Instant now) {
  const Repository before = repository;
  TRY(const auto uploads, sort_uploads(files));
  for (const auto& upload : uploads) TRY_DO(take(repository, upload));
  if (repository.changes().empty()) return std::vector<std::string>();
  TRY(auto adopted, follow_online_keys(repository, keys, next));
  TRY(const auto targets, read_targets(repository, tuf::targets_role));
  TRY_DO(check_channels_file(repository, targets));
  TRY_DO(make_policies(repository, targets, keys, lifetimes, now));
  TRY_DO(sign_snapshot(repository, keys, lifetimes, now));
  TRY(const auto names, list_targets(before, repository, targets, now));
  TRY_DO(check_as_device(before, repository, names, now));
  return adopted;
}

}  // namespace latchkey::release
