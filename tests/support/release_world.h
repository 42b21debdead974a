// A release service in this process and a publisher with all its keys: a database of either kind, blobs in a folder, a
// clock that stands still, an app with the channel "stable".
#pragma once

#include "base/base64url.h"
#include "http/server/loopback_client.h"
#include "protocol/release/channels.h"
#include "protocol/release/device_report.h"
#include "protocol/release/object.h"
#include "release/blobs/folder_blob_store.h"
#include "release/server.h"
#include "tests/support/sample_release.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tuf_repository.h"

namespace latchkey::tests {

inline const Instant release_start = from_unix_seconds(1'800'000'000);

// Sealing is the wiring's; here the label is kept with the bytes, so that a moved row is noticed.
class LabelSeal final : public release::KeySeal {
 public:
  Result<Bytes> seal(std::string_view label, ByteView secret) const override {
    Bytes sealed(label.begin(), label.end());
    sealed.push_back(0);
    append(sealed, secret);
    return sealed;
  }
  Result<WipedBytes> unseal(std::string_view label, ByteView sealed) const override {
    const std::string_view text = as_text(sealed);
    if (!text.starts_with(label) || text.size() <= label.size() || text[label.size()] != '\0')
      return fail(Code::authentication_failed);
    const ByteView secret = sealed.subspan(label.size() + 1);
    return WipedBytes(secret.begin(), secret.end());
  }
};

class ReleaseWorld final {
 public:
  static constexpr std::string_view app = "com.example.shop";  // as sample_release()

  explicit ReleaseWorld(sql::Database& database, Instant now = release_start) : clock(now), tuf(now) {
    blobs = release::FolderBlobStore::open(folder.path() / "blobs").value();
    restart(database);
    auto work = [&](sql::Transaction& tx) {
      return release::create_app(tx, {seal, {}, {}}, {std::string(app), "Shop", now});
    };
    api_key = std::string(database.write(work).get().value().key.reveal_text());
    EXPECT_TRUE(server->follow_changes());
    adopt_online_keys();
    set_channels({{.name = "stable", .self_assign = true}});
    tuf.delegate("policy-stable", "policy/stable/*", {"policy"}, 1);
    replace_policy_key("policy-stable");
  }

  // As a restart of the program would; stop() before the database goes.
  void stop() {
    client.reset();
    router.reset();
    server.reset();
  }
  void restart(sql::Database& database) {
    stop();
    server = release::Server::open(database, *blobs, seal, clock).value();
    router = std::make_unique<http::Router>();
    server->add_routes(*router);
    client = std::make_unique<http::LoopbackClient>(*router);
  }

  http::Response send(http::Method method, std::string_view path, std::string body = {}, std::string_view key = "-") {
    http::Request request;
    request.method = method;
    request.url = "https://updates.example.com" + std::string(path);
    request.body = WipedString(body);
    const std::string_view shown = key == "-" ? std::string_view(api_key) : key;
    if (!shown.empty()) request.headers.set("Authorization", "Bearer " + std::string(shown));
    return client->send(request).value();
  }
  http::Response get(std::string_view below) {
    return send(http::Method::get, "/updates/" + std::string(app) + "/" + std::string(below), {}, "");
  }
  static std::string api(std::string_view below) { return "/v1/apps/" + std::string(app) + std::string(below); }

  // --- the publisher ---

  struct Named {
    std::string name;
    Bytes bytes;
  };
  http::Response post_metadata(const std::vector<Named>& files, std::string_view key = "-") {
    std::string body = R"({"files":[)";
    for (const auto& file : files)
      body += (body.ends_with('[') ? "" : ",") + std::string(R"({"name":")") + file.name + R"(","content":")" +
              to_base64url(file.bytes) + "\"}";
    return send(http::Method::post, api("/metadata"), body + "]}", key);
  }
  // What a publisher signs: root, targets and channels.json as they are now.
  std::vector<Named> first_metadata() {
    tuf.publish_root();
    tuf.publish_targets("targets");
    const std::string root = std::to_string(tuf.root.version) + ".root.json";
    const std::string targets = std::to_string(tuf.targets.version) + ".targets.json";
    return {{root, tuf.metadata.at(root)}, {targets, tuf.metadata.at(targets)}, {"channels.json", channels_file}};
  }
  void set_channels(std::vector<protocol::release::Channel> channels) {
    const std::string text = protocol::release::print_channels(
        {.app = std::string(app), .default_channel = channels.front().name, .channels = channels});
    channels_file = Bytes(text.begin(), text.end());
    tuf.add_target("targets", "channels.json", text);
  }

  struct Publication {
    protocol::release::ReleaseDescriptor descriptor;
    std::string text;
    Bytes metadata;
    std::vector<std::string> objects;
  };
  // Release `number` with one full object of random-looking bytes, signed as the channel's next role.
  Publication prepare(std::uint8_t number, std::string_view channel = "stable") {
    Publication made;
    made.descriptor = testing::sample_release();
    made.descriptor.channel = channel;
    made.descriptor.sequence = number;
    made.descriptor.terms.id = release_id(number);
    made.descriptor.tree.root = testing::sample_root(number);
    made.descriptor.issued = std::chrono::floor<std::chrono::seconds>(clock.now());
    made.descriptor.objects = {testing::sample_object(number, 1000)};
    made.objects = {std::string(made.descriptor.objects[0].length, static_cast<char>(number))};
    made.descriptor.objects[0].id = crypto::sha256(as_bytes(made.objects[0]));
    sign(made);
    return made;
  }
  void sign(Publication& made) {
    made.text = protocol::release::print_release(made.descriptor).value();
    const std::string role = "ch-" + made.descriptor.channel;
    tuf.roles[role].files.clear();
    tuf.add_target(role, made.descriptor.channel + "/release.json", made.text);
    made.metadata = tuf.sign_role(role, tuf.roles[role]);
  }
  http::Response put_object(const std::string& bytes, std::string_view key = "-") {
    return send(http::Method::put, api("/objects/" + to_hex(crypto::sha256(as_bytes(bytes)))), bytes, key);
  }
  http::Response post_release(const Publication& made, std::string_view key = "-") {
    const std::string body = R"({"descriptor":")" + to_base64url(as_bytes(made.text)) + R"(","metadata":")" +
                             to_base64url(made.metadata) + "\"}";
    return send(http::Method::post, api("/channels/" + made.descriptor.channel + "/releases"), body, key);
  }
  // All of it; the next one gets the next version.
  int publish(std::uint8_t number, std::string_view channel = "stable") {
    const Publication made = prepare(number, channel);
    for (const auto& object : made.objects) put_object(object);
    const int status = post_release(made).status;
    if (status == 201) ++tuf.roles["ch-" + std::string(channel)].version;
    return status;
  }
  static protocol::release::ReleaseId release_id(std::uint8_t number) {
    return protocol::release::ReleaseId(ByteArray<16>{number});
  }
  http::Response change(std::string_view action, std::uint8_t number, std::string_view more = "",
                        std::string_view key = "-") {
    return send(http::Method::post, api("/channels/stable/" + std::string(action)),
                R"({"release":")" + print(release_id(number)) + "\"" + std::string(more) + "}", key);
  }

