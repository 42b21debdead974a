#include "update/web/site.h"

#include <gtest/gtest.h>

#include "http/cookie.h"
#include "protocol/json.h"
#include "tests/support/update/test_bundles.h"
#include "update/web/turnstile.h"

namespace latchkey::update::web {
namespace {

using testing::version;

// A device that has version 1 inside and version 2 waiting; nobody answers on its network.
class SiteTest : public ::testing::Test {
 protected:
  struct NoNetwork final : http::Client {
    using Client::send;
    Result<http::Response> send(const http::Request&, std::stop_token) override {
      return fail(Code::network_unreachable);
    }
  };
  struct Page {
    http::Response response;
    std::string id, token, cookie;
  };

  void SetUp() override {
    stage(2);
    EngineConfig config;
    config.mode = ApplyMode::manual;
    config.sends_reports = false;
    engine_ =
        *Engine::open(vfs_, make_built_in_page("<!doctype html><title>1</title>"), client_, clock_, std::move(config));
    engine_->start();
    driver_ = std::make_unique<Driver>(*engine_, DriverOptions{.mode = ApplyMode::manual, .sends_reports = false});
    site_ = std::make_unique<Site>(*engine_, *driver_, [this] { return now_; });
    site_->set_port(4711);
  }

  void stage(int number) {
    const auto secrets = open_device_secrets(vfs_);
    auto installation = *Installation::open(vfs_, secrets->state_key, make_built_in_page("x"), {}, clock_);
    ASSERT_TRUE(testing::put_bundle(installation->store(), version(number), nullptr));
    ASSERT_TRUE(installation->stage(testing::record_of(number), {}, ApplyMode::manual));
  }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  http::Response ask(http::Method method, const std::string& path, const Fields& fields = {},
                     const std::string& body = {}) {
    http::Request request;
    request.method = method;
    request.path = path.substr(0, path.find('?'));
    if (path.find('?') != std::string::npos) request.query = path.substr(path.find('?') + 1);
    request.headers.add("Host", "127.0.0.1:4711");
    if (method == http::Method::post) request.headers.add("Content-Type", "application/json");
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    request.body = body;
    return http::sync_wait(site_->router().handle(request));
  }
  http::Response get(const std::string& path, const Fields& fields = {}) {
    return ask(http::Method::get, path, fields);
  }

  static std::string between(std::string_view text, std::string_view before, char after) {
    const std::size_t begin = text.find(before);
    if (begin == std::string_view::npos) return {};
    const std::string_view rest = text.substr(begin + before.size());
    return std::string(rest.substr(0, rest.find(after)));
  }

  Page load(const std::string& path = "/") {
    Page page{get(path, {{"Accept", "text/html"}}), {}, {}, {}};
    page.id = between(page.response.body_text(), "load.js?load=", '"');
    page.cookie = between(page.response.headers.find("Set-Cookie").value_or(""), "", ';');
    page.token = between(get("/__latchkey/load.js?load=" + page.id).body_text(), "\"token\":\"", '"');
    return page;
  }
  int ready(const std::string& id, const std::string& token) {
    return ask(http::Method::post, "/__latchkey/ready", {}, "{\"load\":\"" + id + "\",\"token\":\"" + token + "\"}")
        .status;
  }
  static bool must_reload(const http::Response& response) {
    return *protocol::json::get_bool(*protocol::json::parse_object(response.body_text()), "reload");
  }

