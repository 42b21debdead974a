#include "publish/metadata_sync.h"

#include "base/atomic_file.h"
#include "publish/release_history.h"
#include "publish/repository/role_editor.h"

namespace latchkey::publish {
namespace {

using MetadataFile = ApiClient::MetadataFile;

// Every version there is. Devices walk roots one by one; of targets the server takes the newest.
Status add_versions(std::vector<MetadataFile>& files, const MetadataFolder& folder, std::string_view role,
                    std::int64_t newest) {
  for (std::int64_t version = 1; version <= newest; ++version) {
    const std::string name = MetadataName{std::string(role), version}.file_name();
    const auto file = read_file(folder.path() / "metadata" / name, max_metadata_bytes(role));
    if (!file && file.error().code == Code::not_found) continue;
    if (!file) return tl::unexpected(file.error());
    files.push_back({name, Bytes(file->begin(), file->end())});
  }
  return {};
}

// A role signed again for the release that the server has; one that names another release comes with its objects.
Status add_renewal(std::vector<MetadataFile>& files, ApiClient& api, const MetadataFolder& folder,
                   const std::string& channel) {
  TRY(const auto releases, read_signed_releases(folder.path(), channel));
  const auto name_of = [&](const SignedRelease& one) {
    return MetadataName{channel_role(channel), one.version}.file_name();
  };
  const SignedRelease* renewal = nullptr;
  for (auto one = releases.rbegin(); one != releases.rend(); ++one) {
    if (renewal == nullptr || renewal->descriptor.sequence != one->descriptor.sequence) renewal = &*one;
    TRY(const bool is_there, api.is_served(name_of(*one)));
    if (!is_there) continue;
    if (renewal != &*one) files.push_back({name_of(*renewal), renewal->metadata});
    return {};
  }
  return {};
}

}  // namespace

Result<std::size_t> send_signed_metadata(ApiClient& api, const MetadataFolder& folder) {
  TRY(const tuf::Targets targets, folder.get_targets(tuf::targets_role));
  TRY(const tuf::Root root, folder.read_root());
  const auto named = targets.files.find("channels.json");
  if (named == targets.files.end()) return fail(Code::not_found, "channels.json");
  TRY(const Bytes channels, folder.read_target(named->first, named->second));
  std::vector<MetadataFile> files;
  TRY_DO(add_versions(files, folder, tuf::root_role, root.version));
  TRY_DO(add_versions(files, folder, tuf::targets_role, targets.version));
  for (const auto& role : targets.delegated_roles)
    if (role.name.starts_with("ch-")) TRY_DO(add_renewal(files, api, folder, role.name.substr(3)));
  return api.send_metadata(files, channels);
}

}  // namespace latchkey::publish