  // --- a device ---

  // What a device that only knows `root` finds at `path`; empty when it refuses.
  Result<std::string> look_up(const std::string& path, ByteView root) {
    TRY(auto trusted, protocol::tuf::TrustedMetadata::open(root, clock.now()));
    return look_up(path, trusted);
  }
  Result<std::string> look_up(const std::string& path, protocol::tuf::TrustedMetadata& trusted) {
    for (;;) {
      const auto next = get("metadata/" + trusted.next_root_name());
      if (next.status != 200) break;
      TRY_DO(trusted.update_root(as_bytes(next.body_text())));
    }
    TRY_DO(trusted.finish_roots());
    TRY_DO(trusted.update_timestamp(as_bytes(get("metadata/timestamp.json").body_text())));
    if (const auto wanted = trusted.wanted_snapshot())
      TRY_DO(trusted.update_snapshot(as_bytes(get("metadata/" + wanted->name).body_text())));
    for (;;) {
      TRY(const auto step, trusted.look_up(path));
      if (const auto* found = std::get_if<protocol::tuf::FoundTarget>(&step)) {
        const std::string text(get("targets/" + found->name).body_text());
        if (protocol::tuf::describe_target(as_bytes(text)) != found->file) return fail(Code::metadata_mismatch);
        return text;
      }
      const auto& wanted = std::get<protocol::tuf::WantedFile>(step);
      TRY_DO(trusted.update_targets(wanted.role, as_bytes(get("metadata/" + wanted.name).body_text())));
    }
  }
  Result<std::string> look_up(const std::string& path) { return look_up(path, first_root()); }
  ByteView first_root() const { return tuf.metadata.at("1.root.json"); }
  protocol::release::Policy policy() {
    return protocol::release::parse_policy(look_up("policy/stable/policy.json").value()).value();
  }

  http::Response report(int device, std::uint8_t number, protocol::release::ReportEvent event, std::uint64_t count) {
    protocol::release::DeviceReport said;
    said.app = app;
    said.channel = "stable";
    said.release = release_id(number);
    said.root = testing::sample_root(number);
    said.event = event;
    said.count = count;
    said.at = std::chrono::floor<std::chrono::seconds>(clock.now());
    // A network of its own each, so that no address has too many new devices.
    client->set_address(*http::Address::parse("2001:db8:" + to_hex_group(device) + "::1"));
    return send_report(*protocol::release::sign_device_report(said, tuf.key("device " + std::to_string(device))));
  }
  http::Response send_report(const std::string& body) {
    return send(http::Method::post, "/updates/" + std::string(app) + "/reports", body, "");
  }

  testing::TemporaryFolder folder;
  ManualClock clock;
  LabelSeal seal;
  std::unique_ptr<release::FolderBlobStore> blobs;
  std::unique_ptr<release::Server> server;
  std::unique_ptr<http::Router> router;
  std::unique_ptr<http::LoopbackClient> client;
  test::TufRepository tuf;
  Bytes channels_file;
  std::string api_key;

 private:
  static std::string to_hex_group(int number) {
    Bytes bytes;
    append_be<std::uint16_t>(bytes, static_cast<std::uint16_t>(number));
    return to_hex(bytes);
  }
  // The root names the server's keys for snapshot and timestamp.
  void adopt_online_keys() {
    for (const char* role : {"snapshot", "timestamp"}) {
      const auto key = online_key(role);
      tuf.root.keys.emplace(key.id(), key);
      tuf.root.roles[role] = {{key.id()}, 1};
    }
  }
  void replace_policy_key(std::string_view role) {
    const auto key = online_key("policy");
    tuf.targets.delegated_keys.emplace(key.id(), key);
    for (auto& one : tuf.targets.delegated_roles)
      if (one.name == role) one.keys = {{key.id()}, 1};
  }
  protocol::tuf::TufKey online_key(std::string_view role) {
    auto view = protocol::json::parse_object(send(http::Method::get, api("")).body_text());
    return protocol::tuf::TufKey::from(*view->find("online_keys")->find(role)).value();
  }
};

}  // namespace latchkey::tests
