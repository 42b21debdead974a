#include "publish/release_history.h"

#include <charconv>
#include <set>

#include "base/atomic_file.h"
#include "protocol/limits.h"
#include "protocol/release/tuf/roles.h"

namespace latchkey::publish {
namespace {

namespace fs = std::filesystem;
namespace tuf = protocol::tuf;

// The versions there are of "N.ch-<channel>.json".
Result<std::set<std::int64_t>> list_versions(const fs::path& folder, const std::string& suffix) {
  std::set<std::int64_t> versions;
  std::error_code error;
  if (!fs::exists(folder, error)) return versions;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::int64_t version = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), version);
    if (wrong == std::errc() && name.substr(static_cast<std::size_t>(stop - name.data())) == suffix)
      versions.insert(version);
  }
  if (error) return fail(Code::storage_failed, "the folder of metadata");
  return versions;
}

// Nothing when the role names no release, or its descriptor is gone.
Result<std::optional<SignedRelease>> read_release(const fs::path& folder, const std::string& channel,
                                                  std::int64_t version) {
  const fs::path metadata = folder / "metadata" / (std::to_string(version) + ".ch-" + channel + ".json");
  TRY(const WipedBytes file, read_file(metadata, protocol::limits::tuf_targets_bytes));
  TRY(const auto envelope, tuf::Envelope::parse(file, protocol::limits::tuf_targets_bytes));
  TRY(const tuf::Targets role, tuf::parse_targets(envelope.content()));
  const auto named = role.files.find(channel + "/release.json");
  if (named == role.files.end()) return std::nullopt;
  const fs::path target = folder / "targets" / channel / (to_hex(named->second.sha256) + ".release.json");
  const auto text = read_file(target, protocol::limits::descriptor_bytes);
  if (!text && text.error().code == Code::not_found) return std::nullopt;
  if (!text) return tl::unexpected(text.error());
  SignedRelease release{version, Bytes(file.begin(), file.end()), {}};
  TRY(release.descriptor, release::parse_release(as_text(*text)));
  return std::optional(std::move(release));
}

}  // namespace

Result<std::vector<SignedRelease>> read_signed_releases(const fs::path& folder, std::string_view channel) {
  const std::string name(channel);
  TRY(const auto versions, list_versions(folder / "metadata", ".ch-" + name + ".json"));
  std::vector<SignedRelease> releases;
  for (const std::int64_t version : versions) {
    TRY(auto one, read_release(folder, name, version));
    if (one) releases.push_back(*std::move(one));
  }
  return releases;
}

Result<std::vector<release::ReleaseDescriptor>> read_history(const fs::path& folder, std::string_view channel) {
  TRY(auto releases, read_signed_releases(folder, channel));
  std::vector<release::ReleaseDescriptor> history;
  for (SignedRelease& one : releases)
    if (history.empty() || history.back().sequence < one.descriptor.sequence)
      history.push_back(std::move(one.descriptor));
  return history;
}

}  // namespace latchkey::publish
