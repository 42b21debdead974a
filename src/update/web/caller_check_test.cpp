#include "update/web/caller_check.h"

#include <gtest/gtest.h>

namespace latchkey::update::web {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// 0: let through.
int refusal(const Fields& fields, http::Method method = http::Method::get) {
  CallerCheck check;
  check.set_port(4711);
  http::Request request;
  request.method = method;
  for (const auto& [name, value] : fields) request.headers.add(name, value);
  const auto refused = check.refuse(request);
  return refused ? refused->status : 0;
}

TEST(CallerCheck, knows_its_own_names_only) {
  for (const char* host : {"127.0.0.1:4711", "localhost:4711", "[::1]:4711"})
    EXPECT_EQ(refusal({{"Host", host}}), 0) << host;
  for (const char* host :
       {"", "127.0.0.1", "127.0.0.1:4712", "evil.example:4711", "localhost.evil.example:4711", "127.0.0.1:47110"})
    EXPECT_EQ(refusal({{"Host", host}}), 421) << host;
  EXPECT_EQ(refusal({}), 421);
  EXPECT_EQ(refusal({{"Host", "localhost:4711"}, {"Host", "evil.example"}}), 421);
}

TEST(CallerCheck, refuses_everybody_before_it_knows_its_port) {
  http::Request request;
  request.headers.add("Host", "127.0.0.1:0");
  EXPECT_EQ(CallerCheck().refuse(request)->status, 421);
}

TEST(CallerCheck, refuses_what_other_origins_pages_ask) {
  const auto with = [](const std::string& name, const std::string& value) {
    return refusal({{"Host", "localhost:4711"}, {"Content-Type", "application/json"}, {name, value}},
                   http::Method::post);
  };
  EXPECT_EQ(with("Origin", "http://localhost:4711"), 0);
  EXPECT_EQ(with("Sec-Fetch-Site", "same-origin"), 0);
  EXPECT_EQ(with("Origin", "http://127.0.0.1:4711"), 403) << "another name is another origin";
  EXPECT_EQ(with("Origin", "https://localhost:4711"), 403);
  EXPECT_EQ(with("Origin", "null"), 403);
  EXPECT_EQ(with("Sec-Fetch-Site", "same-site"), 403);
  EXPECT_EQ(with("Sec-Fetch-Site", "cross-site"), 403);
}

TEST(CallerCheck, a_link_may_lead_here_and_nothing_else) {
  const Fields link{{"Host", "localhost:4711"},
                    {"Sec-Fetch-Site", "cross-site"},
                    {"Sec-Fetch-Mode", "navigate"},
                    {"Sec-Fetch-Dest", "document"}};
  EXPECT_EQ(refusal(link), 0);
  EXPECT_EQ(refusal(link, http::Method::post), 403) << "a form that is sent";
  Fields frame = link;
  frame.back().second = "iframe";
  EXPECT_EQ(refusal(frame), 403);
}

TEST(CallerCheck, takes_json_only) {
  const auto with = [](const Fields& more) {
    Fields fields{{"Host", "localhost:4711"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return refusal(fields, http::Method::post);
  };
  EXPECT_EQ(with({{"Content-Type", "application/json"}}), 0);
  EXPECT_EQ(with({{"Content-Type", "application/json; charset=utf-8"}}), 0);
  EXPECT_EQ(with({{"Content-Type", "application/jsonp"}}), 415);
  EXPECT_EQ(with({{"Content-Type", "text/plain"}}), 415);
  EXPECT_EQ(with({}), 415);
}

TEST(CallerCheck, a_page_nobody_went_to_is_not_loaded) {
  EXPECT_EQ(refusal({{"Host", "localhost:4711"}, {"Sec-Purpose", "prefetch;prerender"}}), 503);
}

}  // namespace
}  // namespace latchkey::update::web
