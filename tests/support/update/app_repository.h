// An app's update repository as a publisher leaves it on a host: signed by all its keys, its objects made by the
// publisher's own code. A router serves it; tests may answer in its place.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <mutex>

#include "http/server/byte_range.h"
#include "http/server/router.h"
#include "protocol/release/channels.h"
#include "protocol/release/policy.h"
#include "publish/object_maker.h"
#include "tests/support/publish/bundles.h"
#include "tests/support/tuf_repository.h"

namespace latchkey::update::testing {

namespace release = protocol::release;

inline release::ContentKey content_key() { return release::ContentKey::copy_of(Bytes(32, 9)); }

struct Publication {
  std::vector<int> bases = {};  // versions that get a patch
  bool has_full = true;
  release::NativeRange native = {};
  release::Rollout rollout = {};
  std::vector<std::string> platforms = {"android", "electron"};
  std::optional<int> rollback_of = {};  // the sequence of the release it restores
  std::optional<std::chrono::sys_seconds> issued = {};
  std::uint32_t policy_bps = release::everybody;
};

class AppRepository final {
 public:
  static constexpr std::string_view app = "com.example.shop";
  using BundleOf = std::function<publish::Bundle(int version)>;

  explicit AppRepository(Instant now, BundleOf bundle_of = latchkey::testing::sample_bundle)
      : tuf(now), bundle_of_(std::move(bundle_of)) {
    channels.app = app;
    channels.default_channel = "stable";
    channels.channels = {{.name = "stable", .self_assign = true}};
    policy.app = app;
    policy.channel = "stable";
    policy.issued = std::chrono::floor<std::chrono::seconds>(now);
    tuf.add_target("targets", "channels.json", print_channels(channels));
    tuf.add_target("policy-stable", "policy/stable/policy.json", print_policy(policy));
    tuf.publish();
    put_metadata();
    router.add_pattern(http::Method::post, "/updates/{app}/reports",
                       [this](const http::Request& request) -> http::Task<http::Response> {
                         const std::lock_guard lock(mutex);
                         reports.emplace_back(request.body);
                         if (take_report && report_status == 204) co_return take_report(request.body);
                         co_return http::empty_response(report_status);
                       });
    router.add_pattern(
        http::Method::get, "/updates/{app}/{path...}",
        [this](const http::Request& request) -> http::Task<http::Response> { co_return answer(request); });
  }

  // --- the publisher ---

  static release::ReleaseId id_of(std::uint64_t sequence) {
    ByteArray<16> id{};
    for (std::size_t i = 0; i < 8; ++i) id[15 - i] = static_cast<std::uint8_t>(sequence >> (8 * i));
    id[0] = 0xAA;
    return release::ReleaseId(id);
  }
  const publish::Bundle& bundle(int version) {
    const auto found = bundles_.find(version);
    return found != bundles_.end() ? found->second : bundles_.emplace(version, bundle_of_(version)).first->second;
  }
  release::TreeRoot root_of(int version) { return bundle(version).root(); }

  // The next release of the channel: tree of `version`. Its sequence.
  std::uint64_t publish(int version, const Publication& how = {}) {
    release::ReleaseDescriptor made = describe(version, how);
    const std::uint64_t sequence = made.sequence;
    policy.releases.insert(policy.releases.begin(), {.id = made.terms.id, .bps = how.policy_bps});
    if (policy.releases.size() > 8) policy.releases.pop_back();
    sign(made);
    return sequence;
  }
  release::ReleaseDescriptor describe(int version, const Publication& how) {
    const auto& tree = bundle(version).tree();
    release::ReleaseDescriptor made;
    made.app = app;
    made.channel = "stable";
    made.sequence = ++sequence_;
    made.name = "1." + std::to_string(version);
    made.issued = how.issued.value_or(std::chrono::floor<std::chrono::seconds>(tuf.now()));
    made.terms = {.id = id_of(made.sequence), .platforms = how.platforms, .native = how.native, .rollout = how.rollout};
    made.tree = {tree.root(), static_cast<std::uint32_t>(tree.files().size()), tree.bytes()};
    if (how.rollback_of) made.rollback_of = id_of(static_cast<std::uint64_t>(*how.rollback_of));
    if (how.has_full) made.objects.push_back(object(std::nullopt, version));
    for (const int base : how.bases) made.objects.push_back(object(base, version));
    return made;
  }
  // Signs and serves `made` as the channel's release, policy included.
  void sign(const release::ReleaseDescriptor& made) {
    descriptor = made;
    tuf.add_target("ch-stable", "stable/release.json", print_release(made).value());
    tuf.publish_next("ch-stable");
    publish_policy();
  }
  void publish_policy() {
    tuf.roles["policy-stable"].files.clear();
    tuf.add_target("policy-stable", "policy/stable/policy.json", print_policy(policy));
    tuf.publish_next("policy-stable");
    put_metadata();
  }
  // Of the release with that sequence.
  void set_policy(std::uint64_t sequence, const std::function<void(release::PolicyEntry&)>& change) {
    for (auto& entry : policy.releases)
      if (entry.id == id_of(sequence)) change(entry);
    publish_policy();
  }
  void publish_channels() {
    tuf.add_target("targets", "channels.json", print_channels(channels));
    tuf.publish_next("targets");
    put_metadata();
  }
  // What tuf holds becomes what is served.
  void put_metadata() {
    const std::lock_guard lock(mutex);
    metadata = tuf.metadata;
    targets = tuf.target_files;
  }

