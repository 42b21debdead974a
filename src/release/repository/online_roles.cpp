#include "release/repository/online_roles.h"

namespace latchkey::release {
namespace {

// The version after that of the current file; 1 when there is none.
template <class Role>
Result<std::int64_t> next_version(const Result<Role>& current) {
  if (current) return current->version + 1;
  if (current.error().code == Code::not_found) return 1;
  return tl::unexpected(current.error());
}

Instant expiry(Instant now, std::chrono::hours lifetime) {
  return std::chrono::floor<std::chrono::seconds>(now) + lifetime;
}

template <class Role>
Result<Bytes> sign_role(const Role& role, const crypto::SigningKey& key) {
  TRY(auto envelope, tuf::Envelope::of(tuf::print(role)));
  TRY_DO(envelope.sign(key));
  const std::string text = envelope.print();
  return Bytes(text.begin(), text.end());
}

bool is_targets_role(std::string_view name) {
  const bool is_target = name.find('/') != name.npos || name == channels_target;
  return !is_target && (name == tuf::targets_role || name.starts_with("ch-") || name.starts_with("policy-"));
}

Status sign_timestamp(Repository& repository, const OnlineKeys& keys, const OnlineLifetimes& lifetimes, Instant now) {
  TRY(const auto snapshot, read_snapshot(repository));
  tuf::Timestamp timestamp;
  TRY(timestamp.version, next_version(read_timestamp(repository)));
  timestamp.expires = expiry(now, lifetimes.timestamp);
  timestamp.snapshot = tuf::describe(snapshot.version, repository.find(tuf::snapshot_role)->bytes);
  TRY(Bytes file, sign_role(timestamp, keys.timestamp));
  repository.put_metadata(tuf::timestamp_role, timestamp.version, std::move(file));
  return {};
}

bool is_past_half(Instant expires, std::chrono::hours lifetime, Instant now) { return expires - lifetime / 2 <= now; }

Result<bool> renew_policies(Repository& repository, const OnlineKeys& keys, const OnlineLifetimes& lifetimes,
                            Instant now) {
  std::vector<std::string> old;
  for (const auto& [name, file] : repository.files()) {
    if (!is_targets_role(name) || !name.starts_with("policy-")) continue;
    TRY(const auto role, read_targets(repository, name));
    if (is_past_half(role.expires, lifetimes.policy, now))
      old.push_back(name.substr(std::string_view("policy-").size()));
  }
  for (const auto& channel : old) {
    const auto* const file = repository.find(policy_target(channel));
    if (file == nullptr) return fail(Code::storage_corrupted, "a policy role without its policy");
    TRY(auto policy, protocol::release::parse_policy(as_text(file->bytes)));
    TRY_DO(sign_policy(repository, std::move(policy), keys, lifetimes, now));
  }
  return !old.empty();
}

}  // namespace

Status sign_policy(Repository& repository, protocol::release::Policy policy, const OnlineKeys& keys,
                   const OnlineLifetimes& lifetimes, Instant now) {
  policy.issued = std::chrono::floor<std::chrono::seconds>(now);
  TRY_DO(protocol::release::check_policy(policy));
  const std::string text = print_policy(policy);
  const std::string name = policy_role(policy.channel);
  tuf::Targets role;
  TRY(role.version, next_version(read_targets(repository, name)));
  role.expires = expiry(now, lifetimes.policy);
  role.files.emplace(policy_target(policy.channel), tuf::describe_target(as_bytes(text)));
  TRY(Bytes file, sign_role(role, keys.policy));
  repository.put_target(policy_target(policy.channel), Bytes(text.begin(), text.end()));
  repository.put_metadata(name, role.version, std::move(file));
  return {};
}

Status sign_snapshot(Repository& repository, const OnlineKeys& keys, const OnlineLifetimes& lifetimes, Instant now) {
  tuf::Snapshot snapshot;
  TRY(snapshot.version, next_version(read_snapshot(repository)));
  snapshot.expires = expiry(now, lifetimes.snapshot);
  for (const auto& [name, file] : repository.files()) {
    if (!is_targets_role(name)) continue;
    TRY(const auto role, parse_targets_file(file.bytes));
    snapshot.roles.emplace(name, tuf::describe(role.version, file.bytes));
  }
  TRY(Bytes file, sign_role(snapshot, keys.snapshot));
  repository.put_metadata(tuf::snapshot_role, snapshot.version, std::move(file));
  return sign_timestamp(repository, keys, lifetimes, now);
}

Status renew(Repository& repository, const OnlineKeys& keys, const OnlineLifetimes& lifetimes, Instant now) {
  TRY(const bool has_new_policy, renew_policies(repository, keys, lifetimes, now));
  TRY(const auto snapshot, read_snapshot(repository));
  if (has_new_policy || is_past_half(snapshot.expires, lifetimes.snapshot, now))
    return sign_snapshot(repository, keys, lifetimes, now);
  TRY(const auto timestamp, read_timestamp(repository));
  const bool is_due = timestamp.expires - lifetimes.timestamp + lifetimes.timestamp_renewal <= now;
  return is_due ? sign_timestamp(repository, keys, lifetimes, now) : Status();
}

}  // namespace latchkey::release
