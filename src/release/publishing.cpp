#include "release/publishing.h"

namespace latchkey::release {

using protocol::release::PolicyEntry;

namespace {

Status save_policy(sql::Transaction& tx, const Signing& signing, std::string_view app, std::string_view channel,
                   Instant now) {
  TRY(Repository repository, load_repository(tx, app));
  TRY(const auto keys, load_online_keys(tx, app, signing.seal));
  TRY(const auto policy, make_policy(tx, app, channel));
  TRY_DO(take_policy(repository, policy, keys, signing.lifetimes, now));
  return save_changes(tx, repository, now);
}

Result<protocol::release::ReleaseDescriptor> read_current(const Repository& repository, std::string_view channel) {
  const RepositoryFile* const file = repository.find(release_target(channel));
  if (file == nullptr) return fail(Code::not_found, "release");
  return protocol::release::parse_release(as_text(file->bytes));
}

// What devices can take now is what they will compare with, under the root there is now.
Status note_roots(sql::Transaction& tx, const Repository& repository) {
  if (repository.find(tuf::root_role) == nullptr || repository.find(tuf::targets_role) == nullptr) return {};
  TRY(const auto root, read_root(repository));
  TRY(const auto targets, read_targets(repository, tuf::targets_role));
  for (const auto& role : targets.delegated_roles) {
    if (!role.name.starts_with("ch-") || repository.find(role.name) == nullptr) continue;
    TRY(const bool is_in_force, is_signed(repository, targets, role));
    if (!is_in_force) continue;
    TRY(const auto current, read_current(repository, std::string_view(role.name).substr(3)));
    TRY_DO(update_root_version(tx, current, root.version));
  }
  return {};
}

// Devices forget a channel's number with a new root, and remember the one of the release they find under it. Where none
// could be found they take any above that of the bundle inside the app.
Result<Numbers> may_begin_anew(sql::Transaction& tx, const Repository& repository, std::string_view channel) {
  TRY(const bool is_left_void, is_void(repository, channel_role(channel)));
  const auto current = read_current(repository, channel);
  if (!is_left_void || !current) return Numbers::follow;
  TRY(const auto root, read_root(repository));
  TRY(const auto stored, find_release(tx, repository.app(), channel, current->terms.id));
  const bool is_unseen = stored && stored->root_version > 0 && stored->root_version < root.version;
  return is_unseen ? Numbers::begin_anew : Numbers::follow;
}

Status check_rollback(sql::Transaction& tx, const protocol::release::ReleaseDescriptor& release) {
  if (!release.rollback_of) return {};
  TRY(const auto older, find_release(tx, release.app, release.channel, *release.rollback_of));
  if (!older) return fail(Code::not_found, "the release that rollback_of names");
  if (older->root != release.tree.root)
    return fail(Code::invalid_argument, "rollback_of: another tree than that release");
  return {};
}

Result<PolicyEntry> apply(PolicyEntry state, const RolloutChange& change) {
  if (state.halted) return fail(Code::conflict, "the release is halted; publish another");
  if (change.halted && !*change.halted) return fail(Code::invalid_argument, "halted");
  if (change.bps && *change.bps > protocol::release::everybody) return fail(Code::invalid_argument, "bps");
  state.bps = change.bps.value_or(state.bps);
  state.paused = change.paused.value_or(state.paused);
  state.halted = change.halted.value_or(state.halted);
  state.reason = change.reason.value_or(state.reason);
  return state;
}

std::string pause_reason(const Evidence& evidence) {
  return "automatic: " + std::to_string(evidence.outcomes.failed) + " of " + std::to_string(evidence.outcomes.devices) +
         " devices failed, in " + std::to_string(evidence.networks) + " networks";
}

}  // namespace

Result<NewApiKey> create_app(sql::Transaction& tx, const Signing& signing, const App& app) {
  TRY_DO(insert_app(tx, app));
  TRY_DO(insert_online_keys(tx, app.id, signing.seal));
  return insert_api_key(tx, app.id, "first publisher", publisher_scopes, app.created_at);
}

Status publish_metadata(sql::Transaction& tx, const Signing& signing, std::string_view app,
                        std::span<const UploadedFile> files, Instant now) {
  TRY_DO(lock_app(tx, app));
  TRY(Repository repository, load_repository(tx, app));
  TRY(auto keys, load_online_keys(tx, app, signing.seal));
  TRY(auto next, load_next_keys(tx, app, signing.seal));
  TRY_DO(note_roots(tx, repository));  // of releases that are void afterwards nobody could tell any more
  TRY(const auto adopted, take_metadata(repository, files, keys, std::move(next), signing.lifetimes, now));
  TRY_DO(adopt_next_keys(tx, app, adopted, signing.seal));
  if (!repository.changes().empty()) TRY_DO(note_roots(tx, repository));
  return save_changes(tx, repository, now);
}

Result<ReleaseId> publish_release(sql::Transaction& tx, const Signing& signing, std::string_view app,
                                  std::string_view channel, const SignedRelease& release, Instant now) {
  TRY_DO(lock_app(tx, app));
  TRY(Repository repository, load_repository(tx, app));
  if (is_current(repository, channel, release)) {
    TRY(const auto same, protocol::release::parse_release(as_text(release.descriptor)));
    return same.terms.id;
  }
  TRY(const Numbers numbers, may_begin_anew(tx, repository, channel));
  TRY(const auto descriptor, read_release(repository, channel, release, numbers, now));
  TRY_DO(check_objects(tx, descriptor));
  TRY_DO(check_rollback(tx, descriptor));
  TRY(const auto root, read_root(repository));
  TRY_DO(insert_release(tx, descriptor, root.version, now));
  TRY(const auto policy, make_policy(tx, app, channel));
  TRY(const auto keys, load_online_keys(tx, app, signing.seal));
  TRY_DO(take_release(repository, release, policy, keys, signing.lifetimes, now));
  TRY_DO(save_changes(tx, repository, now));
  return descriptor.terms.id;
}

Status change_rollout(sql::Transaction& tx, const Signing& signing, std::string_view app, std::string_view channel,
                      const RolloutChange& change, Instant now) {
  TRY_DO(lock_app(tx, app));
  TRY(const auto release, find_release(tx, app, channel, change.release));
  if (!release) return fail(Code::not_found, "release");
  TRY(const PolicyEntry state, apply(release->state, change));
  if (change.watched && *change.watched != release->is_watched) {
    TRY_DO(update_watch(tx, app, channel, state.id, *change.watched));
  }
  if (state == release->state) return {};
  TRY_DO(update_state(tx, app, channel, state));
  if (release->state.paused && !state.paused) {
    TRY_DO(forget_evidence(tx, app, channel, state.id));
  }
  return save_policy(tx, signing, app, channel, now);
}

Result<ReportAnswer> take_report(sql::Transaction& tx, const Signing& signing,
                                 const protocol::release::DeviceReport& report, const http::Address& client,
                                 Instant now) {
  TRY_DO(check_app_exists(tx, report.app));
  TRY(const Recorded recorded, record_report(tx, report, client.network(), now));
  const bool may_pause = recorded.is_new_failure && recorded.may_pause_itself;
  if (!may_pause || !should_pause(recorded.evidence, signing.pause))
    return ReportAnswer{recorded.counted, recorded.highest, false};
  const RolloutChange change{.release = report.release,
                             .bps = std::nullopt,
                             .paused = true,
                             .halted = std::nullopt,
                             .reason = pause_reason(recorded.evidence),
                             .watched = std::nullopt};
  TRY_DO(change_rollout(tx, signing, report.app, report.channel, change, now));
  return ReportAnswer{recorded.counted, 0, true};
}

Result<bool> renew_app(sql::Transaction& tx, const Signing& signing, std::string_view app, Instant now) {
  TRY_DO(lock_app(tx, app));
  TRY(Repository repository, load_repository(tx, app));
  if (repository.find(tuf::timestamp_role) == nullptr) return false;
  TRY(const auto keys, load_online_keys(tx, app, signing.seal));
  TRY_DO(renew(repository, keys, signing.lifetimes, now));
  TRY_DO(save_changes(tx, repository, now));
  return !repository.changes().empty();
}

}  // namespace latchkey::release
