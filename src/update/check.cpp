#include "update/check.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::update {
namespace {

namespace limits = protocol::limits;
namespace release = protocol::release;
namespace tuf = protocol::tuf;

constexpr std::string_view target_prefix = "target-";
constexpr std::string_view last_root = "root.json";  // TrustedMetadata's name for it

class RepositoryCheck final {
 public:
  RepositoryCheck(Fetcher& fetcher, Vfs& vfs, const std::stop_token& stop, tuf::TrustedMetadata trusted)
      : fetcher_(fetcher), vfs_(vfs), stop_(stop), trusted_(std::move(trusted)) {}

  // `pin`: the newest root that is known. `anew`: the time to compare with if the root turns out to be newer than
  // version `known_root`.
  Status refresh(std::uint64_t known_root, const std::optional<RootPin>& pin, Instant anew) {
    for (std::size_t i = 0; i < limits::tuf_root_rotations; ++i) {
      const std::string name = trusted_.next_root_name();
      TRY(auto next, fetcher_.get("metadata/" + name, limits::tuf_root_bytes, stop_));
      if (next.status != 200) break;
      TRY_DO(update_root(trusted_, next.bytes, pin));
      new_roots_.push_back({name, std::move(next.bytes)});
    }
    if (known_root > 0 && root_version() > known_root) trusted_.start_anew_at(anew);
    TRY_DO(trusted_.finish_roots());
    TRY(const Bytes timestamp, get("timestamp.json", limits::tuf_timestamp_bytes));
    TRY_DO(trusted_.update_timestamp(timestamp));
    if (const auto wanted = trusted_.wanted_snapshot()) {
      TRY(const Bytes snapshot, get(wanted->name, wanted->max_bytes));
      TRY_DO(trusted_.update_snapshot(snapshot));
    }
    return {};
  }

  // A target that is kept from the last check is not fetched again. Nothing: nobody has signed such a path.
  Result<std::optional<Bytes>> target(const std::string& path) {
    for (;;) {
      auto answer = trusted_.look_up(path);
      if (!answer && answer.error().code == Code::not_found) return std::nullopt;
      if (!answer) return tl::unexpected(answer.error());
      if (const auto* wanted = std::get_if<tuf::WantedFile>(&*answer)) {
        TRY(const Bytes file, get(wanted->name, wanted->max_bytes));
        TRY_DO(trusted_.update_targets(wanted->role, file));
        continue;
      }
      return fetch_target(std::get<tuf::FoundTarget>(*answer));
    }
  }

  tuf::TrustedMetadata& trusted() { return trusted_; }
  std::uint64_t root_version() const { return static_cast<std::uint64_t>(trusted_.root().version); }

  // Targets of before go: every release has another. So do roots that the app's own is as new as, and what was put
  // beside them. `app_root`: its version.
  Status keep(std::uint64_t app_root) {
    for (const tuf::KeptFile& file : new_roots_) TRY_DO(keep_file("meta/" + file.name, file.bytes));
    for (const tuf::KeptFile& file : trusted_.kept())
      if (file.name != last_root) TRY_DO(keep_file("meta/" + file.name, file.bytes));
    TRY(const auto names, vfs_.list("meta"));
    for (const std::string& name : names)
      if (!is_kept(name, app_root)) TRY_DO(vfs_.remove("meta/" + name));
    return {};
  }

 private:
  bool is_kept(const std::string& name, std::uint64_t app_root) const {
    if (name.starts_with(target_prefix)) return std::ranges::find(kept_targets_, name) != kept_targets_.end();
    if (name == last_root) return false;
    const auto root = find_root_version(name);
    return !root || (*root > app_root && *root <= root_version());
  }

  Result<Bytes> get(const std::string& name, std::size_t max_bytes) {
    TRY(auto fetched, fetcher_.get("metadata/" + name, max_bytes, stop_));
    if (fetched.status != 200) return fail(Code::not_found, name);
    return std::move(fetched.bytes);
  }

