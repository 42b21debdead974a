#include "apps/latchkey/release_delivery.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "http/file_source.h"
#include "publish/metadata_sync.h"
#include "publish/public_files.h"
#include "publish/repository/role_editor.h"

namespace latchkey::app {
namespace {

namespace tuf = protocol::tuf;

std::string role_file(const std::string& channel, const publish::SignedRelease& release) {
  return publish::MetadataName{publish::channel_role(channel), release.version}.file_name();
}

// What keys signed that were replaced since is no release any more.
bool is_still_signed(const publish::SignedRelease& release, const tuf::Targets& targets, const std::string& channel) {
  const std::string name = publish::channel_role(channel);
  const tuf::DelegatedRole* const role = targets.find_role(name);
  const auto envelope = tuf::Envelope::parse(release.metadata, publish::max_metadata_bytes(name));
  return role != nullptr && envelope && envelope->check_threshold(role->keys, targets.delegated_keys).has_value();
}

}  // namespace

void add_delivery_flags(CLI::App& command, DeliveryFlags& flags) {
  add_server_flags(command, flags.server);
  add_snapshot_flag(command, flags);
}

void add_snapshot_flag(CLI::App& command, DeliveryFlags& flags) {
  command.add_flag("--without-snapshot", flags.without_snapshot,
                   "Do not sign snapshot and timestamp, even if the keys are here");
}

Status ReleaseDelivery::connect(const std::string& app) {
  if (flags.server.server.empty()) return {};
  TRY(server_, ReleaseServer::connect(access_->console(), flags.server, app));
  return {};
}

Status ReleaseDelivery::check_no_draft(const std::string& channel) const {
  TRY(const auto drafts, access_->folder().list_drafts());
  for (const auto& draft : drafts)
    if (draft.name.role == publish::channel_role(channel))
      return fail(Code::conflict, draft.name.file_name() +
                                      " still waits for signatures; have it signed (latchkey keys threshold sign), or "
                                      "give it up: latchkey keys discard " +
                                      draft.name.file_name());
  return {};
}

Result<std::vector<release::TreeRoot>> ReleaseDelivery::find_most_used(const std::string& channel) {
  if (api() == nullptr) return std::vector<release::TreeRoot>();
  auto bases = api()->list_bases(channel);
  if (!bases && (bases.error().code == Code::insufficient_scope || bases.error().code == Code::not_found))
    return std::vector<release::TreeRoot>();
  return bases;
}

Status ReleaseDelivery::put_object(const release::ObjectEntry& entry, ByteView bytes) const {
  TRY_DO(publish::create_public_folder(access_->objects_folder()));
  return publish::write_public_file(access_->objects_folder() / to_hex(entry.id), bytes);
}

Status ReleaseDelivery::sign(const publish::BuiltRelease& built, const std::string& channel) {
  publish::MetadataFolder folder = access_->folder();
  const std::string role = publish::channel_role(channel);
  TRY(const auto before, folder.find_targets(role));
  TRY(const auto next,
      publish::name_release(before, channel, as_bytes(built.json), access_->now() + publish::Lifetimes().of(role)));
  TRY_DO(folder.put_target(channel + "/release.json", as_bytes(built.json)));
  TRY(tuf::Envelope envelope, tuf::Envelope::of(print(next)));
  publish::Draft draft{{role, next.version}, std::move(envelope)};
  TRY(const auto requirements, publish::list_requirements(folder, draft));
  TRY_DO(publish::sign_with(draft, requirements, access_->find_key()));
  TRY(const auto completed, publish::submit(folder, draft));
  is_signed_ = !completed.empty();
  draft_ = folder.draft_file(draft.name).string();
  return is_signed_ ? sign_snapshot(folder) : Status();
}

// Only where nobody else does: with a server the keys are there, not here.
Status ReleaseDelivery::sign_snapshot(publish::MetadataFolder& folder) {
  TRY(is_static_, access_->signs_snapshots());
  if (!is_static_ || flags.without_snapshot) return {};
  const publish::Lifetimes lives;
  return publish::sign_snapshot(folder, access_->find_key(), access_->now(), lives.snapshot, lives.timestamp);
}

Result<release::ReleaseDescriptor> ReleaseDelivery::send(const std::string& channel) {
  TRY(auto releases, publish::read_signed_releases(access_->flags.folder, channel));
  if (releases.empty())
    return fail(Code::not_found, "nothing to send: no release of this channel is completely signed");
  TRY_DO(publish::send_signed_metadata(*api(), access_->folder()));
  std::size_t first = releases.size();
  for (; first > 0; --first) {
    TRY(const bool is_there, api()->is_served(role_file(channel, releases[first - 1])));
    if (is_there) break;
  }
  TRY(const tuf::Targets targets, access_->folder().get_targets(tuf::targets_role));
  for (std::size_t i = first; i < releases.size(); ++i)
    if (i + 1 == releases.size() || is_still_signed(releases[i], targets, channel))
      TRY_DO(send_one(channel, releases[i], i > 0 ? releases[i - 1].descriptor.sequence : 0));
  is_published_ = true;
  return std::move(releases.back().descriptor);
}

Status ReleaseDelivery::send_one(const std::string& channel, const publish::SignedRelease& one,
                                 std::uint64_t sequence_before) {
  // The same release, signed again.
  if (one.descriptor.sequence == sequence_before)
    return api()->send_metadata({{role_file(channel, one), one.metadata}}, {}).map([](std::size_t) {});
  std::vector<publish::ObjectFile> objects;
  for (const auto& object : one.descriptor.objects) objects.push_back({object.id, object.length});
  const auto open = [this](const release::ObjectId& id) {
    return http::open_file_source(access_->objects_folder() / to_hex(id));
  };
  TRY(const publish::UploadReport sent, api()->upload_objects(objects, open, access_->progress()));
  access_->end_progress();
  sent_.sent += sent.sent;
  sent_.present += sent.present;
  TRY(const std::string descriptor, release::print_release(one.descriptor));
  return api()->publish(channel, descriptor, one.metadata);
}

std::string ReleaseDelivery::describe() const {
  if (is_published_) return fmt::format("published: {} objects sent, {} were there", sent_.sent, sent_.present);
  if (!is_signed_)
    return "not complete yet: more signatures are needed (latchkey keys threshold); the draft is " + draft_;
  if (is_static_ && flags.without_snapshot) return "signed; run `latchkey keys snapshot`, then upload the folder";
  if (is_static_) return "complete: upload everything in the folder but keys, pending and .latchkey";
  return "signed; send it with: latchkey bundle publish --server URL";
}

std::string ReleaseDelivery::json_members() const {
  return fmt::format(R"("signed":{},"static":{},"published":{})", is_signed_, is_static_, is_published_);
}

}  // namespace latchkey::app
