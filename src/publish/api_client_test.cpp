// The client against a server in memory that behaves as the release service does, and as it should not.
#include "publish/api_client.h"

#include <gtest/gtest.h>

#include <map>

#include "base/base64url.h"
#include "protocol/json.h"

namespace latchkey::publish {
namespace {

namespace json = protocol::json;

class HeldObject final : public http::BodySource {
 public:
  explicit HeldObject(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status read(std::uint64_t offset, MutableBytes out) const override {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

 private:
  Bytes bytes_;
};

class ServiceInMemory final : public http::Client {
 public:
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    log.push_back(std::string(http::name_of(request.method)) + " " + request.url);
    if (fail_after == 0) return fail(Code::network_unreachable);
    if (fail_after > 0) --fail_after;
    if (answer) return *answer;
    const std::string_view path = std::string_view(request.url).substr(std::string_view("https://updates.test").size());
    if (path.starts_with("/updates/")) return http::empty_response(served.contains(std::string(path)) ? 200 : 404);
    if (request.headers.find("authorization") != "Bearer lkp_secret") return http::empty_response(401);
    if (request.method == http::Method::head)
      return http::empty_response(stored.contains(std::string(path)) ? 204 : 404);
    if (request.method == http::Method::put) stored[std::string(path)] = *http::read_all(*request.body_source);
    if (request.method == http::Method::post) posted = json::Value(WipedString(request.body));
    if (path.ends_with("/bases")) return http::json_response(200, WipedString(bases));
    return http::empty_response(204);
  }
  using http::Client::send;

  std::map<std::string, std::string> stored;
  std::set<std::string> served;
  std::optional<http::Response> answer;
  json::Value posted;
  std::string bases;
  std::vector<std::string> log;
  int fail_after = -1;
};

class ApiClients : public ::testing::Test {
 protected:
  ApiClient client(const char* key = "lkp_secret") {
    return *ApiClient::create("https://updates.test/", "com.example.shop", ApiKey::copy_of(key), service);
  }
  std::vector<ObjectFile> files() {
    std::vector<ObjectFile> all;
    for (const auto& [id, bytes] : objects) all.push_back({id, bytes.size()});
    return all;
  }
  Result<UploadReport> upload() {
    const auto open = [this](const auto& id) { return std::make_shared<const HeldObject>(objects.at(id)); };
    return client().upload_objects(files(), open, {});
  }
  Code refusal(int status, std::string_view body = "") {
    service.answer = http::json_response(status, WipedString(body));
    const auto done = client().publish("stable", "{}", {});
    detail = done ? "" : done.error().detail;
    return done ? Code{} : done.error().code;
  }

  ServiceInMemory service;
  std::map<release::ObjectId, Bytes> objects{{crypto::sha256(as_bytes("a")), {'a'}},
                                             {crypto::sha256(as_bytes("bb")), {'b', 'b'}}};
  std::string detail;
};

TEST_F(ApiClients, send_what_the_server_lacks) {
  const auto report = *upload();
  EXPECT_EQ(report.sent, 2U);
  EXPECT_EQ(report.bytes, 3U);
  EXPECT_EQ(service.stored.at("/v1/apps/com.example.shop/objects/" + to_hex(crypto::sha256(as_bytes("bb")))), "bb");
  EXPECT_EQ(upload()->present, 2U);
}

TEST_F(ApiClients, go_on_where_they_were_cut_off) {
  service.fail_after = 3;  // HEAD, PUT, HEAD
  EXPECT_EQ(upload().error().code, Code::network_unreachable);
  service.fail_after = -1;
  const auto report = *upload();
  EXPECT_EQ(report.present, 1U);
  EXPECT_EQ(report.sent, 1U);
}

TEST_F(ApiClients, a_wrong_key_is_told) {
  auto wrong = client("lkp_wrong");
  EXPECT_EQ(wrong.publish("stable", "{}", {}).error().code, Code::invalid_token);
}

TEST_F(ApiClients, post_a_release_as_base64url) {
  const Bytes metadata{1, 2, 3};
  ASSERT_TRUE(client().publish("stable", "{\"a\":1}", metadata));
  EXPECT_EQ(service.log.back(), "POST https://updates.test/v1/apps/com.example.shop/channels/stable/releases");
  const auto body = *json::parse_object(*service.posted.to_string());
  EXPECT_EQ(*json::get_string(body, "descriptor"), to_base64url(as_bytes("{\"a\":1}")));
  EXPECT_EQ(*json::get_string(body, "metadata"), to_base64url(metadata));
}

TEST_F(ApiClients, send_the_metadata_that_devices_are_not_served_yet) {
  service.served.insert("/updates/com.example.shop/metadata/1.root.json");
  EXPECT_EQ(
      *client().send_metadata({{"1.root.json", {1}}, {"2.root.json", {2}}, {"1.targets.json", {3}}}, as_bytes("{}")),
      2U);
  const auto body = *json::parse_object(*service.posted.to_string());
  const auto& sent = **json::find_array(body, "files");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(*json::get_string(sent[0], "name"), "2.root.json");
  EXPECT_EQ(*json::get_string(sent[2], "name"), "channels.json");
  EXPECT_EQ(*client().send_metadata({{"1.root.json", {1}}}, as_bytes("{}")), 0U);
}

TEST_F(ApiClients, read_the_bases) {
  const auto root = crypto::sha256(as_bytes("a"));
  service.bases = R"({"bases":[{"root":")" + to_hex(root) + R"(","devices":7}]})";
  EXPECT_EQ(*client().list_bases("stable"), std::vector<release::TreeRoot>{root});
  service.bases = R"({"bases":[{"root":"xyz"}]})";
  EXPECT_EQ(client().list_bases("stable").error().code, Code::invalid_format);
  service.bases = R"({"bases":[]})";
  EXPECT_TRUE(client().list_bases("stable")->empty());
}

TEST_F(ApiClients, refusals_say_what_to_do) {
  EXPECT_EQ(refusal(422, R"({"code":"signature_invalid","detail":"ch-stable: 1 of 2 signatures"})"),
            Code::signature_invalid);
  EXPECT_EQ(detail, "ch-stable: 1 of 2 signatures");
  EXPECT_EQ(refusal(409, R"({"code":"metadata_rolled_back","detail":"release: sequence"})"),
            Code::metadata_rolled_back);
  EXPECT_EQ(refusal(403, "<html>"), Code::insufficient_scope);
  EXPECT_EQ(detail, "status 403");
  EXPECT_EQ(refusal(404), Code::not_found);
  EXPECT_EQ(refusal(503), Code::busy);
  EXPECT_EQ(refusal(500, R"({"code":"signature_invalid"})"), Code::server_error);
  EXPECT_EQ(refusal(302), Code::protocol_violation);
}

TEST_F(ApiClients, what_the_server_says_cannot_move_a_cursor) {
  refusal(422, R"({"detail":"\u001b[2Jgone"})");
  EXPECT_EQ(detail, "status 422");
  refusal(401, R"({"detail":"unknown key lkp_secret"})");
  EXPECT_EQ(detail, "status 401") << "the key is not shown, whoever repeats it";
}

TEST_F(ApiClients, an_app_id_is_checked_before_it_is_in_a_url) {
  EXPECT_EQ(ApiClient::create("https://x", "../y", ApiKey::copy_of("k"), service).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::publish
