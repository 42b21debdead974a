#include "release/repository/take_release.h"

#include "protocol/limits.h"
#include "release/repository/device_check.h"

namespace latchkey::release {

using protocol::release::Policy;
using protocol::release::ReleaseDescriptor;

namespace {

Status check_step(std::uint64_t sequence, std::uint64_t before, std::uint64_t step) {
  if (sequence <= before || sequence - before <= step) return {};
  return fail(Code::metadata_mismatch,
              "release: sequence " + std::to_string(sequence) + " is too far above " + std::to_string(before));
}

Status check_follows(const Repository& repository, std::string_view channel, const ReleaseDescriptor& release,
                     Numbers numbers) {
  const RepositoryFile* const file = repository.find(release_target(channel));
  if (file == nullptr) return check_step(release.sequence, 0, protocol::limits::first_sequence);
  TRY(const auto current, protocol::release::parse_release(as_text(file->bytes)));
  TRY_DO(check_step(release.sequence, current.sequence, protocol::limits::sequence_step));
  if (numbers == Numbers::begin_anew) return {};
  if (release.sequence <= current.sequence) return fail(Code::metadata_rolled_back, "release: sequence");
  if (release.issued < current.issued) return fail(Code::metadata_rolled_back, "release: issued");
  return {};
}

Status check_role(const Repository& repository, std::string_view channel, const SignedRelease& release) {
  const std::string role = channel_role(channel);
  TRY(const auto targets, read_targets(repository, tuf::targets_role));
  if (targets.find_role(role) == nullptr) return fail(Code::not_found, "channel");
  TRY(const auto named, parse_targets_file(release.metadata));
  const auto current = read_targets(repository, role);
  TRY_DO(check_next_version(role, named.version, current ? current->version : 0));
  const auto file = named.files.find(release_target(channel));
  const bool is_all = named.files.size() == 1 && file != named.files.end() && named.delegated_roles.empty();
  if (!is_all || file->second != tuf::describe_target(release.descriptor))
    return fail(Code::invalid_argument, role + ": names another file than this descriptor");
  return {};
}

}  // namespace

bool is_current(const Repository& repository, std::string_view channel, const SignedRelease& release) {
  const RepositoryFile* const descriptor = repository.find(release_target(channel));
  const RepositoryFile* const role = repository.find(channel_role(channel));
  return descriptor != nullptr && role != nullptr && descriptor->bytes == release.descriptor &&
         role->bytes == release.metadata;
}

Result<ReleaseDescriptor> read_release(const Repository& repository, std::string_view channel,
                                       const SignedRelease& release, Numbers numbers, Instant now) {
  TRY(ReleaseDescriptor descriptor, protocol::release::parse_release(as_text(release.descriptor)));
  if (descriptor.app != repository.app()) return fail(Code::invalid_argument, "release: app");
  if (descriptor.channel != channel) return fail(Code::invalid_argument, "release: channel");
  if (descriptor.issued > now + protocol::limits::issued_ahead)
    return fail(Code::invalid_argument, "release: issued in the future");
  TRY_DO(check_role(repository, channel, release));
  TRY_DO(check_follows(repository, channel, descriptor, numbers));
  return descriptor;
}

Result<bool> has_policy(const Repository& repository, std::string_view channel) {
  TRY(const auto targets, read_targets(repository, tuf::targets_role));
  return targets.find_role(policy_role(channel)) != nullptr;
}

Status take_release(Repository& repository, const SignedRelease& release, const Policy& policy, const OnlineKeys& keys,
                    const OnlineLifetimes& lifetimes, Instant now) {
  const Repository before = repository;
  TRY(const auto role, parse_targets_file(release.metadata));
  repository.put_target(release_target(policy.channel), release.descriptor);
  repository.put_metadata(channel_role(policy.channel), role.version, release.metadata);
  std::vector<std::string> targets{release_target(policy.channel)};
  TRY(const bool has_one, has_policy(repository, policy.channel));
  if (has_one) {
    TRY_DO(sign_policy(repository, policy, keys, lifetimes, now));
    targets.push_back(policy_target(policy.channel));
  }
  TRY_DO(sign_snapshot(repository, keys, lifetimes, now));
  return check_as_device(before, repository, targets, now);
}

Status take_policy(Repository& repository, const Policy& policy, const OnlineKeys& keys,
                   const OnlineLifetimes& lifetimes, Instant now) {
  const Repository before = repository;
  TRY(const bool has_one, has_policy(repository, policy.channel));
  if (!has_one) return fail(Code::not_found, "the targets role delegates no policy for this channel");
  TRY_DO(sign_policy(repository, policy, keys, lifetimes, now));
  TRY_DO(sign_snapshot(repository, keys, lifetimes, now));
  return check_as_device(before, repository, std::vector{policy_target(policy.channel)}, now);
}

}  // namespace latchkey::release
