// `latchkey bundle pack` and `latchkey bundle publish`: from what a build wrote to a signed release, in a folder any
// web server can serve, and on to the release service.
#include <fmt/format.h>
#include <unistd.h>

#include "apps/latchkey/bundle_access.h"
#include "apps/latchkey/bundle_output.h"
#include "base/atomic_file.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "crypto/random.h"
#include "http/client/curl_client.h"
#include "protocol/limits.h"
#include "protocol/release/utc_time.h"
#include "publish/api_client.h"
#include "publish/repository/role_editor.h"

namespace latchkey::app {
namespace {

namespace tuf = protocol::tuf;
using publish::BuiltRelease;
using release::ReleaseDescriptor;

struct PackFlags {
  std::string source;
  std::string name;
  std::vector<std::string> platforms{"android", "electron", "ios", "web"};
  std::string native_min = "0.0.0", native_max;
  std::vector<std::string> fingerprints;
  unsigned max_bps = release::everybody;
  std::vector<std::string> stages;
  std::vector<std::string> targeting;
  std::vector<std::string> embedded;
  std::vector<std::string> recipients;
  std::vector<std::string> excluded, allowed;
  bool without_index = false, same_again = false, dry_run = false, without_snapshot = false;
  int level = 19;
  std::string server, api_key_file, ca_file;
};

constexpr std::size_t max_api_key_file = 4096;

// "100@2026-12-01T08:00:00Z"
Result<release::Stage> parse_stage(const std::string& text) {
  const std::size_t at = text.find('@');
  unsigned long bps = 0;
  if (at == 0 || at > 5 || text.find_first_not_of("0123456789") != at)
    return fail(Code::invalid_argument, "--stage takes BASISPOINTS@TIME");
  bps = std::stoul(text.substr(0, at));
  const auto from = release::parse_utc_time(std::string_view(text).substr(at + 1));
  if (!from) return fail(Code::invalid_argument, "--stage: write times as 2026-12-01T08:00:00Z");
  return release::Stage{static_cast<std::uint32_t>(bps), *from};
}

// "locale:prefix:de,fr"
Result<release::Predicate> parse_predicate(const std::string& text) {
  const std::size_t first = text.find(':'), second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos) return fail(Code::invalid_argument, "--target takes FIELD:OP:VALUE[,VALUE...]");
  release::Predicate predicate{text.substr(0, first), text.substr(first + 1, second - first - 1), {}};
  for (std::size_t at = second + 1; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    predicate.values.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return predicate;
}

Result<std::vector<release::TreeRoot>> parse_roots(const std::vector<std::string>& texts, const char* flag) {
  std::vector<release::TreeRoot> roots;
  for (const std::string& text : texts) {
    const auto root = parse_hex_array<32>(text);
    if (!root) return fail(Code::invalid_argument, std::string(flag) + " takes 64 hexadecimal digits");
    roots.push_back(*root);
  }
  return roots;
}

class PackCommand final {
 public:
  explicit PackCommand(std::shared_ptr<BundleAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  PackFlags flags;

  Status pack() {
    TRY_DO(choose());
    TRY_DO(prepare());
    return tell();
  }

  // Without a source: sends the newest release that is completely signed, or the rest of it.
  Status publish() {
    TRY_DO(choose());
    TRY_DO(connect());
    if (!flags.source.empty()) {
      TRY_DO(prepare());
      if (flags.dry_run || !is_signed_) return tell();
    }
    TRY_DO(send());
    return tell();
  }

 private:
  Status choose() {
    TRY(const release::Channels channels, access_->read_channels());
    TRY(const release::Channel channel, access_->choose_channel(channels));
    app_ = channels.app;
    channel_ = channel.name;
    TRY(history_, access_->history(channel_));
    return {};
  }

  Status prepare() {
    if (flags.name.empty()) return fail(Code::invalid_argument, "--name says what people call this release");
    TRY(const publish::ReleaseRequest request, make_request());
    TRY(const publish::Bundle bundle, read());
    if (!history_.empty() && history_.back().tree.root == bundle.root() && !flags.same_again)
      return fail(Code::already_exists, "the channel's last release is the same; --same-again makes another of it");
    TRY(const BuiltRelease built, build(bundle, request));
    built_ = built.descriptor;
    links_ = built.links;
    if (flags.dry_run) return {};
    TRY_DO(access_->store().keep(bundle, access_->progress()));
    return sign(built);
  }

  Result<publish::Bundle> read() {
    publish::ReadReport report;
    const publish::ReadOptions options{flags.excluded, flags.allowed, !flags.without_index, access_->progress()};
    auto bundle = publish::read_bundle(flags.source, options, report);
    access_->end_progress();
    if (bundle || report.offences.empty()) return bundle;
    console_.result("nothing was packed:\n" + describe(report), R"({"offences":)" + to_json(report) + "}");
    return bundle;
  }

  Result<publish::ReleaseRequest> make_request() {
    publish::ReleaseRequest request{app_, channel_, flags.name, access_->now(), {}, {}};
    release::RolloutTerms& terms = request.terms;
    terms.id = release::ReleaseId(crypto::random_array<16>());
    terms.platforms = flags.platforms;
    std::ranges::sort(terms.platforms);
    TRY(terms.native.min, release::parse_native_version(flags.native_min));
    if (!flags.native_max.empty()) {
      TRY(terms.native.max, release::parse_native_version(flags.native_max));
    }
    TRY(terms.native.fingerprints, parse_roots(flags.fingerprints, "--fingerprint"));
    std::ranges::sort(terms.native.fingerprints);
    terms.rollout.max_bps = flags.max_bps;
    for (const std::string& text : flags.stages) {
      TRY(const release::Stage stage, parse_stage(text));
      terms.rollout.stages.push_back(stage);
    }
    for (const std::string& text : flags.targeting) {
      TRY(release::Predicate predicate, parse_predicate(text));
      terms.rollout.targeting.push_back(std::move(predicate));
    }
    TRY_DO(release::check_rollout_terms(terms));
    return request;
  }

  Result<publish::ObjectReaders> find_readers() {
    publish::ObjectReaders readers;
    // A dry run tells sizes, and those do not depend on the key.
    if (flags.dry_run) {
      readers.content_keys.push_back(release::make_content_key());
      return readers;
    }
    TRY(readers.content_keys, access_->open_content_keys(channel_));
    for (const std::string& text : flags.recipients) {
      TRY(const auto recipient, vault::age::parse_recipient(text));
      readers.recipients.push_back(recipient);
    }
    return readers;
  }

  Result<BuiltRelease> build(const publish::Bundle& bundle, const publish::ReleaseRequest& request) {
    TRY(const publish::ObjectReaders readers, find_readers());
    release::KeyRing ring;
    for (const auto& key : readers.content_keys) ring.content_keys.push_back(key.clone());
    TRY(const auto embedded, parse_roots(flags.embedded, "--embedded"));
    TRY(const auto most_used, find_most_used());
    const publish::BuildContext context{
        access_->store(),   readers, ring, {history_, most_used, embedded}, {.zstd_level = flags.level},
        access_->progress()};
    const auto sink = [this](const release::ObjectEntry& entry, ByteView bytes) { return put_object(entry, bytes); };
    auto built = publish::build_release(bundle, request, context, sink);
    access_->end_progress();
    return built;
  }

  // A key that may not read, or a channel that is new, costs patches only.
  Result<std::vector<release::TreeRoot>> find_most_used() {
    if (!api_) return std::vector<release::TreeRoot>();
    auto bases = api_->list_bases(channel_);
    if (!bases && (bases.error().code == Code::insufficient_scope || bases.error().code == Code::not_found))
      return std::vector<release::TreeRoot>();
    return bases;
  }

  Status put_object(const release::ObjectEntry& entry, ByteView bytes) {
    if (flags.dry_run) return {};
    TRY_DO(create_private_folder(access_->objects_folder()));
    return write_file_atomically(access_->objects_folder() / to_hex(entry.id), bytes);
  }

  Status sign(const BuiltRelease& built) {
    publish::MetadataFolder folder = access_->folder();
    const std::string role = publish::channel_role(channel_);
    TRY(const auto before, folder.find_targets(role));
    TRY(const auto next,
        publish::name_release(before, channel_, as_bytes(built.json), access_->now() + publish::Lifetimes().of(role)));
    TRY_DO(folder.put_target(channel_ + "/release.json", as_bytes(built.json)));
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
  Status sign_snapshot(publish::MetadataFolder& folder) {
    TRY(is_static_, access_->signs_snapshots());
    if (!is_static_ || flags.without_snapshot) return {};
    const publish::Lifetimes lives;
    return publish::sign_snapshot(folder, access_->find_key(), access_->now(), lives.snapshot, lives.timestamp);
  }

  Status connect() {
    if (flags.server.empty()) return fail(Code::invalid_argument, "--server names the release service");
    http::CurlOptions options;
    options.total_timeout = std::chrono::minutes(30);  // an object may have 640 MiB
    if (!flags.ca_file.empty()) options.ca_file = flags.ca_file;
    TRY(client_, http::CurlClient::create(options));
    TRY(publish::ApiKey key, read_api_key());
    TRY(publish::ApiClient api, publish::ApiClient::create(flags.server, app_, std::move(key), *client_));
    api_.emplace(std::move(api));
    return {};
  }

  Result<publish::ApiKey> read_api_key() {
    if (flags.api_key_file.empty()) return console_.read_secret<publish::ApiKey>("API key: ");
    TRY(const WipedBytes text, read_file(flags.api_key_file, max_api_key_file));
    const std::string_view key = as_text(text);
    return publish::ApiKey::copy_of(key.substr(0, key.find_first_of("\r\n")));
  }

  // Everything the server has not seen, in order: each version of a role follows the one before.
  Status send() {
    TRY(const auto releases, publish::read_signed_releases(access_->flags.folder, channel_));
    if (releases.empty())
      return fail(Code::not_found, "nothing to send: no release of this channel is completely signed");
    TRY_DO(send_metadata());
    std::size_t first = releases.size();
    for (; first > 0; --first) {
      TRY(const bool is_there, api_->is_served(role_file(releases[first - 1])));
      if (is_there) break;
    }
    for (std::size_t i = first; i < releases.size(); ++i)
      TRY_DO(send(releases[i], i > 0 ? releases[i - 1].descriptor.sequence : 0));
    built_ = releases.back().descriptor;
    is_published_ = true;
    return {};
  }

  std::string role_file(const publish::SignedRelease& release) const {
    return publish::MetadataName{publish::channel_role(channel_), release.version}.file_name();
  }

  Status send(const publish::SignedRelease& one, std::uint64_t sequence_before) {
    // The same release, signed again.
    if (one.descriptor.sequence == sequence_before)
      return api_->send_metadata({{role_file(one), one.metadata}}, {}).map([](std::size_t) {});
    std::vector<publish::ObjectFile> objects;
    for (const auto& object : one.descriptor.objects) objects.push_back({object.id, object.length});
    const auto read = [this](const release::ObjectId& id) -> Result<Bytes> {
      TRY(const WipedBytes bytes, read_file(access_->objects_folder() / to_hex(id), protocol::limits::object_bytes));
      return Bytes(bytes.begin(), bytes.end());
    };
    TRY(const publish::UploadReport sent, api_->upload_objects(objects, read, access_->progress()));
    access_->end_progress();
    sent_.sent += sent.sent;
    sent_.present += sent.present;
    TRY(const std::string descriptor, release::print_release(one.descriptor));
    return api_->publish(channel_, descriptor, one.metadata);
  }

  // Who may release, where the server does not know it yet: a new repository, other keys, another channel.
  Status send_metadata() {
    const publish::MetadataFolder folder = access_->folder();
    TRY(const tuf::Targets targets, folder.get_targets(tuf::targets_role));
    const auto named = targets.files.find("channels.json");
    if (named == targets.files.end()) return fail(Code::not_found, "channels.json");
    TRY(const Bytes channels, folder.read_target(named->first, named->second));
    TRY(const tuf::Root root, folder.read_root());
    std::vector<publish::ApiClient::MetadataFile> files;
    for (const auto& [role, newest] : {std::pair(tuf::root_role, root.version), {tuf::targets_role, targets.version}})
      for (std::int64_t version = 1; version <= newest; ++version) {
        const std::string name = publish::MetadataName{std::string(role), version}.file_name();
        const auto file = read_file(folder.path() / "metadata" / name, publish::max_metadata_bytes(role));
        if (!file && file.error().code == Code::not_found) continue;
        if (!file) return tl::unexpected(file.error());
        files.push_back({name, Bytes(file->begin(), file->end())});
      }
    TRY_DO(api_->send_metadata(files, channels));
    return {};
  }

  std::string state() const {
    if (flags.dry_run) return "dry run: nothing was written";
    if (is_published_) return fmt::format("published: {} objects sent, {} were there", sent_.sent, sent_.present);
    if (!is_signed_)
      return "not complete yet: more signatures are needed (latchkey keys threshold); the draft is " + draft_;
    if (is_static_ && flags.without_snapshot) return "signed; run `latchkey keys snapshot`, then upload the folder";
    if (is_static_) return "complete: upload everything in the folder but keys, pending and .latchkey";
    return "signed; send it with: latchkey bundle publish --server URL";
  }

  Status tell() {
    std::string human = describe_head(*built_) + describe_objects(*built_, history_);
    for (const auto& link : links_)
      if (link.outcome != publish::LinkOutcome::made)
        human += fmt::format("\n  from {}  {}", to_hex(ByteView(link.base).first(6)), publish::describe(link.outcome));
    console_.result(human + "\n" + state(),
                    fmt::format(R"({{"ok":true,"dry_run":{},"signed":{},"static":{},"published":{},{},"objects":{}}})",
                                flags.dry_run, is_signed_, is_static_, is_published_, head_to_json(*built_),
                                objects_to_json(*built_)));
    return {};
  }

  std::shared_ptr<BundleAccess> access_;
  Console& console_;
  std::string app_, channel_, draft_;
  std::vector<ReleaseDescriptor> history_;
  std::optional<ReleaseDescriptor> built_;
  std::vector<publish::LinkReport> links_;
  std::unique_ptr<http::CurlClient> client_;
  std::optional<publish::ApiClient> api_;
  publish::UploadReport sent_;
  bool is_signed_ = false, is_static_ = false, is_published_ = false;
};

void add_pack_flags(CLI::App& sub, PackFlags& flags) {
  sub.add_option("--name", flags.name, "What people call the release: 1.4.2");
  sub.add_option("--platform", flags.platforms, "android, electron, ios, web (default: all)")->delimiter(',');
  sub.add_option("--native-min", flags.native_min, "Oldest native version it runs in (default: any)");
  sub.add_option("--native-max", flags.native_max, "Newest native version it runs in");
  sub.add_option("--fingerprint", flags.fingerprints, "Native part it runs in, by hash; may be given again");
  sub.add_option("--max-bps", flags.max_bps, "Share of devices at most, in basis points (default: 10000)");
  sub.add_option("--stage", flags.stages, "BASISPOINTS@TIME: from then on that share; may be given again");
  sub.add_option("--target", flags.targeting, "FIELD:OP:VALUE[,VALUE...]: locale:prefix:de; all must hold");
  sub.add_option("--embedded", flags.embedded, "Tree of a bundle inside a native build: make a patch from it");
  sub.add_option("--recipient", flags.recipients, "Encrypt for this device, too (age1...)");
  sub.add_option("--exclude", flags.excluded, "Leave out what matches, in every folder: '*.map'");
  sub.add_option("--allow", flags.allowed, "Take this file although it looks like a secret");
  sub.add_flag("--without-index", flags.without_index, "Allow a bundle without index.html");
  sub.add_flag("--same-again", flags.same_again, "Allow the same files as the last release");
  sub.add_flag("--without-snapshot", flags.without_snapshot,
               "Do not sign snapshot and timestamp, even if the keys are here");
  sub.add_option("--level", flags.level, "Compression, 1 (fast) to 19 (default)")->check(CLI::Range(1, 19));
  sub.add_flag("--dry-run", flags.dry_run, "Tell what it would cost; write nothing, sign nothing");
}

}  // namespace

void add_bundle_pack(CLI::App& group, const std::shared_ptr<BundleAccess>& access) {
  Console& console = access->console();
  const auto pack = std::make_shared<PackCommand>(access);
  CLI::App* sub = group.add_subcommand("pack", "Make a signed release from a folder, zip or tar; nothing is sent");
  sub->callback([pack, &console] { console.finish(pack->pack()); });
  sub->add_option("source", pack->flags.source, "What the build wrote")->required();
  add_pack_flags(*sub, pack->flags);

  const auto publish = std::make_shared<PackCommand>(access);
  sub = group.add_subcommand("publish", "Make a signed release and send it; without a source, send the last one");
  sub->callback([publish, &console] { console.finish(publish->publish()); });
  sub->add_option("source", publish->flags.source, "What the build wrote");
  sub->add_option("--server", publish->flags.server, "The release service: https://updates.example.com");
  sub->add_option("--api-key-file", publish->flags.api_key_file, "File with the API key (default: asked for)");
  sub->add_option("--ca-file", publish->flags.ca_file, "Certificates to trust instead of the system's, PEM");
  add_pack_flags(*sub, publish->flags);
}

}  // namespace latchkey::app
