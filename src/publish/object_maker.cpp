#include "publish/object_maker.h"

#include "patch/decode.h"
#include "patch/encode.h"
#include "patch/limits.h"
#include "protocol/limits.h"
#include "protocol/release/object_plan.h"

namespace latchkey::publish {
namespace {

using release::FileKey;
using release::KeyPurpose;
using release::WrappedKey;

// The codec does not know `protocol` and bounds patches by itself: whatever may be published can be patched, and every
// patch fits into an object.
static_assert(patch::limits::max_files == protocol::limits::bundle_files);
static_assert(patch::limits::max_total_bytes == protocol::limits::bundle_bytes);
static_assert(patch::limits::max_path_bytes == protocol::limits::bundle_path_bytes);
static_assert(patch::limits::max_patch_bytes <= protocol::limits::object_plain_bytes);

Result<std::vector<WrappedKey>> wrap_for(const ObjectReaders& readers, const FileKey& key, const KeyPurpose& purpose) {
  const std::size_t count = readers.content_keys.size() + readers.recipients.size();
  if (count == 0) return fail(Code::invalid_argument, "there is no content key to encrypt for");
  if (count > protocol::limits::object_keys)
    return fail(Code::invalid_argument, "too many content keys and recipients");
  std::vector<WrappedKey> wrapped;
  for (const auto& content_key : readers.content_keys) {
    TRY(WrappedKey one, release::wrap_file_key(key, content_key, purpose));
    wrapped.push_back(one);
  }
  for (const auto& recipient : readers.recipients) {
    TRY(WrappedKey one, release::wrap_file_key(key, recipient, purpose));
    wrapped.push_back(one);
  }
  return wrapped;
}

// The bundle as the codec takes it; views last as long as the bundle.
std::vector<patch::File> views_of(const Bundle& bundle) {
  std::vector<patch::File> views;
  views.reserve(bundle.files().size());
  for (const BundleFile& file : bundle.files()) views.push_back({file.path, file.content});
  return views;
}

struct MadePatch {
  Bytes bytes;
  std::uint64_t memory = 0;  // on the device
};

// In groups as large as usual; in smaller ones, and at last without the models, where a device would need more memory
// than it has by default. Gives the one that needs least if all do: there are larger devices.
Result<MadePatch> make_patch(const Bundle* base, const Bundle& target, const ObjectOptions& options) {
  const auto old_files = base != nullptr ? views_of(*base) : std::vector<patch::File>();
  const auto new_files = views_of(target);
  constexpr std::size_t small = patch::limits::group_bytes / 4;
  std::optional<MadePatch> best;
  for (const auto& [group_bytes, only_plain] :
       {std::pair{patch::limits::group_bytes, false}, std::pair{small, false}, std::pair{small, true}}) {
    MadePatch made;
    TRY(made.bytes, patch::encode(old_files, new_files, {options.zstd_level, only_plain, group_bytes}));
    TRY(made.memory, patch::memory_to_apply(made.bytes));
    if (!best || made.memory < best->memory) best = std::move(made);
    if (best->memory <= protocol::limits::object_memory) break;
  }
  return *std::move(best);
}

}  // namespace

Result<MadeObject> make_object(std::string_view app, const Bundle* base, const Bundle& target,
                               const ObjectReaders& readers, const ObjectOptions& options) {
  MadeObject made;
  TRY(const MadePatch patch, make_patch(base, target, options));
  if (base != nullptr) made.entry.base = base->root();
  const FileKey key = release::make_file_key();
  const release::ObjectHeader header{options.suite, made.entry.base, target.root(), patch.bytes.size()};
  TRY(made.bytes, release::seal_object(header, patch.bytes, key));
  made.entry.id = crypto::sha256(made.bytes);
  made.entry.length = made.bytes.size();
  made.entry.plain_length = patch.bytes.size();
  made.entry.memory = patch.memory;
  const KeyPurpose purpose{app, made.entry.base.value_or(release::TreeRoot{}), target.root()};
  TRY(made.entry.keys, wrap_for(readers, key, purpose));
  return made;
}

std::uint64_t object_memory(std::uint64_t target_bytes) {
  constexpr std::uint64_t indexes = 256ULL << 20;  // 300 MiB in all were measured for 18 MB
  return indexes + 4 * target_bytes;
}

Result<std::vector<WrappedKey>> rewrap(std::span<const WrappedKey> wrapped, const release::KeyRing& ring,
                                       const ObjectReaders& readers, const KeyPurpose& purpose) {
  TRY(const FileKey key, release::unwrap_file_key(wrapped, ring, purpose));
  return wrap_for(readers, key, purpose);
}

}  // namespace latchkey::publish
