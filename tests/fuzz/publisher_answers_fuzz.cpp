// Links: publish
// What the release service answers to a publisher, or somebody in its place: refusals, lists of trees, channels and
// releases. And the notes beside a publisher's content keys. The input is a text for the parsers, and a script for a
// server: answers behind each other, each "404" and a body, up to a NUL.
#include <algorithm>

#include "base/hex.h"
#include "protocol/limits.h"
#include "publish/api_client.h"
#include "publish/keys/content_key_file.h"
#include "publish/release_list.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::publish;
using fuzz::holds;

namespace {

constexpr std::string_view key = "lkp_secret";

class ScriptedService final : public http::Client {
 public:
  explicit ScriptedService(std::string_view script) : script_(script) {}
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    const std::string_view url = request.url;
    holds(
        url.starts_with("https://updates.test/v1/apps/shop/") || url.starts_with("https://updates.test/updates/shop/"),
        "an answer leads nowhere else");
    holds(url.find(key) == url.npos && std::string_view(request.body).find(key) == request.body.npos, "nor to the key");
    holds(request.headers.has("Authorization") == url.starts_with("https://updates.test/v1/"), "only the API gets it");
    if (script_.size() < 3 || ++requests_ > 64) return fail(Code::network_unreachable);
    const std::string_view answer = script_.substr(0, script_.find('\0'));
    script_.remove_prefix(std::min(script_.size(), answer.size() + 1));
    int status = 0;
    for (const char c : answer.substr(0, 3)) status = status * 10 + (c & 7);
    return http::json_response(status, WipedString(answer.substr(std::min<std::size_t>(3, answer.size()))));
  }
  using http::Client::send;

 private:
  std::string_view script_;
  int requests_ = 0;
};

void check_error(const Error& error) {
  holds(error.detail.size() <= protocol::limits::policy_reason_bytes, "a server's words are few");
  holds(release::check_line(error.detail, error.detail.size()).has_value(), "and of one line");
  holds(error.detail.find(key) == std::string::npos, "and do not tell the key");
}

template <class T>
bool is_fine(const Result<T>& result) {
  if (!result) check_error(result.error());
  return result.has_value();
}

class ThreeBytes final : public http::BodySource {
 public:
  std::uint64_t size() const override { return 3; }
  Status read(std::uint64_t, MutableBytes out) const override {
    std::ranges::fill(out, std::uint8_t{1});
    return {};
  }
};

ApiClient client_of(http::Client& service) {
  return *ApiClient::create("https://updates.test", "shop", ApiKey::copy_of(key), service);
}

void check_answers(std::string_view script) {
  const std::vector<ObjectFile> objects{{{1}, 3}, {{2}, 3}};
  ScriptedService upload(script), sync(script), lists(script);
  const auto sent = client_of(upload).upload_objects(
      objects, [](const release::ObjectId&) { return std::make_shared<const ThreeBytes>(); }, {});
  if (is_fine(sent)) holds(sent->sent + sent->present == objects.size(), "every object is there or was sent");
  is_fine(client_of(sync).send_metadata({{"1.root.json", {1}}, {"2.root.json", {2}}}, {}));
  auto client = client_of(lists);
  const auto bases = client.list_bases("stable");
  if (is_fine(bases)) holds(bases->size() <= protocol::limits::json_members, "a list is bounded");
  is_fine(client.publish("stable", "{}", {}));
  is_fine(client.change_rollout("stable", {.action = "pause", .id = {}, .bps = {}, .reason = {}, .watch = {}}));
  const auto releases = client.list_releases("stable");
  if (is_fine(releases)) is_fine(parse_release_list(*releases));
}

bool is_line(std::string_view text) { return release::check_line(text, 200).has_value(); }

void check_listed(const ListedRelease& listed) {
  holds(is_line(listed.name) && is_line(listed.reason), "nothing shown writes to the terminal");
  holds(listed.basis_points >= 0 && listed.basis_points <= 10'000, "a share of the devices");
  holds(listed.devices >= 0 && listed.failed >= 0, "counts are no less than nothing");
}

void check_lists(std::string_view text) {
  if (const auto releases = parse_release_list(text)) std::ranges::for_each(*releases, check_listed);
  const auto channels = parse_channel_list(text);
  for (std::size_t i = 0; channels && i < channels->size(); ++i) {
    holds(release::check_channel_name((*channels)[i].name).has_value(), "a channel's name is one");
    if ((*channels)[i].newest) check_listed(*(*channels)[i].newest);
  }
}

void check_note(std::string_view text) {
  const auto note = parse_content_key_note(text);
  if (!note) return;
  holds(note->channel.empty() || release::check_channel_name(note->channel), "for a channel, or for all");
  const std::string printed = print_content_key_note(*note);
  const auto again = parse_content_key_note(printed);
  holds(again && again->id == note->id && again->created == note->created && again->channel == note->channel,
        "a note is read as it is printed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_answers(text);
  check_lists(text);
  check_note(text);
  return 0;
}
