#include "http/server/guards.h"

#include <gtest/gtest.h>

#include <vector>

namespace latchkey::http {
namespace {

using Exempt = ConnectionCounter::Exempt;

Address address(std::string_view text) { return Address::parse(text).value(); }

Headers forwarded(std::initializer_list<std::string_view> values) {
  Headers headers;
  for (const auto value : values) headers.add("X-Forwarded-For", value);
  return headers;
}

class ClientAddress : public ::testing::Test {
 protected:
  std::string seen(std::string_view peer, std::initializer_list<std::string_view> values) const {
    return to_string(client_address(address(peer), forwarded(values), trusted_));
  }
  std::vector<AddressRange> trusted_{AddressRange::parse("10.0.0.0/8").value(), AddressRange::parse("::1").value()};
};

TEST_F(ClientAddress, is_the_peer_when_nobody_trusted_speaks) {
  EXPECT_EQ(seen("192.0.2.1", {"198.51.100.1"}), "192.0.2.1");
  EXPECT_EQ(seen("10.0.0.1", {}), "10.0.0.1");
}

TEST_F(ClientAddress, is_the_last_one_no_trusted_proxy_wrote) {
  EXPECT_EQ(seen("10.0.0.1", {"198.51.100.1"}), "198.51.100.1");
  EXPECT_EQ(seen("10.0.0.1", {"6.6.6.6, 198.51.100.1, 10.0.0.2"}), "198.51.100.1");
  EXPECT_EQ(seen("10.0.0.1", {"6.6.6.6", "198.51.100.1", "10.0.0.2"}), "198.51.100.1");
  EXPECT_EQ(seen("::1", {"2001:db8::1"}), "2001:db8::1");
  EXPECT_EQ(seen("10.0.0.1", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3");
}

TEST_F(ClientAddress, malformed_entries_end_the_search) {
  EXPECT_EQ(seen("10.0.0.1", {""}), "10.0.0.1");
  EXPECT_EQ(seen("10.0.0.1", {"unknown"}), "10.0.0.1");
  EXPECT_EQ(seen("10.0.0.1", {"6.6.6.6, unknown, 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(seen("10.0.0.1", {"6.6.6.6", "x", "10.0.0.2"}), "10.0.0.2");
}

TEST(SecurityHeaders, every_response_has_them_and_a_handler_may_replace_one) {
  Headers headers;
  headers.add("cache-control", "public, max-age=300");
  SecurityHeaders(SecurityHeaders::Reached::over_https).add_missing(headers);
  EXPECT_EQ(headers.count("Cache-Control"), 1U);
  EXPECT_EQ(headers.find("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(headers.find("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(headers.find("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(headers.find("Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_TRUE(headers.has("Permissions-Policy"));
  EXPECT_EQ(headers.find("Strict-Transport-Security"), "max-age=63072000; includeSubDomains");
}

TEST(SecurityHeaders, are_printed_as_they_are_added) {
  for (const bool own_cache_control : {false, true}) {
    Headers headers;
    if (own_cache_control) headers.add("Cache-Control", "no-cache");
    const SecurityHeaders security(SecurityHeaders::Reached::over_http);
    WipedString printed;
    security.print_missing(headers, printed);
    Headers added = headers;
    security.add_missing(added);
    WipedString expected;
    for (std::size_t i = headers.size(); i < added.size(); ++i)
      expected.append(added[i].name).append(": ").append(added[i].value).append("\r\n");
    EXPECT_EQ(printed, expected);
    EXPECT_EQ(printed.find("Strict-Transport"), WipedString::npos);
  }
}

TEST(ConnectionCounter, limits_each_subscriber) {
  ConnectionCounter counter(100, 2);
  EXPECT_TRUE(counter.enter(address("2001:db8::1"), Exempt::no));
  EXPECT_TRUE(counter.enter(address("2001:db8::2"), Exempt::no));
  EXPECT_FALSE(counter.enter(address("2001:db8::3"), Exempt::no));
  EXPECT_TRUE(counter.enter(address("2001:db8:0:1::3"), Exempt::no));
  EXPECT_TRUE(counter.enter(address("2001:db8::3"), Exempt::from_address_limit));
  counter.leave(address("2001:db8::1"), Exempt::no);
  EXPECT_TRUE(counter.enter(address("2001:db8::4"), Exempt::no));
  EXPECT_EQ(counter.total(), 4U);
}

TEST(ConnectionCounter, limits_the_total) {
  ConnectionCounter counter(2, 100);
  EXPECT_TRUE(counter.enter(address("192.0.2.1"), Exempt::no));
  EXPECT_TRUE(counter.enter(address("192.0.2.2"), Exempt::from_address_limit));
  EXPECT_FALSE(counter.enter(address("192.0.2.3"), Exempt::from_address_limit));
  counter.leave(address("192.0.2.2"), Exempt::from_address_limit);
  EXPECT_TRUE(counter.enter(address("192.0.2.3"), Exempt::no));
}

}  // namespace
}  // namespace latchkey::http
