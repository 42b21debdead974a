#include "http/server/response_writer.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

class ResponseWriter : public ::testing::Test {
 protected:
  std::string print(const Response& response, BodyBytes body = BodyBytes::sent) {
    WipedString text;
    rest_ = print_response(response, {security_, "now", Persistence::keep_alive, body}, text);
    return std::string(text);
  }
  const SecurityHeaders security_{SecurityHeaders::Reached::over_http};
  std::string_view rest_;
};

TEST_F(ResponseWriter, prints_status_fields_guards_and_body) {
  const std::string text = print(json_response(200, "{}"));
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"));
  EXPECT_TRUE(text.ends_with("Date: now\r\nContent-Length: 2\r\n\r\n{}")) << text;
  EXPECT_EQ(rest_, "");
}

TEST_F(ResponseWriter, framing_fields_of_a_handler_are_left_out) {
  Response response = json_response(200, "{}");
  response.headers.add("content-length", "99");
  response.headers.add("Transfer-Encoding", "chunked");
  response.headers.add("Connection", "upgrade");
  const std::string text = print(response);
  EXPECT_EQ(text.find("99"), std::string::npos);
  EXPECT_EQ(text.find("chunked"), std::string::npos);
  EXPECT_EQ(text.find("upgrade"), std::string::npos);
}

TEST_F(ResponseWriter, a_head_answer_keeps_the_length_and_leaves_the_body_out) {
  const std::string text = print(json_response(200, "{}"), BodyBytes::left_out);
  EXPECT_TRUE(text.ends_with("Content-Length: 2\r\n\r\n"));
}

TEST_F(ResponseWriter, answers_without_content_have_no_length) {
  for (const int status : {204, 304}) {
    Response response = json_response(status, "ignored");
    const std::string text = print(response);
    EXPECT_EQ(text.find("Content-Length"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n"));
  }
}

TEST_F(ResponseWriter, what_could_split_a_response_becomes_500) {
  Response in_value = redirect_response("/a\r\nSet-Cookie: x=y");
  Response in_name = empty_response(200);
  in_name.headers.add("A: b\r\nC", "d");
  Response in_status = empty_response(99);
  for (const Response& response : {in_value, in_name, in_status}) {
    const std::string text = print(response);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 500 ")) << text;
    EXPECT_EQ(text.find("Set-Cookie"), std::string::npos);
  }
}

TEST_F(ResponseWriter, large_bodies_are_sent_from_where_they_are) {
  Response response = text_response(200, "text/plain", WipedString(copied_body + 1, 'x'));
  const std::string text = print(response);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
  EXPECT_EQ(rest_.data(), response.body_text().data());
  EXPECT_EQ(rest_.size(), copied_body + 1);
}

TEST_F(ResponseWriter, dates_are_imf_fixdate) {
  EXPECT_EQ(print_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(print_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace latchkey::http
