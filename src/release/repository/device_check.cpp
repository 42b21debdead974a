#include "release/repository/device_check.h"

#include "protocol/release/tuf/trusted_metadata.h"

namespace latchkey::release {
namespace {

Result<ByteView> fetch(const Repository& repository, const tuf::WantedFile& wanted) {
  const RepositoryFile* const file = repository.find(wanted.role);
  if (file == nullptr || file->path != "metadata/" + wanted.name) return fail(Code::metadata_mismatch, wanted.role);
  if (file->bytes.size() > wanted.max_bytes) return fail(Code::input_too_large, wanted.role);
  return ByteView(file->bytes);
}

Status look_up(tuf::TrustedMetadata& trusted, const Repository& repository, const std::string& target) {
  for (;;) {
    TRY(const auto step, trusted.look_up(target));
    if (const auto* const found = std::get_if<tuf::FoundTarget>(&step)) {
      const RepositoryFile* const file = repository.find(target);
      const bool is_there =
          file != nullptr && file->path == "targets/" + found->name && tuf::describe_target(file->bytes) == found->file;
      return is_there ? Status() : fail(Code::metadata_mismatch, target);
    }
    const auto& wanted = std::get<tuf::WantedFile>(step);
    TRY(const ByteView bytes, fetch(repository, wanted));
    TRY_DO(trusted.update_targets(wanted.role, bytes));
  }
}

Status walk(tuf::TrustedMetadata& trusted, const Repository& after, std::span<const std::string> targets) {
  for (const auto& change : after.changes())
    if (change.name == tuf::root_role && change.file.path == "metadata/" + trusted.next_root_name())
      TRY_DO(trusted.update_root(change.file.bytes));
  TRY_DO(trusted.finish_roots());
  const RepositoryFile* const timestamp = after.find(tuf::timestamp_role);
  if (timestamp == nullptr) return fail(Code::not_found, tuf::timestamp_role);
  TRY_DO(trusted.update_timestamp(timestamp->bytes));
  if (const auto wanted = trusted.wanted_snapshot()) {
    TRY(const ByteView bytes, fetch(after, *wanted));
    TRY_DO(trusted.update_snapshot(bytes));
  }
  for (const auto& target : targets) TRY_DO(look_up(trusted, after, target));
  return {};
}

std::vector<tuf::KeptFile> kept_by_a_device(const Repository& repository) {
  std::vector<tuf::KeptFile> kept;
  for (const auto& [name, file] : repository.files())
    if (file.path.starts_with("metadata/")) kept.push_back({name + ".json", file.bytes});
  return kept;
}

// What a device of today has built in: the first root there is, as far as this change knows.
const RepositoryFile* find_first_root(const Repository& before, const Repository& after) {
  if (before.find(tuf::root_role) == nullptr)
    for (const auto& change : after.changes())
      if (change.name == tuf::root_role) return &change.file;
  return after.find(tuf::root_role);
}

}  // namespace

Status check_as_device(const Repository& before, const Repository& after, std::span<const std::string> targets,
                       Instant now) {
  const RepositoryFile* const first = find_first_root(before, after);
  if (first == nullptr) return fail(Code::not_found, tuf::root_role);
  TRY(auto fresh, tuf::TrustedMetadata::open(first->bytes, now));
  TRY_DO(walk(fresh, after, targets));
  const RepositoryFile* const known = before.find(tuf::root_role);
  if (known == nullptr) return {};
  TRY(auto old, tuf::TrustedMetadata::open(known->bytes, now));
  old.restore(kept_by_a_device(before));
  return walk(old, after, targets);
}

}  // namespace latchkey::release
