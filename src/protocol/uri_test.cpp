#include "protocol/uri.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"

namespace latchkey::protocol::uri {
namespace {

using namespace std::string_view_literals;

TEST(Uri, splits_into_parts) {
  const auto uri = Uri::parse("HTTPS://User:pw@Example.COM:8443/a/b%20c;v=1?x=1&y=/?#top");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme(), "https");
  EXPECT_TRUE(uri->has_userinfo());
  EXPECT_EQ(uri->host(), "example.com");
  EXPECT_EQ(uri->port(), 8443);
  EXPECT_EQ(uri->path(), "/a/b%20c;v=1");
  EXPECT_EQ(uri->query(), "x=1&y=/?");
  EXPECT_TRUE(uri->has_fragment());
  EXPECT_EQ(uri->text(), "HTTPS://User:pw@Example.COM:8443/a/b%20c;v=1?x=1&y=/?#top");
}

TEST(Uri, takes_the_forms_that_occur) {
  for (const std::string_view text :
       {"https://a", "https://a/", "https://a?", "https://a#", "http://127.0.0.1:3000/cb", "http://[::1]:3000/cb",
        "com.example.app:/cb", "com.example.app:cb", "urn:ietf:params:oauth", "https://xn--bcher-kva.example/",
        "https://a_b.example", "https://1.2.3.4"})
    EXPECT_TRUE(Uri::parse(text)) << text;
}

TEST(Uri, tells_an_empty_query_from_none) {
  EXPECT_FALSE(Uri::parse("https://a/")->query());
  EXPECT_EQ(Uri::parse("https://a/?")->query(), "");
}

TEST(Uri, refuses_what_is_not_absolute) {
  for (const std::string_view text :
       {"", "/a", "//a/b", "a", ":a", "1a:b", "a b:c", "?x", "#x", "https:", "https:/a", "https:a", "https://"})
    EXPECT_FALSE(Uri::parse(text)) << text;
}

TEST(Uri, refuses_white_space_controls_and_foreign_characters) {
  for (const std::string_view text : std::initializer_list<std::string_view>{
           "https://a/b c", " https://a", "https://a ", "https://a/\n", "https://a/\r\nX: y", "https://a/\0"sv,
           "https://a/\x7F", "https://a/\xC3\xA9", "https://\xC3\xA9/", "https://a/<", "https://a/\"", "https://a/{}",
           "https://a/|", "https://a/\\b", "https://a\\@b/", "https://a/^", "https://a/`", "https://a/?[x]"})
    EXPECT_FALSE(Uri::parse(text)) << text;
}

TEST(Uri, refuses_bad_percent_codes) {
  for (const std::string_view text : {"https://a/%", "https://a/%2", "https://a/%GG", "https://a/%00", "https://a/?%0",
                                      "https://a%2eb/", "https://%61/"})
    EXPECT_FALSE(Uri::parse(text)) << text;
}

TEST(Uri, refuses_hosts_that_parsers_read_differently) {
  for (const std::string_view text :
       {"https://.a", "https://a.", "https://a..b", "https://-a", "https://a-", "http://127.1/", "http://0177.0.0.1/",
        "http://2130706433/", "http://0x7f.1/", "http://256.0.0.1/", "http://1.2.3.4.5/", "http://[::1", "http://::1/",
        "http://[v1.x]/", "http://[::1%25eth0]/", "https://a@b@c/\\", "https://a:b@c:d/", "http://[]/"})
    EXPECT_FALSE(Uri::parse(text)) << text;
}

TEST(Uri, refuses_odd_ports) {
  for (const std::string_view text : {"https://a:", "https://a:0", "https://a:080", "https://a:65536", "https://a:-1",
                                      "https://a:+1", "https://a:8x", "https://a:1:2"})
    EXPECT_FALSE(Uri::parse(text)) << text;
  EXPECT_EQ(Uri::parse("https://a:65535")->port(), 65535);
}

TEST(Uri, bounds_length) {
  const std::string base = "https://a/";
  EXPECT_TRUE(Uri::parse(base + std::string(limits::uri_bytes - base.size(), 'x')));
  EXPECT_EQ(Uri::parse(base + std::string(limits::uri_bytes, 'x')).error().code, Code::input_too_large);
}

TEST(Uri, knows_loopback_hosts) {
  for (const std::string_view text : {"http://127.0.0.1/", "http://127.255.0.9/", "http://[::1]/"}) {
    EXPECT_TRUE(Uri::parse(text)->is_loopback()) << text;
    EXPECT_TRUE(Uri::parse(text)->is_loopback_address()) << text;
  }
  EXPECT_TRUE(Uri::parse("http://LocalHost/")->is_loopback());
  EXPECT_FALSE(Uri::parse("http://localhost/")->is_loopback_address());
  for (const std::string_view text : {"http://127.example/", "http://localhost.example/", "http://128.0.0.1/",
                                      "http://[::2]/", "http://127.0.0.1.example/", "http://127.0.0.1@evil.example/"})
    EXPECT_FALSE(Uri::parse(text)->is_loopback()) << text;
}

TEST(Uri, prints_origins_without_default_ports) {
  EXPECT_EQ(Uri::parse("HTTPS://A:443/x")->origin(), "https://a");
  EXPECT_EQ(Uri::parse("http://a:80")->origin(), "http://a");
  EXPECT_EQ(Uri::parse("https://a:80/")->origin(), "https://a:80");
  EXPECT_EQ(Uri::parse("http://[::1]:8080/")->origin(), "http://[::1]:8080");
}

TEST(Uri, normalises_as_a_dpop_htu_wants) {
  const auto normalised = [](std::string_view text) { return Uri::parse(text)->normalised_without_query(); };
  EXPECT_EQ(normalised("https://Server.Example:443/token?x=1#f"), "https://server.example/token");
  EXPECT_EQ(normalised("https://a"), "https://a/");
  EXPECT_EQ(normalised("https://a/%7euser/%41%2f%c3"), "https://a/~user/A%2F%C3");
  EXPECT_EQ(normalised("https://a/x/../y/./z"), "https://a/y/z");
  EXPECT_EQ(normalised("https://a/../../x"), "https://a/x");
  EXPECT_EQ(normalised("https://a/x/.."), "https://a/");
  EXPECT_EQ(normalised("https://a/x/."), "https://a/x/");
  EXPECT_NE(normalised("https://a/token/"), normalised("https://a/token"));
  EXPECT_NE(normalised("https://a/Token"), normalised("https://a/token"));
}

TEST(Uri, percent_codes_come_back) {
  const std::string text = "a b/c?d=e&f%+\x01\xC3\xA9~-._";
  EXPECT_EQ(percent_encode(text), "a%20b%2Fc%3Fd%3De%26f%25%2B%01%C3%A9~-._");
  EXPECT_EQ(*percent_decode(percent_encode(text)), text);
  for (const std::string_view bad : {"%", "%1", "%zz", "%00"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Uri, appends_queries) {
  EXPECT_EQ(with_query("https://a/b", "x=1"), "https://a/b?x=1");
  EXPECT_EQ(with_query("https://a/b?y=2", "x=1"), "https://a/b?y=2&x=1");
  EXPECT_EQ(with_query("https://a/b?", "x=1"), "https://a/b?x=1");
  EXPECT_EQ(with_query("https://a/b", ""), "https://a/b");
}

TEST(Issuer, is_https_or_loopback_without_decoration) {
  for (const std::string_view text : {"https://id.example", "https://id.example/tenant", "http://127.0.0.1:8080",
                                      "http://localhost:8080", "http://[::1]"})
    EXPECT_TRUE(check_issuer(text)) << text;
  EXPECT_EQ(check_issuer("http://id.example").error().code, Code::http_not_allowed);
  for (const std::string_view text :
       {"https://id.example?x", "https://id.example/#", "https://u@id.example", "ftp://id.example", "id.example"})
    EXPECT_FALSE(check_issuer(text)) << text;
}

}  // namespace
}  // namespace latchkey::protocol::uri
