#include "http/message.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

TEST(Message, methods_are_read_and_printed_case_sensitively) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_, Method::options})
    EXPECT_EQ(parse_method(name_of(method)), method);
  EXPECT_FALSE(parse_method("get"));
  EXPECT_FALSE(parse_method("GETS"));
  EXPECT_FALSE(parse_method("TRACE"));
  EXPECT_FALSE(parse_method(""));
}

TEST(Message, a_body_is_its_own_or_shared) {
  Response response = json_response(200, "{}");
  EXPECT_EQ(response.body_text(), "{}");
  EXPECT_EQ(response.headers.find("content-type"), "application/json");
  response.body = std::make_shared<const std::string>("shared");
  EXPECT_EQ(response.body_text(), "shared");
  response.body = std::shared_ptr<const std::string>();
  EXPECT_EQ(response.body_text(), "");
}

TEST(Message, redirects_name_their_target) {
  const Response response = redirect_response("/sign-in");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(response.headers.find("Location"), "/sign-in");
  EXPECT_EQ(response.body_text(), "");
}

}  // namespace
}  // namespace latchkey::http
