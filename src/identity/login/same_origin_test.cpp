#include "identity/login/same_origin.h"

#include <gtest/gtest.h>

namespace latchkey::identity {
namespace {

constexpr std::string_view ours = "https://id.example.com";

Status check_headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  http::Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return check_same_origin(headers, ours);
}

TEST(SameOrigin, our_own_page_passes) {
  EXPECT_TRUE(check_headers({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "null"}}));
  EXPECT_TRUE(check_headers({{"Origin", ours}}));
}
TEST(SameOrigin, others_are_refused) {
  for (const std::string_view site : {"cross-site", "same-site", "none", ""})
    EXPECT_FALSE(check_headers({{"Sec-Fetch-Site", site}, {"Origin", ours}})) << site;
  for (const std::string_view origin : {"https://evil.example", "http://id.example.com", "null",
                                        "https://id.example.com.evil.example", "https://ID.example.com"})
    EXPECT_FALSE(check_headers({{"Origin", origin}})) << origin;
}
TEST(SameOrigin, silence_is_refused) { EXPECT_FALSE(check_headers({})); }
TEST(SameOrigin, doubled_fields_are_refused) {
  EXPECT_FALSE(check_headers({{"Origin", ours}, {"Origin", "https://evil.example"}}));
  EXPECT_FALSE(check_headers({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}));
}

}  // namespace
}  // namespace latchkey::identity