  Result<std::optional<Bytes>> fetch_target(const tuf::FoundTarget& found) {
    const auto matches = [&](ByteView bytes) {
      return std::cmp_equal(bytes.size(), found.file.length) && crypto::sha256(bytes) == found.file.sha256;
    };
    const std::string kept_name =
        "meta/" + kept_targets_.emplace_back(std::string(target_prefix) + to_hex(found.file.sha256));
    if (auto kept = read_whole(vfs_, kept_name, limits::descriptor_bytes); kept && matches(*kept)) return *kept;
    TRY(auto fetched, fetcher_.get("targets/" + found.name, limits::descriptor_bytes, stop_));
    if (fetched.status != 200 || !matches(fetched.bytes)) return fail(Code::metadata_mismatch, "target");
    TRY_DO(keep_file(kept_name, fetched.bytes));
    return std::move(fetched.bytes);
  }

  Status keep_file(const std::string& path, ByteView bytes) {
    const auto before = read_whole(vfs_, path, bytes.size());
    if (before && std::ranges::equal(*before, bytes)) return {};
    return replace_whole(vfs_, path, bytes);  // signed: what is torn is not believed
  }

  Fetcher& fetcher_;
  Vfs& vfs_;
  const std::stop_token& stop_;
  tuf::TrustedMetadata trusted_;
  std::vector<std::string> kept_targets_;
  std::vector<tuf::KeptFile> new_roots_;
};

// Files of the last check, but for the roots.
std::vector<tuf::KeptFile> read_kept(Vfs& vfs) {
  std::vector<tuf::KeptFile> kept;
  const auto names = vfs.list("meta");
  if (!names) return kept;
  for (const std::string& name : *names) {
    if (!name.ends_with(".json") || name == last_root || find_root_version(name)) continue;
    if (kept.size() == limits::kept_metadata_files) break;
    auto bytes = read_whole(vfs, "meta/" + name, limits::tuf_root_bytes);
    if (bytes) kept.push_back({name, *std::move(bytes)});
  }
  return kept;
}

Status check_versions(const std::map<std::string, std::uint64_t>& found,
                      const std::map<std::string, std::uint64_t>& known) {
  const auto version = [](const auto& map, const char* role) {
    const auto at = map.find(role);
    return at == map.end() ? std::uint64_t{0} : at->second;
  };
  if (version(found, "root") < version(known, "root")) return fail(Code::metadata_rolled_back, "root");
  if (version(found, "root") > version(known, "root")) return {};  // new keys may start anew
  for (const char* role : {"timestamp", "snapshot"})
    if (version(found, role) < version(known, role)) return fail(Code::metadata_rolled_back, role);
  return {};
}

// Whoever signs policies or releases could otherwise set the device's clock forward: a moment at which what was
// believed with it would have expired has not passed. Root and targets are signed by keys that no server has.
bool may_have_passed(Instant moment, const tuf::TrustedMetadata& trusted) {
  const auto* const targets = trusted.targets(tuf::targets_role);
  return moment < trusted.root().expires && moment <= trusted.timestamp()->expires &&
         (targets == nullptr || moment < targets->expires);
}

template <class Parsed>
Status check_place(const Parsed& parsed, const CheckRequest& request, const std::string& channel) {
  if (parsed.app != request.app || parsed.channel != channel)
    return fail(Code::metadata_mismatch, "of another app or channel");
  return {};
}

// A channel's sequence rises with every release, those that go back among them. Versions of metadata do not say so
// much: who has the online keys numbers snapshots, and a snapshot may name any channel file that was ever signed.
Status check_not_older(const release::ReleaseDescriptor& found, const CheckRequest& request,
                       const CheckAnswer& answer) {
  const auto seen = request.sequences.find(answer.channel);
  const std::uint64_t before = answer.has_newer_root || seen == request.sequences.end() ? 0 : seen->second;
  if (found.sequence < before) return fail(Code::metadata_rolled_back, "an older release of the channel");
  if (found.sequence - before > limits::device_sequence_step)
    return fail(Code::metadata_mismatch, "a release's number that leaves none for others");
  return {};
}

Status read_policy(RepositoryCheck& check, const CheckRequest& request, CheckAnswer& answer) {
  const auto* targets = check.trusted().targets(tuf::targets_role);
  if (targets == nullptr || targets->find_role("policy-" + answer.channel) == nullptr) return {};
  TRY(const auto bytes, check.target("policy/" + answer.channel + "/policy.json"));
  answer.policy.emplace();  // silent about every release unless there is one
  if (!bytes) return {};
  TRY(answer.policy, release::parse_policy(as_text(*bytes)));
  answer.newest_issued = std::max(answer.newest_issued, answer.policy->issued);
  return check_place(*answer.policy, request, answer.channel);
}

Status read_release(RepositoryCheck& check, const CheckRequest& request, CheckAnswer& answer) {
  TRY(const auto bytes, check.target(answer.channel + "/release.json"));
  if (!bytes) return {};
  TRY(answer.release, release::parse_release(as_text(*bytes)));
  answer.newest_issued = std::max(answer.newest_issued, answer.release->issued);
  TRY_DO(check_place(*answer.release, request, answer.channel));
  return check_not_older(*answer.release, request, answer);
}

Result<OpenedRoots> open_metadata(Vfs& vfs, const CheckRequest& request, std::optional<VerifiedMetadata> last) {
  if (last && request.pin == last->pin) {
    last->opened.trusted.start_anew_at(request.now);
    return std::move(last->opened);
  }
  TRY(auto opened, open_kept_roots(vfs, request.root, request.pin, request.now));
  opened.trusted.restore(read_kept(vfs));
  return opened;
}

}  // namespace