  MemoryVfs vfs_;
  ManualClock clock_;
  NoNetwork client_;
  MonotonicTime now_{std::chrono::hours(1)};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Site> site_;
};

TEST_F(SiteTest, a_page_begins_with_the_script_and_everything_else_is_as_it_was_signed) {
  const Page page = load();
  EXPECT_EQ(page.response.status, 200);
  EXPECT_EQ(page.response.body_text(),
            "<!doctype html><script src=\"/__latchkey/load.js?load=" + page.id + "\"></script><title>1</title>");
  EXPECT_EQ(page.token.size(), 32U);
  ASSERT_TRUE(engine_->apply());
  for (const auto& file : version(2)) EXPECT_EQ(get("/" + file.path).body_text(), file.text);
}

TEST_F(SiteTest, the_token_is_handed_out_once_and_to_a_script_only) {
  const http::Response page = get("/", {{"Accept", "text/html"}});
  const std::string path = "/__latchkey/load.js?load=" + between(page.body_text(), "load=", '"');
  EXPECT_EQ(get(path, {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Dest", "empty"}}).status, 404);
  EXPECT_NE(get(path, {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Dest", "script"}}).body_text().find("token\":"),
            std::string::npos);
  EXPECT_EQ(get(path).body_text().find("token\":"), std::string::npos);
  EXPECT_EQ(get("/__latchkey/load.js").status, 404);
}

TEST_F(SiteTest, a_page_keeps_the_files_of_its_own_bundle) {
  const Page old = load();
  ASSERT_TRUE(engine_->apply());
  const Page fresh = load();
  EXPECT_EQ(get("/app.js", {{"Cookie", old.cookie}}).status, 404) << "version 1 had none";
  EXPECT_EQ(get("/app.js", {{"Cookie", fresh.cookie}}).body_text(), version(2)[0].text);
  EXPECT_EQ(get("/app.js", {{"Cookie", "latchkey_page_4711=" + std::string(32, '0')}}).status, 409);
  EXPECT_TRUE(must_reload(get("/__latchkey/events?load=" + old.id)));
  EXPECT_FALSE(must_reload(get("/__latchkey/events?load=" + fresh.id)));
  EXPECT_TRUE(must_reload(get("/__latchkey/events"))) << "a page of an earlier run";
}

TEST_F(SiteTest, a_browser_with_pages_of_another_bundle_waits_until_they_are_gone) {
  const auto browse = [&](const std::string& cookie) {
    return get("/", {{"Accept", "text/html"}, {"Sec-Fetch-Dest", "document"}, {"Cookie", cookie}});
  };
  const auto turn = [&](const std::string& cookie) {
    return ask(http::Method::post, "/__latchkey/turn", {{"Sec-Fetch-Dest", "empty"}, {"Cookie", cookie}}, "{}");
  };
  const Page old = load();
  EXPECT_NE(browse(old.cookie).body_text().find("load.js"), std::string::npos) << "of the same bundle";
  ASSERT_TRUE(engine_->apply());
  const http::Response between_them = browse(old.cookie);
  EXPECT_EQ(between_them.body_text(), answer_page(200, turnstile_page()).body_text());
  EXPECT_FALSE(between_them.headers.has("Set-Cookie")) << "tabs of before keep their files";
  EXPECT_EQ(browse("latchkey_page_4711=" + std::string(32, '0')).body_text(), between_them.body_text())
      << "an earlier run's";
  EXPECT_EQ(turn(old.cookie).status, 409) << "a page that was begun just now may not have its lock";
  now_ += std::chrono::seconds(11);
  const http::Response done = turn(old.cookie);
  EXPECT_EQ(done.status, 204);
  EXPECT_NE(done.headers.find("Set-Cookie").value_or("").find("Max-Age=0"), std::string::npos);
  const Page fresh = load();
  EXPECT_FALSE(turn(fresh.cookie).headers.has("Set-Cookie")) << "it is of the bundle that runs";
  EXPECT_EQ(get("/__latchkey/turn.js").status, 200);
}

TEST_F(SiteTest, a_page_whose_script_was_heard_of_has_its_lock) {
  const Page first = load();
  ASSERT_TRUE(engine_->apply());
  const auto turn = [&] {
    return ask(http::Method::post, "/__latchkey/turn", {{"Sec-Fetch-Dest", "empty"}, {"Cookie", first.cookie}}, "{}")
        .status;
  };
  EXPECT_EQ(turn(), 409);
  (void)get("/__latchkey/events?load=" + first.id);
  EXPECT_EQ(turn(), 204);
}

TEST_F(SiteTest, an_old_page_cannot_vouch_for_a_new_bundle) {
  const Page old = load();
  ASSERT_TRUE(engine_->apply());
  EXPECT_EQ(ready(old.id, old.token), 409);
  const Page fresh = load();
  EXPECT_EQ(ready(old.id, old.token), 409);
  EXPECT_EQ(ready(fresh.id, "0"), 409);
  EXPECT_EQ(engine_->state().phase, Phase::trial);
  EXPECT_EQ(ready(fresh.id, fresh.token), 204);
  EXPECT_EQ(engine_->state().phase, Phase::confirmed);
}

TEST_F(SiteTest, time_counts_while_the_page_is_seen) {
  ASSERT_TRUE(engine_->apply());
  const Page page = load();
  const auto say = [&](const std::string& id, bool hidden) {
    return ask(http::Method::post, "/__latchkey/visibility", {},
               "{\"load\":\"" + id + "\",\"hidden\":" + (hidden ? "true}" : "false}"))
        .status;
  };
  const auto pass = [&](int seconds) { engine_->poll(now_ += std::chrono::seconds(seconds)); };
  pass(8);
  EXPECT_EQ(say(page.id, true), 204);
  pass(60);
  site_->set_connected(false);
  EXPECT_EQ(say(page.id, false), 204);
  pass(60);
  EXPECT_EQ(engine_->state().phase, Phase::trial) << "nobody is connected";
  EXPECT_EQ(say("another", false), 409);
  site_->set_connected(true);
  pass(3);
  EXPECT_EQ(engine_->state().phase, Phase::built_in) << "eleven seconds were seen";
  EXPECT_TRUE(must_reload(get("/__latchkey/events?load=" + page.id)));
}

TEST_F(SiteTest, an_altered_file_is_not_served) {
  ASSERT_TRUE(engine_->apply());
  const Page page = load();
  const auto blob = *vfs_.open(blob_path(crypto::sha256(as_bytes(version(2)[0].text))), OpenMode::write);
  ASSERT_TRUE(blob->write(0, as_bytes("C")));
  EXPECT_EQ(get("/app.js", {{"Cookie", page.cookie}}).status, 503);
  EXPECT_EQ(get("/style.css", {{"Cookie", page.cookie}}).status, 200);
}

TEST_F(SiteTest, a_file_that_is_known_is_not_sent_again) {
  const http::Response page = get("/index.html");
  EXPECT_EQ(page.body_text(), "<!doctype html><title>1</title>") << "as a file, not as a page";
  const std::string tag(page.headers.find("ETag").value());
  EXPECT_EQ(get("/index.html", {{"If-None-Match", tag}}).status, 304);
  EXPECT_EQ(get("/index.html").headers.find("Cache-Control"), "no-cache");
  EXPECT_EQ(load().response.headers.find("ETag"), std::nullopt);
}

TEST_F(SiteTest, parts_of_files_are_sent_while_they_are_what_they_were) {
  ASSERT_TRUE(engine_->apply());
  const std::string whole = version(2)[0].text;
  const std::string tag(get("/app.js").headers.find("ETag").value());
  const auto part = [&](const Fields& fields) { return get("/app.js", fields); };
  EXPECT_EQ(get("/app.js").headers.find("Accept-Ranges"), "bytes");
  const http::Response first = part({{"Range", "bytes=2-5"}});
  EXPECT_EQ(first.status, 206);
  EXPECT_EQ(first.body_text(), whole.substr(2, 4));
  EXPECT_EQ(first.headers.find("Content-Range"), "bytes 2-5/" + std::to_string(whole.size()));
  EXPECT_EQ(first.headers.find("ETag"), tag);
  EXPECT_EQ(first.headers.find("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(part({{"Range", "bytes=-3"}}).body_text(), whole.substr(whole.size() - 3));
  EXPECT_EQ(part({{"Range", "bytes=4-"}, {"If-Range", tag}}).body_text(), whole.substr(4));
  EXPECT_EQ(part({{"Range", "bytes=4-"}, {"If-Range", "\"of another release\""}}).body_text(), whole);
  EXPECT_EQ(part({{"Range", "bytes=0-1,4-5"}}).status, 200) << "one part at a time";
  const http::Response beyond = part({{"Range", "bytes=9999-"}});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.headers.find("Content-Range"), "bytes */" + std::to_string(whole.size()));
  EXPECT_EQ(part({{"Range", "bytes=2-5"}, {"If-None-Match", tag}}).status, 304);
  const auto blob = *vfs_.open(blob_path(crypto::sha256(as_bytes(whole))), OpenMode::write);
  ASSERT_TRUE(blob->write(whole.size() - 1, as_bytes("#")));
  EXPECT_EQ(part({{"Range", "bytes=0-1"}}).status, 503) << "the rest of it was altered";
}

TEST_F(SiteTest, of_two_pages_of_a_bundle_each_may_say_ready_and_none_of_the_one_before) {
  const Page old = load();
  ASSERT_TRUE(engine_->apply());
  const Page first = load(), second = load();
  EXPECT_EQ(ready(first.id, second.token.substr(1) + "0"), 409);
  EXPECT_EQ(ready(first.id, old.token), 409);
  EXPECT_EQ(engine_->state().phase, Phase::trial);
  EXPECT_EQ(ready(first.id, first.token), 204) << "the other tab may have been closed";
  EXPECT_EQ(engine_->state().phase, Phase::confirmed);
}

TEST_F(SiteTest, its_own_names_are_not_the_bundles) {
  EXPECT_EQ(get("/__latchkey/app.js", {{"Accept", "text/html"}}).status, 404);
  EXPECT_EQ(get("/%5f_latchkey/anything", {{"Accept", "text/html"}}).status, 404);
}

TEST_F(SiteTest, a_person_gets_pages_where_programs_get_problems) {
  const auto browse = [&](const std::string& path) { return get(path, {{"Accept", "text/html"}}); };
  for (const char* path : {"/__latchkey/nothing", "/nothing.html", "/broken%"}) {
    const http::Response page = browse(path);
    EXPECT_EQ(page.status, get(path).status) << path;
    EXPECT_EQ(page.headers.find("Content-Type"), "text/html; charset=utf-8") << path;
    EXPECT_EQ(get(path).headers.find("Content-Type"), "application/problem+json") << path;
    for (const char* part : {"<html lang=\"en\">", "<title>There is no such page</title>", "<main>\n<h1>", "<a href="})
      EXPECT_NE(page.body_text().find(part), std::string::npos) << path << part;
    EXPECT_EQ(page.body_text().find("<script"), std::string::npos) << path;
  }
}

TEST_F(SiteTest, no_page_learns_who_the_device_is) {
  const std::string id = to_hex(engine_->device_id().value());
  ASSERT_EQ(id.size(), 32U);
  const Page page = load();
  const std::string script = "/__latchkey/load.js?load=" + page.id;
  for (const std::string& path : {std::string("/__latchkey/state"), std::string("/__latchkey/events"), script}) {
    const http::Response answer = get(path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(answer.body_text().find(id), std::string::npos) << path;
    EXPECT_EQ(answer.body_text().find("device_id"), std::string::npos) << path;
  }
}

TEST_F(SiteTest, the_state_is_told) {
  const auto state = *protocol::json::parse_object(get("/__latchkey/state").body_text());
  EXPECT_EQ(*protocol::json::get_string(state, "phase"), "built_in");
  EXPECT_EQ(*protocol::json::get_string(*state.find("staged"), "name"), "1.2");
  EXPECT_TRUE(state.find("current")->is_null());
}

TEST_F(SiteTest, a_page_may_have_it_switched_and_hears_of_it_before_it_is_loaded_anew) {
  const Page page = load();
  const std::uint64_t seen = site_->events().last();
  EXPECT_EQ(ask(http::Method::post, "/__latchkey/apply", {}, "[]").status, 400);
  EXPECT_EQ(ask(http::Method::post, "/__latchkey/apply", {}, "{}").status, 202);
  http::Response answer;
  do {
    answer = get("/__latchkey/events?load=" + page.id + "&after=" + std::to_string(seen));
  } while (!must_reload(answer));
  EXPECT_NE(answer.body_text().find("\"activated\""), std::string::npos);
}

}  // namespace
}  // namespace latchkey::update::web
