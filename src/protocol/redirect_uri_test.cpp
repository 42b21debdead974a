// Rows 1 to 5 of the security catalogue, as far as they are a matter of comparing URIs.
#include "protocol/redirect_uri.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::uri {
namespace {

constexpr std::string_view registered = "https://app.example/cb";

TEST(RedirectUri, takes_the_registrable_kinds) {
  for (const std::string_view text :
       {"https://app.example/cb", "https://app.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://127.0.0.1:1234/cb",
        "http://[::1]/cb", "http://localhost/cb", "com.example.app:/cb", "com.example.app://cb/x"})
    EXPECT_TRUE(check_redirect_uri(text)) << text;
}

TEST(RedirectUri, refuses_dangerous_schemes_at_registration) {
  for (const std::string_view text :
       {"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:x", "about:blank",
        "myapp:/cb", "JavaScript:alert(1)", "http://app.example/cb", "ftp://app.example/"})
    EXPECT_FALSE(check_redirect_uri(text)) << text;
}

TEST(RedirectUri, refuses_what_could_be_read_two_ways_at_registration) {
  for (const std::string_view text :
       {"https://app.example/cb#x", "https://app.example/cb#", "https://user@app.example/cb",
        "https://app.example/../cb", "https://app.example/a/./b", "https://app.example/a/%2e%2e/b",
        "https://app.example/a%2Fb", "https://*.example/cb", "https://app.example/*", "https://app.example./cb",
        "https://app.example\\@evil.example/", "/cb", ""})
    EXPECT_FALSE(check_redirect_uri(text)) << text;
}

TEST(RedirectUri, equals_itself_only) {
  EXPECT_TRUE(redirect_uri_matches(registered, registered));
  for (const std::string_view text : {"https://app.example/c",
                                      "https://app.example/cb/",
                                      "https://app.example/cb/x",
                                      "https://app.example/cbx",
                                      "https://app.example./cb",
                                      "https://app.example/x/../cb",
                                      "https://app.example/%63b",
                                      "https://app.example/cb%2e",
                                      "https://user@app.example/cb",
                                      "https://app.example@evil.example/cb",
                                      "https://app.example/cb#",
                                      "https://app.example/cb#x",
                                      "https://APP.example/cb",
                                      "HTTPS://app.example/cb",
                                      "https://app.example:443/cb",
                                      "https://app.example/CB",
                                      "http://app.example/cb",
                                      "https://evil.app.example/cb",
                                      "",
                                      " https://app.example/cb"})
    EXPECT_FALSE(redirect_uri_matches(registered, text)) << text;
}

TEST(RedirectUri, refuses_added_and_reordered_queries) {
  EXPECT_FALSE(redirect_uri_matches(registered, "https://app.example/cb?x=1"));
  EXPECT_FALSE(redirect_uri_matches(registered, "https://app.example/cb?"));
  EXPECT_FALSE(redirect_uri_matches("https://app.example/cb?a=1&b=2", "https://app.example/cb?b=2&a=1"));
  EXPECT_TRUE(redirect_uri_matches("https://app.example/cb?a=1&b=2", "https://app.example/cb?a=1&b=2"));
}

TEST(RedirectUri, a_loopback_address_takes_any_port) {
  for (const std::string_view text : {"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"}) {
    EXPECT_TRUE(redirect_uri_matches("http://127.0.0.1/cb", text)) << text;
    EXPECT_TRUE(redirect_uri_matches("http://127.0.0.1:7777/cb", text)) << text;
  }
  EXPECT_TRUE(redirect_uri_matches("http://[::1]/cb", "http://[::1]:4242/cb"));
}

TEST(RedirectUri, a_loopback_address_takes_nothing_but_another_port) {
  for (const std::string_view text :
       {"http://127.0.0.1:1/cb/", "http://127.0.0.1:1/other", "http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:1/cb#x",
        "https://127.0.0.1:1/cb", "http://127.0.0.2:1/cb", "http://localhost:1/cb", "http://[::1]:1/cb",
        "http://u@127.0.0.1:1/cb", "http://127.0.0.1:1@evil.example/cb", "http://127.0.0.1:0/cb",
        "http://127.0.0.1:/cb", "http://127.0.0.1:99999/cb", "http://127.0.0.1.evil.example/cb"})
    EXPECT_FALSE(redirect_uri_matches("http://127.0.0.1/cb", text)) << text;
}

TEST(RedirectUri, localhost_is_a_name_like_any_other) {
  EXPECT_TRUE(redirect_uri_matches("http://localhost:3000/cb", "http://localhost:3000/cb"));
  EXPECT_FALSE(redirect_uri_matches("http://localhost:3000/cb", "http://localhost:3001/cb"));
  EXPECT_FALSE(redirect_uri_matches("http://localhost/cb", "http://127.0.0.1/cb"));
}

TEST(RedirectUri, is_sought_among_all_registered_ones) {
  const std::vector<std::string> all{"https://app.example/a", "http://127.0.0.1/cb"};
  EXPECT_TRUE(redirect_uri_is_registered(all, "http://127.0.0.1:5/cb"));
  EXPECT_FALSE(redirect_uri_is_registered(all, "https://app.example/b"));
  EXPECT_FALSE(redirect_uri_is_registered({}, "https://app.example/a"));
}

}  // namespace
}  // namespace latchkey::protocol::uri