Result<CheckAnswer> check_repository(Fetcher& fetcher, Vfs& vfs, const CheckRequest& request,
                                     const std::map<std::string, std::uint64_t>& known,
                                     std::optional<VerifiedMetadata>& last, const std::stop_token& stop) {
  TRY(auto roots, open_metadata(vfs, request, std::exchange(last, std::nullopt)));
  RepositoryCheck check(fetcher, vfs, stop, std::move(roots.trusted));
  const auto known_root = known.find("root");
  const std::uint64_t root_before = known_root == known.end() ? 0 : known_root->second;
  TRY_DO(check.refresh(root_before, request.pin, request.now_without_floor));
  CheckAnswer answer;
  answer.pin = pin_of(check.trusted());
  answer.has_newer_root = root_before > 0 && check.root_version() > root_before;
  answer.versions = {{"root", check.root_version()},
                     {"snapshot", static_cast<std::uint64_t>(check.trusted().snapshot()->version)},
                     {"timestamp", static_cast<std::uint64_t>(check.trusted().timestamp()->version)}};
  TRY_DO(check_versions(answer.versions, known));
  TRY(const auto channels, check.target("channels.json"));
  if (!channels) return fail(Code::not_found, "channels.json");
  TRY(answer.channels, release::parse_channels(as_text(*channels)));
  if (answer.channels.app != request.app) return fail(Code::metadata_mismatch, "channels of another app");
  answer.channel = request.channel.empty() ? answer.channels.default_channel : request.channel;
  if (answer.channels.find(answer.channel) != nullptr) {
    TRY_DO(read_release(check, request, answer));
    TRY_DO(read_policy(check, request, answer));
  }
  if (!may_have_passed(answer.newest_issued, check.trusted())) answer.newest_issued = {};
  TRY_DO(check.keep(roots.app_version));
  last = VerifiedMetadata{{std::move(check.trusted()), roots.app_version}, answer.pin};
  return answer;
}

}  // namespace latchkey::update
