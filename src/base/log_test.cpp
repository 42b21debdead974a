#include "base/log.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/secret.h"

namespace latchkey::log {
namespace {

using Pin = Secret<struct PinTag>;
static_assert(!std::is_constructible_v<Field, std::string_view, const Pin&>);
static_assert(std::is_constructible_v<Field, std::string_view, const char*>);

TEST(Log, prints_one_json_object_with_typed_fields) {
  EXPECT_EQ(to_json(Level::info, "listening", {{"port", 8080}, {"tls", true}, {"host", "::1"}}, 5),
            R"({"time":5,"level":"info","event":"listening","port":8080,"tls":true,"host":"::1"})");
}

TEST(Log, a_value_cannot_forge_a_line_or_steer_a_terminal) {
  EXPECT_EQ(to_json(Level::error, "x", {{"v", "a\"\n{}\x1b[2J\xff"}}, 0),
            R"({"time":0,"level":"error","event":"x","v":"a\"\u000a{}\u001b[2J\u00ff"})");
}

TEST(Log, an_error_prints_as_its_sentence) {
  EXPECT_NE(to_json(Level::error, "x", {{"error", Error{Code::busy, ""}}}, 0).find("busy: too much"),
            std::string::npos);
}

}  // namespace
}  // namespace latchkey::log
