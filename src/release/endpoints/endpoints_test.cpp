// Who may do what, and how files are sent.
#include <gtest/gtest.h>

#include "tests/support/databases.h"
#include "tests/support/release_world.h"

namespace latchkey::release {
namespace {

using http::Method;
using tests::ReleaseWorld;

class Endpoints : public tests::DatabaseTest<tests::OnSqlite> {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    world_.emplace(db());
    ASSERT_EQ(world_->post_metadata(world_->first_metadata()).status, 204);
  }
  ReleaseWorld& world() { return *world_; }

  std::string make_key(std::string_view app, Scopes scopes) {
    auto work = [&](sql::Transaction& tx) { return insert_api_key(tx, app, "test", scopes, tests::release_start); };
    return std::string(db().write(work).get().value().key.reveal_text());
  }
  std::string make_key(std::string_view app, Scope scope) { return make_key(app, static_cast<Scopes>(scope)); }
  void add_other_app() {
    auto work = [&](sql::Transaction& tx) {
      return create_app(tx, {world().seal, {}, {}}, {"org.other", "Other", tests::release_start});
    };
    ASSERT_TRUE(db().write(work).get());
    ASSERT_TRUE(world().server->follow_changes());
  }
  std::optional<ReleaseWorld> world_;
};

struct Call {
  Method method;
  std::string path;
  Scope scope;
};
std::vector<Call> calls_of_an_app() {
  const auto api = [](std::string_view below) { return ReleaseWorld::api(below); };
  return {{Method::get, api(""), Scope::read},
          {Method::get, api("/channels"), Scope::read},
          {Method::get, api("/channels/stable"), Scope::read},
          {Method::get, api("/channels/stable/releases"), Scope::read},
          {Method::get, api("/channels/stable/bases"), Scope::read},
          {Method::post, api("/metadata"), Scope::publish},
          {Method::put, api("/objects/" + std::string(64, 'a')), Scope::publish},
          {Method::head, api("/objects/" + std::string(64, 'a')), Scope::publish},
          {Method::post, api("/channels/stable/releases"), Scope::publish},
          {Method::post, api("/channels/stable/rollout"), Scope::rollout},
          {Method::post, api("/channels/stable/pause"), Scope::rollout},
          {Method::post, api("/channels/stable/resume"), Scope::rollout},
          {Method::post, api("/channels/stable/halt"), Scope::rollout},
          {Method::post, api("/api-keys"), Scope::apps},
          {Method::get, api("/api-keys"), Scope::apps},
          {Method::delete_, api("/api-keys/x"), Scope::apps}};
}

TEST_F(Endpoints, every_call_wants_a_key_with_its_scope_for_its_app) {
  add_other_app();
  const std::string stranger = make_key("org.other", publisher_scopes);
  for (const auto& [method, path, scope] : calls_of_an_app()) {
    EXPECT_EQ(world().send(method, path, "{}", "").status, 401) << path;
    EXPECT_EQ(world().send(method, path, "{}", "lkp_" + std::string(43, 'A')).status, 401) << path;
    EXPECT_EQ(world().send(method, path, "{}", "secret").status, 401) << path;
    for (const Scope other : {Scope::publish, Scope::rollout, Scope::read})
      if (other != scope) {
        EXPECT_EQ(world().send(method, path, "{}", make_key(ReleaseWorld::app, other)).status, 403) << path;
      }
    if (scope != Scope::apps) {
      EXPECT_EQ(world().send(method, path, "{}", stranger).status, 404) << path << ": as if it were not there";
    }
  }
}

TEST_F(Endpoints, only_a_key_of_all_apps_makes_apps) {
  const std::string body = R"({"id":"org.new","name":"New"})";
  EXPECT_EQ(world().send(Method::post, "/v1/apps", body).status, 403);
  EXPECT_EQ(world().send(Method::get, "/v1/apps").status, 403) << "a key of one app lists none";
  const std::string all = make_key("", static_cast<Scopes>(Scope::apps));
  const auto made = world().send(Method::post, "/v1/apps", body, all);
  ASSERT_EQ(made.status, 201);
  const auto object = protocol::json::parse_object(made.body_text());
  const std::string key(*protocol::json::get_string(*object, "key"));
  EXPECT_EQ(made.headers.find("Cache-Control"), "no-store");
  EXPECT_EQ(world().send(Method::get, "/v1/apps/org.new", "", key).status, 200);
  EXPECT_EQ(world().send(Method::post, "/v1/apps", body, all).status, 409);
  for (const char* bad : {R"({"id":"../x"})", R"({"id":"A"})", R"({})", R"({"id":"a","extra":1})", "[]", ""})
    EXPECT_EQ(world().send(Method::post, "/v1/apps", bad, all).status, 422) << bad;
}

TEST_F(Endpoints, keys_are_shown_once_stored_hashed_and_can_be_taken_back) {
  const std::string all = make_key("", static_cast<Scopes>(Scope::apps));
  const auto made =
      world().send(Method::post, ReleaseWorld::api("/api-keys"), R"({"name":"CI","scopes":["read"]})", all);
  ASSERT_EQ(made.status, 201);
  const auto object = protocol::json::parse_object(made.body_text());
  const std::string key(*protocol::json::get_string(*object, "key"));
  const std::string id(*protocol::json::get_string(*object, "key_id"));
  EXPECT_EQ(world().send(Method::get, ReleaseWorld::api(""), "", key).status, 200);
  const auto listed = world().send(Method::get, ReleaseWorld::api("/api-keys"), "", all);
  EXPECT_NE(listed.body_text().find(id), std::string_view::npos);
  EXPECT_EQ(listed.body_text().find(key.substr(4)), std::string_view::npos);
  EXPECT_EQ(world().send(Method::delete_, ReleaseWorld::api("/api-keys/" + id), "", all).status, 204);
  EXPECT_EQ(world().send(Method::get, ReleaseWorld::api(""), "", key).status, 401);
  EXPECT_EQ(world().send(Method::post, ReleaseWorld::api("/api-keys"), R"({"name":"x","scopes":["apps"]})", all).status,
            422)
      << "an app's key never makes apps";
}

TEST_F(Endpoints, problems_are_told_and_nothing_else) {
  const auto response = world().send(Method::get, ReleaseWorld::api("/channels/beta"));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  EXPECT_EQ(response.body_text(),
            R"({"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"channel"})");
}

