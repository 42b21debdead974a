#include "http/server/cached_body.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

int status_for(const CachedBody& cached, std::string_view if_none_match) {
  Request request;
  request.headers.add("If-None-Match", if_none_match);
  return cached.respond_to(request).status;
}

TEST(CachedBody, sends_the_same_bytes_with_their_tag) {
  const auto cached = CachedBody::create("{\"keys\":[]}", "application/json", std::chrono::seconds(300));
  const Response response = cached.respond_to(Request());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body_text().data(), cached.bytes().data());
  EXPECT_EQ(response.headers.find("ETag"), cached.etag());
  EXPECT_EQ(response.headers.find("Cache-Control"), "public, max-age=300");
}

TEST(CachedBody, answers_304_to_those_who_have_it) {
  const auto cached = CachedBody::create("a", "text/plain", std::chrono::seconds(0));
  EXPECT_EQ(status_for(cached, cached.etag()), 304);
  EXPECT_EQ(status_for(cached, "\"x\", W/" + cached.etag()), 304);
  EXPECT_EQ(status_for(cached, "*"), 304);
  EXPECT_EQ(status_for(cached, "\"x\""), 200);
  EXPECT_EQ(cached.respond_to(Request()).headers.find("Cache-Control"), "no-cache");
}

TEST(CachedBody, other_bytes_have_another_tag) {
  EXPECT_NE(CachedBody::create("a", "t", {}).etag(), CachedBody::create("b", "t", {}).etag());
}

}  // namespace
}  // namespace latchkey::http
