// `latchkey bundle verify`: looks at a release from outside, as a device does, in a folder or on a web server.
#include <fmt/format.h>

#include "apps/latchkey/bundle_access.h"
#include "apps/latchkey/bundle_output.h"
#include "base/atomic_file.h"
#include "base/hex.h"
#include "http/client/curl_client.h"
#include "protocol/limits.h"
#include "protocol/release/utc_time.h"
#include "publish/release_check.h"

namespace latchkey::app {
namespace {

class VerifyCommand final {
 public:
  explicit VerifyCommand(std::shared_ptr<BundleAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  std::string place, root_file, app, ca_file;
  std::vector<std::string> key_files;
  bool is_closed = false;

  Status verify() {
    TRY(const WipedBytes root, read_file(root_path(), protocol::limits::tuf_root_bytes));
    TRY(const auto source, open_source());
    TRY_DO(find_names());
    TRY(const release::KeyRing ring, find_keys());
    const publish::BundleStore store = access_->store();
    publish::CheckOptions options{app,    channel_,           access_->now(), is_closed ? nullptr : &ring,
                                  &store, access_->progress()};
    auto checked = publish::check_published(*source, root, options);
    access_->end_progress();
    if (!checked) return tl::unexpected(std::move(checked).error());
    tell(*checked);
    if (!checked->is_sound()) return fail(Code::authentication_failed, "a device would refuse what is marked");
    return {};
  }

 private:
  bool is_web() const { return place.starts_with("https://") || place.starts_with("http://"); }
  std::string folder() const { return place.empty() ? access_->flags.folder : place; }

  std::filesystem::path root_path() const {
    if (!root_file.empty()) return root_file;
    return std::filesystem::path(is_web() ? access_->flags.folder : folder()) / "metadata" / "1.root.json";
  }

  Result<std::unique_ptr<publish::ReleaseSource>> open_source() {
    if (!is_web()) return publish::open_folder_source(folder());
    http::CurlOptions options;
    options.total_timeout = protocol::limits::object_transfer_time;
    options.max_response_body_bytes = protocol::limits::object_bytes;
    if (!ca_file.empty()) options.ca_file = ca_file;
    TRY(client_, http::CurlClient::create(options));
    return publish::open_web_source(place, *client_);
  }

  // From the flags, or from the publisher's folder.
  Status find_names() {
    channel_ = access_->flags.channel;
    if (!app.empty() && !channel_.empty()) return {};
    if (!is_web()) access_->flags.folder = folder();
    TRY(const auto channels, access_->read_channels());
    TRY(const auto channel, access_->choose_channel(channels));
    if (app.empty()) app = channels.app;
    channel_ = channel.name;
    return {};
  }

  Result<release::KeyRing> find_keys() {
    release::KeyRing ring;
    for (const std::string& file : key_files) {
      TRY(const WipedBytes text, read_file(file, protocol::limits::key_text_file_bytes));
      TRY(release::ContentKey key, publish::parse_content_key(as_text(text)));
      ring.content_keys.push_back(std::move(key));
    }
    const release::Channel any{.name = channel_};  // its own keys and everybody's
    TRY(const bool are_here, access_->has_content_keys(any));
    if (is_closed || !ring.content_keys.empty()) return ring;
    // Somebody without the keys can still see that every byte is the signed one.
    is_closed = !are_here;
    if (is_closed) return ring;
    TRY(ring.content_keys, access_->open_content_keys(any));
    return ring;
  }

  void tell(const publish::CheckedRelease& checked) {
    std::string human = describe_head(checked.descriptor), json;
    std::size_t applied = 0, opened = 0;
    for (const auto& object : checked.objects) {
      applied += object.depth == publish::CheckDepth::applied ? 1 : 0;
      opened += object.depth == publish::CheckDepth::opened ? 1 : 0;
      json +=
          fmt::format(R"({}{{"id":"{}","depth":"{}","wrong":{}}})", json.empty() ? "" : ",", to_hex(object.id),
                      publish::name_of(object.depth), object.wrong ? json_quoted(to_string(*object.wrong)) : "null");
      if (object.wrong)
        human += fmt::format("\n  {} {}: {}", console_.red("WRONG"), to_hex(object.id), to_string(*object.wrong));
    }
    human +=
        fmt::format("\n{} objects: {} applied to their base and compared, {} opened, {} compared with their hash only",
                    checked.objects.size(), applied, opened, checked.objects.size() - applied - opened);
    human += "\nsigned metadata is believed until " + release::print_utc_time(checked.expires);
    console_.result(human,
                    fmt::format(R"({{"sound":{},{},"expires":"{}","objects":[{}]}})", checked.is_sound(),
                                head_to_json(checked.descriptor), release::print_utc_time(checked.expires), json));
  }

  std::shared_ptr<BundleAccess> access_;
  Console& console_;
  std::string channel_;
  std::unique_ptr<http::CurlClient> client_;
};

}  // namespace

void add_bundle_verify(CLI::App& group, const std::shared_ptr<BundleAccess>& access) {
  const auto command = std::make_shared<VerifyCommand>(access);
  CLI::App* sub = group.add_subcommand("verify", "Check a release as a device would: signatures, hashes, contents");
  Console& console = access->console();
  sub->callback([command, &console] { console.finish(command->verify()); });
  sub->add_option("place", command->place, "A folder, or {server}/updates/{app} (default: the publisher's folder)");
  sub->add_option("--root", command->root_file, "The root the app ships with (default: the folder's 1.root.json)");
  sub->add_option("--app", command->app, "The app's id (default: as in the publisher's folder)");
  sub->add_option("--content-key-file", command->key_files, "An exported content key; may be given again");
  sub->add_flag("--closed", command->is_closed, "Do not open objects, only compare them with their hashes");
  sub->add_option("--ca-file", command->ca_file, "Certificates to trust instead of the system's, PEM");
}

}  // namespace latchkey::app
