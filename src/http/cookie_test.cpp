#include "http/cookie.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

Headers with_cookie(std::string_view value) {
  Headers headers;
  headers.add("Cookie", value);
  return headers;
}

TEST(Cookie, is_found_among_others) {
  EXPECT_EQ(find_cookie(with_cookie("a=1; __Host-sid=abc=; b=2"), "__Host-sid"), "abc=");
  EXPECT_EQ(find_cookie(with_cookie("a=1;b=2"), "b"), "2");
  EXPECT_EQ(find_cookie(with_cookie("a="), "a"), "");
}

TEST(Cookie, absent_and_lookalike_names_give_nothing) {
  EXPECT_FALSE(find_cookie(with_cookie("asid=1; sid2=2; SID=3; sid"), "sid"));
  EXPECT_FALSE(find_cookie(with_cookie(""), "sid"));
  EXPECT_FALSE(find_cookie(Headers(), "sid"));
}

TEST(Cookie, two_different_values_give_nothing) {
  EXPECT_FALSE(find_cookie(with_cookie("sid=1; sid=2"), "sid"));
  EXPECT_EQ(find_cookie(with_cookie("sid=1; sid=1"), "sid"), "1");
  Headers headers = with_cookie("sid=1");
  headers.add("cookie", "sid=2");
  EXPECT_FALSE(find_cookie(headers, "sid"));
}

TEST(Cookie, is_printed_with_the_safe_attributes) {
  EXPECT_EQ(print_set_cookie({.name = "__Host-sid", .value = "x1"}).value(),
            "__Host-sid=x1; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_EQ(print_set_cookie({.name = "sid",
                              .value = "",
                              .same_site = SameSite::strict,
                              .is_secure = false,
                              .max_age = std::chrono::seconds(0)})
                .value(),
            "sid=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(Cookie, what_could_forge_attributes_is_refused) {
  EXPECT_FALSE(print_set_cookie({.name = "sid", .value = "a; Domain=evil"}));
  EXPECT_FALSE(print_set_cookie({.name = "sid", .value = "a\r\nX: y"}));
  EXPECT_FALSE(print_set_cookie({.name = "s=d", .value = "a"}));
  EXPECT_FALSE(print_set_cookie({.name = "", .value = "a"}));
  EXPECT_FALSE(print_set_cookie({.name = "__Host-sid", .value = "a", .is_secure = false}));
}

}  // namespace
}  // namespace latchkey::http
