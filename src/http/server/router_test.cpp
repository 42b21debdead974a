#include "http/server/router.h"

#include <gtest/gtest.h>

#include "http/server/loopback_client.h"

namespace latchkey::http {
namespace {

Handler answers(std::string text) {
  return [text = std::move(text)](const Request&) -> Task<Response> {
    co_return text_response(200, "text/plain", WipedString(text));
  };
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    Cors app;
    app.allows = [](std::string_view origin) { return origin == "https://app.example"; };
    routes_.add(Method::get, "/", answers("home"));
    routes_.add(Method::get, "/jwks", answers("keys"), {.cors = Cors::any_origin()});
    routes_.add(Method::post, "/token", answers("token"), {.max_body_bytes = 10, .cors = app});
    routes_.add(Method::get, "/user", answers("get"));
    routes_.add(Method::post, "/user", answers("post"));
  }

  Response send(Method method, std::string url, std::initializer_list<Headers::Field> fields = {}) {
    Request request;
    request.method = method;
    request.url = "http://id.example" + std::move(url);
    for (const auto field : fields) request.headers.add(field.name, field.value);
    return LoopbackClient(routes_).send(request).value();
  }

  Router routes_;
};

TEST_F(RouterTest, finds_the_handler_by_method_and_exact_path) {
  EXPECT_EQ(send(Method::get, "/").body_text(), "home");
  EXPECT_EQ(send(Method::get, "/user?a=b").body_text(), "get");
  EXPECT_EQ(send(Method::post, "/user").body_text(), "post");
  for (const char* path : {"/user/", "/User", "//user", "/%75ser", "/use", "/user2", "/./user"})
    EXPECT_EQ(send(Method::get, path).status, 404) << path;
}

TEST_F(RouterTest, get_answers_head_without_the_bytes) {
  const Response response = send(Method::head, "/user");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body_text(), "");
}

TEST_F(RouterTest, an_unknown_method_is_told_the_known_ones) {
  const Response response = send(Method::delete_, "/user");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.find("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(send(Method::get, "/token").headers.find("Allow"), "POST, OPTIONS");
}

TEST_F(RouterTest, options_lists_methods_and_grants_no_origin_without_cors) {
  const Response response =
      send(Method::options, "/user", {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.find("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_FALSE(response.headers.has("Access-Control-Allow-Origin"));
}

TEST_F(RouterTest, a_preflight_is_granted_to_allowed_origins_only) {
  const Response granted =
      send(Method::options, "/token", {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(granted.headers.find("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(granted.headers.find("Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(granted.headers.find("Access-Control-Allow-Headers"), "authorization, content-type, dpop");
  EXPECT_EQ(granted.headers.find("Vary"), "Origin");
  EXPECT_FALSE(granted.headers.has("Access-Control-Allow-Credentials"));

  const Response refused =
      send(Method::options, "/token", {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_FALSE(refused.headers.has("Access-Control-Allow-Origin"));
  EXPECT_FALSE(refused.headers.has("Access-Control-Allow-Methods"));
}

TEST_F(RouterTest, answers_carry_the_origin_they_were_granted_to) {
  const Response granted = send(Method::post, "/token", {{"Origin", "https://app.example"}});
  EXPECT_EQ(granted.headers.find("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(granted.headers.find("Access-Control-Expose-Headers"), "dpop-nonce, www-authenticate");
  const Response refused = send(Method::post, "/token", {{"Origin", "null"}});
  EXPECT_FALSE(refused.headers.has("Access-Control-Allow-Origin"));
  EXPECT_EQ(refused.headers.find("Vary"), "Origin");
  EXPECT_EQ(send(Method::get, "/jwks").headers.find("Access-Control-Allow-Origin"), "*");
}

TEST_F(RouterTest, body_limits_belong_to_routes) {
  EXPECT_EQ(routes_.body_limit(Method::post, "/token"), 10U);
  EXPECT_EQ(routes_.body_limit(Method::post, "/user"), protocol::limits::request_body);
  EXPECT_EQ(routes_.body_limit(Method::post, "/nothing"), protocol::limits::request_body);
}

TEST_F(RouterTest, the_loopback_client_keeps_the_servers_rules) {
  Request request;
  request.method = Method::post;
  request.url = "https://id.example/token";
  request.body = "0123456789a";
  LoopbackClient client(routes_);
  EXPECT_EQ(client.send(request).error().code, Code::input_too_large);
  request.body = "x";
  EXPECT_TRUE(client.send(request)->headers.has("Strict-Transport-Security"));
  request.url = "/token";
  EXPECT_EQ(client.send(request).error().code, Code::invalid_argument);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(client.send(request, stop.get_token()).error().code, Code::cancelled);
}

TEST_F(RouterTest, handlers_see_where_a_request_came_from) {
  routes_.add(Method::get, "/who", [](const Request& request) -> Task<Response> {
    std::string text = to_string(request.client) + " " + request.path + " " + std::string(request.query) + " " +
                       std::string(*request.headers.find("host")) + (request.is_secure ? " tls" : "");
    co_return text_response(200, "text/plain", WipedString(text));
  });
  LoopbackClient client(routes_);
  client.set_address(Address::parse("2001:db8::7").value());
  Request request;
  request.url = "https://id.example:8443/who?x=1#fragment";
  EXPECT_EQ(client.send(request)->body_text(), "2001:db8::7 /who x=1 id.example:8443 tls");
}

TEST_F(RouterTest, a_pattern_stands_for_one_segment_or_for_the_rest) {
  routes_.add_pattern(Method::get, "/apps/{app}", answers("app"));
  routes_.add_pattern(Method::get, "/apps/{app}/keys", answers("keys of an app"));
  routes_.add_pattern(Method::put, "/apps/{app}", answers("put"), {.max_body_bytes = 5});
  routes_.add_pattern(Method::get, "/files/{path...}", answers("file"));
  routes_.add(Method::get, "/apps/first", answers("exact"));
  EXPECT_EQ(send(Method::get, "/apps/x").body_text(), "app");
  EXPECT_EQ(send(Method::get, "/apps/first").body_text(), "exact");
  EXPECT_EQ(send(Method::get, "/apps/x/keys").body_text(), "keys of an app");
  EXPECT_EQ(send(Method::get, "/files/a").body_text(), "file");
  EXPECT_EQ(send(Method::get, "/files/a/b//c").body_text(), "file");
  for (const char* path :
       {"/apps", "/apps/", "/apps//keys", "/apps/x/", "/apps/x/key", "/apps/x/keys/y", "/files", "/files/", "/app/x"})
    EXPECT_EQ(send(Method::get, path).status, 404) << path;
  EXPECT_EQ(send(Method::delete_, "/apps/x").status, 405);
  EXPECT_EQ(routes_.body_limit(Method::put, "/apps/x"), 5U);
  EXPECT_EQ(path_segments("/apps/x/keys"), (std::vector<std::string_view>{"apps", "x", "keys"}));
}

}  // namespace
}  // namespace latchkey::http
