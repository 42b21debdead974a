#include "http/server/byte_range.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

TEST(ByteRange, table) {
  const std::pair<std::string_view, AskedRange> rows[] = {{"bytes=0-0", ByteRange{0, 0}},
                                                          {"bytes=0-99", ByteRange{0, 99}},
                                                          {"bytes=10-", ByteRange{10, 99}},
                                                          {"bytes=50-1000", ByteRange{50, 99}},
                                                          {"bytes=-1", ByteRange{99, 99}},
                                                          {"bytes=-1000", ByteRange{0, 99}},
                                                          {"bytes=99-", ByteRange{99, 99}},
                                                          {"bytes=100-", NoSuchRange{}},
                                                          {"bytes=100-200", NoSuchRange{}},
                                                          {"bytes=-0", NoSuchRange{}},
                                                          {"bytes=5-4", WholeBody{}},
                                                          {"bytes=0-1,3-4", WholeBody{}},
                                                          {"bytes=", WholeBody{}},
                                                          {"bytes=-", WholeBody{}},
                                                          {"bytes=a-b", WholeBody{}},
                                                          {"bytes= 0-1", WholeBody{}},
                                                          {"lines=0-1", WholeBody{}},
                                                          {"", WholeBody{}},
                                                          {"bytes=0-99999999999999999999", WholeBody{}},
                                                          {"bytes=+1-2", WholeBody{}},
                                                          {"bytes=--1", WholeBody{}}};
  for (const auto& [field, asked] : rows) EXPECT_TRUE(parse_range(field, 100) == asked) << field;
  EXPECT_TRUE(parse_range("bytes=0-", 0) == AskedRange(NoSuchRange{}));
  EXPECT_TRUE(parse_range("bytes=-5", 0) == AskedRange(NoSuchRange{}));
}

TEST(ByteRange, holds_only_for_the_same_bytes) {
  Request request;
  request.headers.add("Range", "bytes=1-2");
  EXPECT_TRUE(find_range(request, "\"a\"", 10) == AskedRange(ByteRange{1, 2}));
  request.headers.set("If-Range", "\"a\"");
  EXPECT_TRUE(find_range(request, "\"a\"", 10) == AskedRange(ByteRange{1, 2}));
  for (const auto* const other : {"\"b\"", "W/\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    request.headers.set("If-Range", other);
    EXPECT_TRUE(find_range(request, "\"a\"", 10) == AskedRange(WholeBody{})) << other;
  }
  Request twice;
  twice.headers.add("Range", "bytes=1-2");
  twice.headers.add("Range", "bytes=3-4");
  EXPECT_TRUE(find_range(twice, "\"a\"", 10) == AskedRange(WholeBody{}));
}

}  // namespace
}  // namespace latchkey::http