  // The edge between two versions; made once per test program, for making takes most of a test's time.
  release::ObjectEntry object(std::optional<int> base, int version) {
    const publish::Bundle* const from = base ? &bundle(*base) : nullptr;
    const publish::MadeObject& made = cached(from, bundle(version));
    put_object(made);
    return made.entry;
  }
  // For another target than the release's own.
  release::ObjectEntry edge(std::optional<int> base, int version) {
    auto entry = object(base, version);
    entry.target = root_of(version);
    return entry;
  }
  void put_object(const publish::MadeObject& made) {
    const std::lock_guard lock(mutex);
    objects[to_hex(made.entry.id)] = made.bytes;
  }

  // --- the host ---

  std::string path_of(std::string_view name) const { return "/updates/" + std::string(app) + "/" + std::string(name); }
  int count_requests(std::string_view part) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(
        std::ranges::count_if(requests, [&](const std::string& one) { return one.find(part) != std::string::npos; }));
  }
  // Answers instead of the host, when it gives an answer. `path`: below the repository.
  using Interference = std::function<std::optional<http::Response>(const std::string& path, http::Response good)>;
  void interfere(Interference with) {
    const std::lock_guard lock(mutex);
    interference_ = std::move(with);
  }

  test::TufRepository tuf;
  release::Channels channels;
  release::Policy policy;
  release::ReleaseDescriptor descriptor;  // signed last
  http::Router router;

  std::mutex mutex;  // of what follows
  std::map<std::string, Bytes> metadata, targets, objects;
  std::vector<std::string> requests;
  std::vector<std::string> reports;
  int report_status = 204;
  std::function<http::Response(std::string_view body)> take_report;  // may answer instead, when the status is 204

 private:
  static const publish::MadeObject& cached(const publish::Bundle* from, const publish::Bundle& to) {
    static std::mutex guard;
    static std::map<std::pair<release::TreeRoot, release::TreeRoot>, publish::MadeObject> made;
    const std::lock_guard lock(guard);
    const auto key = std::pair(from != nullptr ? from->root() : release::TreeRoot{}, to.root());
    const auto found = made.find(key);
    if (found != made.end()) return found->second;
    publish::ObjectReaders readers;
    readers.content_keys.push_back(content_key());
    return made.emplace(key, publish::make_object(app, from, to, readers, {.zstd_level = 1}).value()).first->second;
  }

  http::Response answer(const http::Request& request) {
    const std::string path = request.path.substr(path_of("").size());
    Interference interference;
    http::Response good;
    {
      const std::lock_guard lock(mutex);
      requests.push_back(path);
      interference = interference_;
      good = serve(request, path);
    }
    if (interference)
      if (auto instead = interference(path, good)) return *std::move(instead);
    return good;
  }
  http::Response serve(const http::Request& request, const std::string& path) const {
    const std::size_t slash = path.find('/');
    const std::string name = slash == std::string::npos ? std::string() : path.substr(slash + 1);
    const auto& files = path.starts_with("metadata/") ? metadata : path.starts_with("targets/") ? targets : objects;
    const auto found = files.find(name);
    if (found == files.end()) return http::empty_response(404);
    const Bytes& bytes = found->second;
    const auto part = [&](std::uint64_t from, std::uint64_t size) {
      return WipedString(
          as_text(ByteView(bytes).subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(size))));
    };
    const std::string etag = "\"" + name + "\"";
    const auto asked = http::find_range(request, etag, bytes.size());
    http::Response response = http::text_response(200, "application/octet-stream", {});
    response.headers.set("ETag", etag);
    if (std::holds_alternative<http::NoSuchRange>(asked)) return http::empty_response(416);
    if (const auto* range = std::get_if<http::ByteRange>(&asked)) {
      response.status = 206;
      response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range->first, range->last, bytes.size()));
      response.body = part(range->first, range->size());
    } else {
      response.body = part(0, bytes.size());
    }
    return response;
  }

  BundleOf bundle_of_;
  std::map<int, publish::Bundle> bundles_;
  std::uint64_t sequence_ = 0;
  Interference interference_;
};

}  // namespace latchkey::update::testing
