#include "http/client/request_url.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

std::string outcome(const std::string& text) {
  const auto url = RequestUrl::parse(text);
  return url ? url->host() : std::string(name_of(url.error().code));
}

TEST(RequestUrl, https_goes_anywhere) {
  EXPECT_EQ(outcome("https://id.example.com/token"), "id.example.com");
  EXPECT_EQ(outcome("https://10.0.0.1:8443/"), "10.0.0.1");
}

TEST(RequestUrl, http_goes_to_loopback) {
  EXPECT_EQ(outcome("http://127.0.0.1:8080/x"), "127.0.0.1");
  EXPECT_EQ(outcome("http://127.255.3.4/"), "127.255.3.4");
  EXPECT_EQ(outcome("http://[::1]:8080/"), "[::1]");
  EXPECT_EQ(outcome("http://localhost:1/"), "localhost");
}

TEST(RequestUrl, http_goes_nowhere_else) {
  for (const char* text :
       {"http://example.com/", "http://10.0.0.1/", "http://128.0.0.1/", "http://127.0.0.1.evil.test/",
        "http://localhost.evil.test/", "http://[::2]/", "http://0.0.0.0/", "http://[::ffff:8.8.8.8]/",
        "http://127.0.0.1.com/", "http://1270.0.0.1/"})
    EXPECT_NE(outcome(text).find("not_allowed"), std::string::npos) << text << " " << outcome(text);
}

TEST(RequestUrl, an_address_in_disguise_is_judged_by_what_it_means) {
  EXPECT_EQ(outcome("http://0x7f.1/"), "127.0.0.1");
  EXPECT_EQ(outcome("http://0x08080808/"), "http_not_allowed");
}

TEST(RequestUrl, user_names_are_refused) {
  EXPECT_EQ(outcome("http://localhost@evil.test/"), "invalid_argument");
  EXPECT_EQ(outcome("https://user:secret@id.example.com/"), "invalid_argument");
}

TEST(RequestUrl, anything_but_http_and_https_is_refused) {
  for (const char* text : {"file:///etc/passwd", "ftp://localhost/", "/token", "id.example.com", "HTTPS://x/",
                           "https:/x", "https://", "gopher://127.0.0.1/", ""})
    EXPECT_EQ(outcome(text), "invalid_argument") << text;
}

TEST(RequestUrl, control_characters_and_spaces_are_refused) {
  EXPECT_EQ(outcome("https://a.test/\r\nHost: b"), "invalid_argument");
  EXPECT_EQ(outcome("https://a.test/ b"), "invalid_argument");
  EXPECT_EQ(outcome("https://a.test\\@b.test/"), "invalid_argument");
  EXPECT_EQ(outcome("https://a.test/" + std::string(9000, 'a')), "invalid_argument");
}

}  // namespace
}  // namespace latchkey::http
