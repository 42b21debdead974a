// Gathering the signatures of several people, on several machines: a draft is the metadata file itself, with fewer
// signatures than it needs. It is copied to whoever holds a key, signed there, and merged back.
#pragma once

#include <functional>

#include "publish/repository/metadata_folder.h"

namespace latchkey::publish {

// One threshold a draft has to reach. A root has two: that of the root before it, and its own.
struct Requirement {
  std::string whose;  // "root 1", "root 2 (new)", "targets"
  tuf::RoleKeys role;
  tuf::KeyMap keys;
};

struct Signer {
  tuf::KeyId key;
  bool has_signed = false;
};
struct Progress {
  std::string whose;
  std::size_t valid = 0;
  std::size_t threshold = 1;
  std::vector<Signer> signers;
  bool is_met() const { return valid >= threshold; }
};

// By what the folder holds, drafts of higher roles included: all of a new repository can be signed in one go. Fails:
// not_found (the role is not there, or the folder is of another repository).
Result<std::vector<Requirement>> list_requirements(const MetadataFolder& folder, const Draft& draft);
Progress measure(const Requirement& requirement, const tuf::Envelope& envelope);

// Stores the draft and, whenever drafts are complete, turns them into metadata. Answers the names of those.
Result<std::vector<MetadataName>> submit(MetadataFolder& folder, const Draft& draft);

// Takes over signatures that are valid for one of the requirements. Answers how many were new. Fails: metadata_mismatch
// (other contents).
Result<std::size_t> merge(Draft& into, const tuf::Envelope& from, const std::vector<Requirement>& requirements);

// The key for a requirement, if it is at hand.
using FindKey = std::function<Result<std::optional<crypto::SigningKey>>(const tuf::TufKey& key)>;
// Signs with keys that are asked for one by one until every threshold is reached. Answers how many signed.
Result<std::size_t> sign_with(Draft& draft, const std::vector<Requirement>& requirements, const FindKey& find);

// Whether the key files of both snapshot and timestamp lie in `keys`: where a server signs these, they do not. Fails:
// as reading root and keys does.
Result<bool> has_snapshot_keys(const MetadataFolder& folder, const std::filesystem::path& keys);

// For repositories without a server: a new snapshot of everything complete, and a timestamp for it, in memory and then
// in the folder. Fails: not_found (no key), and as signing does.
Status sign_snapshot(MetadataFolder& folder, const FindKey& find, Instant now, std::chrono::days snapshot_life,
                     std::chrono::days timestamp_life);

}  // namespace latchkey::publish
