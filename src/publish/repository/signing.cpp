#include "publish/repository/signing.h"

#include <algorithm>

#include "publish/keys/key_file.h"

namespace latchkey::publish {
namespace {

// The role's content that will be current: a draft of it, or the newest complete one.
Result<tuf::Root> expected_root(const MetadataFolder& folder) {
  TRY(const auto drafts, folder.list_drafts());
  for (const Draft& draft : drafts)
    if (draft.name.role == tuf::root_role) return tuf::parse_root(draft.envelope.content());
  return folder.read_root();
}

Result<tuf::Targets> expected_targets(const MetadataFolder& folder) {
  TRY(const auto drafts, folder.list_drafts());
  for (const Draft& draft : drafts)
    if (draft.name.role == tuf::targets_role) return tuf::parse_targets(draft.envelope.content());
  return folder.get_targets(tuf::targets_role);
}

std::string numbered(std::string_view role, std::int64_t version) {
  return std::string(role) + " " + std::to_string(version);
}

Result<std::vector<Requirement>> list_root_requirements(const MetadataFolder& folder, const Draft& draft) {
  std::vector<Requirement> all;
  TRY(const tuf::Root root, tuf::parse_root(draft.envelope.content()));
  if (root.version != 1) {
    TRY(const tuf::Root before, folder.read_root());
    if (root.version != before.version + 1) return fail(Code::metadata_mismatch, "root: version");
    all.push_back({numbered("root", before.version), before.role(tuf::root_role), before.keys});
  }
  all.push_back({numbered("root", root.version) + " (new)", root.role(tuf::root_role), root.keys});
  return all;
}

Result<bool> is_complete(const MetadataFolder& folder, const Draft& draft, const std::vector<Draft>& drafts) {
  // A role comes after the one that names its keys.
  for (const Draft& other : drafts) {
    const bool is_above = other.name.role == tuf::root_role ||
                          (other.name.role == tuf::targets_role && draft.name.role != tuf::root_role);
    if (is_above && other.name.role != draft.name.role) return false;
  }
  TRY(const auto requirements, list_requirements(folder, draft));
  return std::ranges::all_of(requirements,
                             [&](const Requirement& one) { return measure(one, draft.envelope).is_met(); });
}

Result<std::optional<MetadataName>> complete_one(MetadataFolder& folder) {
  TRY(const auto drafts, folder.list_drafts());
  for (const Draft& draft : drafts) {
    TRY(const bool is_ready, is_complete(folder, draft, drafts));
    if (!is_ready) continue;
    TRY_DO(folder.put(draft.name, as_bytes(draft.envelope.print())));
    TRY_DO(folder.remove_draft(draft.name));
    return std::optional(draft.name);
  }
  return std::nullopt;
}

bool has_valid_signature(const tuf::Envelope& envelope, const tuf::KeyId& id, const tuf::TufKey& key) {
  return std::ranges::any_of(envelope.signatures(), [&](const tuf::EnvelopeSignature& one) {
    return one.key_id == id && key.verify(envelope.canonical(), one.signature).has_value();
  });
}

template <class Role>
Result<std::optional<Role>> find_online(const MetadataFolder& folder, std::string_view role,
                                        Result<Role> (*parse)(const protocol::json::Value&)) {
  TRY(const auto file, folder.find_file(role));
  if (!file) return std::nullopt;
  TRY(const auto envelope, tuf::Envelope::parse(*file, max_metadata_bytes(role)));
  TRY(Role content, parse(envelope.content()));
  return std::optional(std::move(content));
}

Result<Bytes> sign_online(const tuf::Root& root, std::string_view role, std::string_view content, const FindKey& find) {
  TRY(auto envelope, tuf::Envelope::of(content));
  Draft draft{{std::string(role), 1}, std::move(envelope)};
  TRY_DO(sign_with(draft, {{std::string(role), root.role(role), root.keys}}, find));
  TRY_DO(draft.envelope.check_threshold(root.role(role), root.keys));
  const std::string file = draft.envelope.print();
  return Bytes(file.begin(), file.end());
}

}  // namespace

Result<std::vector<Requirement>> list_requirements(const MetadataFolder& folder, const Draft& draft) {
  const std::string& role = draft.name.role;
  if (role == tuf::root_role) return list_root_requirements(folder, draft);
  if (role == tuf::targets_role) {
    TRY(const tuf::Root root, expected_root(folder));
    return std::vector{Requirement{role, root.role(role), root.keys}};
  }
  TRY(const tuf::Targets targets, expected_targets(folder));
  const tuf::DelegatedRole* delegated = targets.find_role(role);
  if (delegated == nullptr) return fail(Code::not_found, role);
  return std::vector{Requirement{role, delegated->keys, targets.delegated_keys}};
}

Progress measure(const Requirement& requirement, const tuf::Envelope& envelope) {
  Progress progress{
      requirement.whose, envelope.count_valid(requirement.role, requirement.keys), requirement.role.threshold, {}};
  for (const tuf::KeyId& id : requirement.role.key_ids)
    progress.signers.push_back({id, has_valid_signature(envelope, id, requirement.keys.at(id))});
  return progress;
}

Result<std::vector<MetadataName>> submit(MetadataFolder& folder, const Draft& draft) {
  TRY_DO(list_requirements(folder, draft));
  TRY_DO(folder.put_draft(draft));
  std::vector<MetadataName> completed;
  for (;;) {
    TRY(auto one, complete_one(folder));
    if (!one) return completed;
    completed.push_back(std::move(*one));
  }
}

Result<std::size_t> merge(Draft& into, const tuf::Envelope& from, const std::vector<Requirement>& requirements) {
  if (from.canonical() != into.envelope.canonical())
    return fail(Code::metadata_mismatch, "the two files do not say the same");
  std::size_t added = 0;
  for (const Requirement& requirement : requirements) {
    for (const tuf::EnvelopeSignature& one : from.signatures()) {
      if (!requirement.role.key_ids.contains(one.key_id)) continue;
      const tuf::TufKey& key = requirement.keys.at(one.key_id);
      if (has_valid_signature(into.envelope, one.key_id, key)) continue;
      if (!key.verify(from.canonical(), one.signature)) continue;
      TRY_DO(into.envelope.add(one));
      ++added;
    }
  }
  return added;
}

Result<std::size_t> sign_with(Draft& draft, const std::vector<Requirement>& requirements, const FindKey& find) {
  std::size_t count = 0;
  for (const Requirement& requirement : requirements) {
    const Progress before = measure(requirement, draft.envelope);
    for (const Signer& signer : before.signers) {
      if (measure(requirement, draft.envelope).is_met()) break;
      if (signer.has_signed) continue;
      TRY(const auto key, find(requirement.keys.at(signer.key)));
      if (!key) continue;
      TRY_DO(draft.envelope.sign(*key));
      ++count;
    }
  }
  return count;
}

Result<bool> has_snapshot_keys(const MetadataFolder& folder, const std::filesystem::path& keys) {
  TRY(const tuf::Root root, folder.read_root());
  TRY(const auto stored, list_keys(keys));
  const auto has_key_of = [&](std::string_view role) {
    const auto& ids = root.role(role).key_ids;
    return std::ranges::any_of(stored, [&](const StoredKey& one) { return ids.contains(one.key.id()); });
  };
  return has_key_of(tuf::snapshot_role) && has_key_of(tuf::timestamp_role);
}

Status sign_snapshot(MetadataFolder& folder, const FindKey& find, Instant now, std::chrono::days snapshot_life,
                     std::chrono::days timestamp_life) {
  TRY(const tuf::Root root, folder.read_root());
  TRY(const tuf::Targets targets, folder.get_targets(tuf::targets_role));
  TRY(const auto before, find_online<tuf::Snapshot>(folder, tuf::snapshot_role, tuf::parse_snapshot));
  tuf::Snapshot snapshot = before.value_or(tuf::Snapshot());
  snapshot.version = before ? before->version + 1 : 1;
  snapshot.expires = now + snapshot_life;
  std::vector<std::string> roles{std::string(tuf::targets_role)};
  for (const auto& delegated : targets.delegated_roles) roles.push_back(delegated.name);
  for (const std::string& role : roles) {
    TRY(const auto file, folder.find_file(role));
    if (!file) continue;  // a channel without a release
    TRY(const tuf::Targets content, folder.get_targets(role));
    snapshot.roles[role] = tuf::describe(content.version, *file);
  }
  TRY(const Bytes file, sign_online(root, tuf::snapshot_role, print(snapshot), find));
  TRY_DO(folder.put({std::string(tuf::snapshot_role), snapshot.version}, file));

  tuf::Timestamp timestamp{.version = snapshot.version, .expires = now + timestamp_life, .snapshot = {}};
  timestamp.snapshot = tuf::describe(snapshot.version, file);
  TRY(const Bytes signed_timestamp, sign_online(root, tuf::timestamp_role, print(timestamp), find));
  return folder.put_timestamp(signed_timestamp);
}

}  // namespace latchkey::publish