TEST_F(Endpoints, metadata_is_cached_by_what_its_name_promises) {
  const auto timestamp = world().get("metadata/timestamp.json");
  EXPECT_EQ(timestamp.headers.find("Cache-Control"), "public, max-age=30");
  EXPECT_EQ(timestamp.headers.find("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(world().get("metadata/1.root.json").headers.find("Cache-Control"), "public, max-age=31536000, immutable");
  const auto missing = world().get("metadata/2.root.json");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers.find("Cache-Control"), "public, max-age=30");
  for (const char* path :
       {"metadata/9.snapshot.json", "metadata/x", "targets/x", "metadata/../metadata/timestamp.json", "reports"})
    EXPECT_NE(world().get(path).status, 200) << path;
  EXPECT_EQ(world().send(Method::get, "/updates/org.unknown/metadata/timestamp.json", "", "").status, 404);
}

TEST_F(Endpoints, an_unchanged_file_is_not_sent_again) {
  const auto first = world().get("metadata/timestamp.json");
  http::Request request;
  request.url = "https://x/updates/" + std::string(ReleaseWorld::app) + "/metadata/timestamp.json";
  request.headers.set("If-None-Match", *first.headers.find("ETag"));
  EXPECT_EQ(world().client->send(request)->status, 304);
}

TEST_F(Endpoints, objects_are_sent_whole_in_part_or_not_at_all) {
  const std::string bytes = "0123456789";
  ASSERT_EQ(world().put_object(bytes).status, 204);
  const std::string name = "objects/" + to_hex(crypto::sha256(as_bytes(bytes)));
  EXPECT_EQ(world().get(name).body_text(), bytes);
  EXPECT_EQ(world().get(name).headers.find("Cache-Control"), "public, max-age=31536000, immutable");
  const auto ask = [&](std::string_view field, std::string_view value, std::string_view if_range = "") {
    http::Request request;
    request.url = "https://x/updates/" + std::string(ReleaseWorld::app) + "/" + name;
    request.headers.set(field, value);
    if (!if_range.empty()) request.headers.set("If-Range", if_range);
    return world().client->send(request).value();
  };
  const auto part = ask("Range", "bytes=2-4");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body_text(), "234");
  EXPECT_EQ(part.headers.find("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(ask("Range", "bytes=10-").status, 416);
  const std::string etag(*part.headers.find("ETag"));
  EXPECT_EQ(ask("Range", "bytes=2-4", etag).status, 206);
  EXPECT_EQ(ask("Range", "bytes=2-4", "\"other\"").status, 200);
  EXPECT_EQ(ask("If-None-Match", etag).status, 304);
  for (const std::string& path : {std::string("objects/") + std::string(64, 'a'), std::string("objects/x"),
                                  std::string("objects/") + std::string(64, 'A')})
    EXPECT_EQ(world().get(path).status, 404) << path;
}

TEST_F(Endpoints, an_object_must_be_what_its_name_says) {
  const std::string name = ReleaseWorld::api("/objects/" + to_hex(crypto::sha256(as_bytes("right"))));
  EXPECT_EQ(world().send(Method::put, name, "wrong").status, 422);
  EXPECT_EQ(world().send(Method::head, name).status, 404);
  EXPECT_EQ(world().send(Method::put, name, "right").status, 204);
  EXPECT_EQ(world().send(Method::head, name).status, 204);
  EXPECT_EQ(world().send(Method::put, ReleaseWorld::api("/objects/short"), "x").status, 422);
}

TEST_F(Endpoints, channels_and_releases_are_listed) {
  ASSERT_EQ(world().publish(1), 201);
  const auto channels = world().send(Method::get, ReleaseWorld::api("/channels"));
  EXPECT_NE(channels.body_text().find(R"("name":"stable","self_assign":true,"private":false,"release":{"id":")"),
            std::string_view::npos)
      << channels.body_text();
  EXPECT_EQ(world().send(Method::get, ReleaseWorld::api("/channels/stable")).status, 200);
  const auto releases = world().send(Method::get, ReleaseWorld::api("/channels/stable/releases"));
  EXPECT_NE(releases.body_text().find(R"("sequence":1)"), std::string_view::npos);
}

}  // namespace
}  // namespace latchkey::release
