#include "publish/release_check.h"

#include <algorithm>
#include <map>

#include "protocol/limits.h"
#include "protocol/release/channels.h"
#include "protocol/release/object.h"
#include "protocol/release/tuf/trusted_metadata.h"
#include "publish/memory_trees.h"

namespace latchkey::publish {
namespace {

namespace limits = protocol::limits;
namespace tuf = protocol::tuf;
using release::ObjectEntry;
using release::ReleaseDescriptor;

Result<Bytes> get(ReleaseSource& source, const std::string& name, std::uint64_t max_bytes) {
  TRY(auto bytes, source.fetch(name, max_bytes));
  if (!bytes) return fail(Code::not_found, name);
  return *std::move(bytes);
}

Status follow_roots(ReleaseSource& source, tuf::TrustedMetadata& trusted) {
  for (std::size_t i = 0; i < limits::tuf_root_rotations; ++i) {
    TRY(const auto next, source.fetch("metadata/" + trusted.next_root_name(), limits::tuf_root_bytes));
    if (!next) break;
    TRY_DO(trusted.update_root(*next));
  }
  return trusted.finish_roots();
}

Result<tuf::TrustedMetadata> read_metadata(ReleaseSource& source, ByteView root, Instant now) {
  TRY(auto trusted, tuf::TrustedMetadata::open(root, now));
  TRY_DO(follow_roots(source, trusted));
  TRY(const Bytes timestamp, get(source, "metadata/timestamp.json", limits::tuf_timestamp_bytes));
  TRY_DO(trusted.update_timestamp(timestamp));
  if (const auto wanted = trusted.wanted_snapshot()) {
    TRY(const Bytes snapshot, get(source, "metadata/" + wanted->name, wanted->max_bytes));
    TRY_DO(trusted.update_snapshot(snapshot));
  }
  return trusted;
}

Result<Bytes> read_target(ReleaseSource& source, tuf::TrustedMetadata& trusted, const std::string& path) {
  for (;;) {
    TRY(const auto answer, trusted.look_up(path));
    if (const auto* wanted = std::get_if<tuf::WantedFile>(&answer)) {
      TRY(const Bytes file, get(source, "metadata/" + wanted->name, wanted->max_bytes));
      TRY_DO(trusted.update_targets(wanted->role, file));
      continue;
    }
    const auto& found = std::get<tuf::FoundTarget>(answer);
    TRY(Bytes target, get(source, "targets/" + found.name, limits::descriptor_bytes));
    if (static_cast<std::int64_t>(target.size()) != found.file.length || crypto::sha256(target) != found.file.sha256)
      return fail(Code::metadata_mismatch, path);
    return target;
  }
}

Instant first_expiry(const tuf::TrustedMetadata& trusted, const std::string& role) {
  return std::min({trusted.root().expires, trusted.timestamp()->expires, trusted.snapshot()->expires,
                   trusted.targets(tuf::targets_role)->expires, trusted.targets(role)->expires});
}

// Opens and applies what it can, and remembers the trees it has seen.
class ObjectChecks final {
 public:
  ObjectChecks(ReleaseSource& source, const ReleaseDescriptor& release, const CheckOptions& options)
      : source_(source), release_(release), options_(options) {}

  CheckedObject check(const ObjectEntry& object) {
    CheckedObject checked{object.id, CheckDepth::stored, {}};
    if (const Status status = follow(object, checked.depth); !status) checked.wrong = status.error();
    return checked;
  }

 private:
  Status follow(const ObjectEntry& object, CheckDepth& depth) {
    TRY(const Bytes bytes, get(source_, "objects/" + to_hex(object.id), object.length));
    if (bytes.size() != object.length || crypto::sha256(bytes) != object.id)
      return fail(Code::authentication_failed, "another file than the descriptor names");
    if (options_.ring == nullptr) return {};
    TRY(const auto key, release::unwrap_file_key(object.keys, *options_.ring, release::purpose_of(object, release_)));
    TRY(const WipedBytes patch, open(object, key, bytes));
    depth = CheckDepth::opened;
    TRY(const auto base, base_of(object));
    if (object.base && !base) return {};
    TRY(const Bundle made, apply_patch(patch, base ? &*base : nullptr));
    if (made.root() != release::target_of(object, release_))
      return fail(Code::authentication_failed, "it leads to another tree than it says");
    depth = CheckDepth::applied;
    return {};
  }

  Result<WipedBytes> open(const ObjectEntry& object, const release::FileKey& key, ByteView bytes) {
    TRY(const auto header, release::parse_object_header(bytes));
    if (header.base != object.base || header.target != release::target_of(object, release_) ||
        header.plain_length != object.plain_length)
      return fail(Code::authentication_failed, "its header is not what the descriptor says");
    return release::open_object(key, bytes);
  }

  Result<std::optional<Bundle>> base_of(const ObjectEntry& object) {
    if (!object.base || options_.store == nullptr) return std::nullopt;
    return options_.store->find(*object.base);
  }

  ReleaseSource& source_;
  const ReleaseDescriptor& release_;
  const CheckOptions& options_;
};

Status check_place(const ReleaseDescriptor& descriptor, const CheckOptions& options) {
  if (descriptor.app != options.app || descriptor.channel != options.channel)
    return fail(Code::authentication_failed, "a release of another app or channel");
  return {};
}

}  // namespace

std::string_view name_of(CheckDepth depth) {
  switch (depth) {
    case CheckDepth::stored:
      return "stored";
    case CheckDepth::opened:
      return "opened";
    case CheckDepth::applied:
      return "applied";
  }
  return "";
}

bool CheckedRelease::is_sound() const {
  return std::none_of(objects.begin(), objects.end(), [](const CheckedObject& one) { return one.wrong.has_value(); });
}

Result<CheckedRelease> check_published(ReleaseSource& source, ByteView root, const CheckOptions& options) {
  TRY(auto trusted, read_metadata(source, root, options.now));
  TRY(const Bytes channels_text, read_target(source, trusted, "channels.json"));
  TRY(const auto channels, release::parse_channels(as_text(channels_text)));
  if (channels.app != options.app) return fail(Code::authentication_failed, "channels of another app");
  if (channels.find(options.channel) == nullptr) return fail(Code::not_found, "channel " + options.channel);
  TRY(const Bytes text, read_target(source, trusted, options.channel + "/release.json"));
  CheckedRelease checked;
  TRY(checked.descriptor, release::parse_release(as_text(text)));
  TRY_DO(check_place(checked.descriptor, options));
  checked.expires = first_expiry(trusted, "ch-" + options.channel);
  ObjectChecks checks(source, checked.descriptor, options);
  for (const ObjectEntry& object : checked.descriptor.objects) {
    tell(options.progress, "checking objects", checked.objects.size(), checked.descriptor.objects.size());
    checked.objects.push_back(checks.check(object));
  }
  tell(options.progress, "checking objects", checked.objects.size(), checked.objects.size());
  return checked;
}

}  // namespace latchkey::publish
