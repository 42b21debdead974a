#include "session/callback_request.h"

#include <gtest/gtest.h>

namespace latchkey::session {
namespace {

constexpr const char* host = "127.0.0.1:4711";

std::string outcome(const std::string& head) {
  const auto query = parse_callback_request(head, host);
  return query ? std::string(*query) : std::string(name_of(query.error().code));
}

std::string get(const std::string& target, const std::string& fields = "Host: 127.0.0.1:4711\r\n") {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

TEST(CallbackRequest, gives_the_query) {
  EXPECT_EQ(outcome(get("/callback?code=a%20b&state=c")), "code=a%20b&state=c");
}

TEST(CallbackRequest, what_a_browser_adds_does_not_matter) {
  EXPECT_EQ(outcome(get("/callback?x",
                        "host:  127.0.0.1:4711 \r\nUser-Agent: Mozilla/5.0 (X11)\r\nAccept:\r\n"
                        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
                        "Sec-Fetch-Dest: document\r\n")),
            "x");
}

TEST(CallbackRequest, another_path_is_not_found) {
  for (const char* target : {"/", "/favicon.ico", "/callback/", "/Callback?x", "/callback/../callback?x",
                             "//callback?x", "/callback%3fx", "http://127.0.0.1:4711/callback?x"})
    EXPECT_EQ(outcome(get(target)), "not_found") << target;
}

TEST(CallbackRequest, a_rebound_name_is_refused) {
  for (const char* fields : {"Host: evil.test:4711\r\n", "Host: localhost:4711\r\n", "Host: 127.0.0.1\r\n", "",
                             "Host: 127.0.0.1:4711\r\nHost: 127.0.0.1:4711\r\n"})
    EXPECT_EQ(outcome(get("/callback?x", fields)), "access_denied") << fields;
}

TEST(CallbackRequest, only_a_navigation_of_the_window_is_taken) {
  const std::string own = "Host: 127.0.0.1:4711\r\n";
  EXPECT_EQ(outcome(get("/callback?x", own + "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n")), "access_denied");
  EXPECT_EQ(outcome(get("/callback?x", own + "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n")),
            "access_denied");
}

TEST(CallbackRequest, anything_else_is_refused) {
  const std::string own = "Host: 127.0.0.1:4711\r\n";
  for (const std::string& head :
       {std::string("POST /callback?x HTTP/1.1\r\n" + own + "\r\n"),
        std::string("GET /callback?x HTTP/1.0\r\n" + own + "\r\n"),
        std::string("GET /callback?x HTTP/1.1\n" + own + "\n"), std::string("GET /callback?x\r\n\r\n"),
        std::string("\r\n\r\n"), std::string(), get("/callback"), get("/callback?a b"), get("/callback?x#y"),
        get("/callback?x", own + "no colon\r\n"), get("/callback?x", own + ": nameless\r\n"),
        get("/callback?x", own + "A b: c\r\n"), get("/callback?x", own + "Content-Length: 3\r\n"),
        get("/callback?x", own + "Transfer-Encoding: chunked\r\n"), get("/callback?x") + "more",
        get("/callback?x", own + "A: b\nHost: evil\r\n"), std::string("GET /callback?x HTTP/1.1\r\n" + own)})
    EXPECT_EQ(outcome(head), "invalid_request") << head;
}

}  // namespace
}  // namespace latchkey::session
