#include "protocol/release/rollout_terms.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace latchkey::protocol::release {
namespace {

const std::string hex64 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const std::string hex32 = hex64.substr(0, 32);

const std::string whole =
    R"({"id":")" + hex32 + R"(","native":{"fingerprints":[")" + hex64 +
    R"("],"max":"2.5.0","min":"1.0.0"},"platforms":["android","ios"],"rollout":{"max_bps":5000,)" +
    R"("overrides":[")" + hex32 + R"("],"stages":[{"bps":100,"from":"2026-11-21T00:00:00Z"},{"bps":5000,"from":)" +
    R"("2026-11-22T00:00:00Z"}],"targeting":[{"field":"os","op":"min","values":["12"]}]}})";

Result<RolloutTerms> read(std::string_view text) {
  TRY(const auto object, json::parse_object(text));
  return parse_rollout_terms(object);
}

std::string with_terms_changed(std::string_view from, std::string_view to) {
  std::string text = whole;
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

std::string print(const RolloutTerms& terms) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("id", print(terms.id)).key("native");
  write(writer, terms.native);
  writer.member("platforms", std::span<const std::string>(terms.platforms)).key("rollout");
  write(writer, terms.rollout);
  writer.end_object();
  return out;
}

TEST(RolloutTerms, what_is_read_is_printed_again) {
  const auto terms = read(whole);
  ASSERT_TRUE(terms) << to_string(terms.error());
  EXPECT_EQ(terms->rollout.stages.size(), 2U);
  EXPECT_EQ(terms->native.max->minor, 5U);
  EXPECT_EQ(print(*terms), whole);
}

TEST(RolloutTerms, optional_members_may_be_absent) {
  const std::string text =
      R"({"id":")" + hex32 + R"(","native":{"min":"1.0.0"},"platforms":["web"],"rollout":{"max_bps":0}})";
  const auto terms = read(text);
  ASSERT_TRUE(terms) << to_string(terms.error());
  EXPECT_EQ(print(*terms), text);
}

TEST(RolloutTerms, an_unknown_predicate_is_kept_for_the_devices_to_refuse) {
  EXPECT_TRUE(read(with_terms_changed(R"("field":"os","op":"min")", R"("field":"battery","op":"above")")));
}

TEST(RolloutTerms, contradictions_and_unknown_members_are_refused) {
  const std::pair<std::string_view, std::string_view> changes[] = {
      {R"("max":"2.5.0")", R"("max":"0.9")"},
      {R"("min":"1.0.0")", R"("min":"1.0.0-rc")"},
      {R"("min":"1.0.0")", R"("min":1)"},
      {R"("min":"1.0.0")", R"("min":"1.0.0","mni":"2")"},
      {R"(["android","ios"])", R"(["ios","android"])"},
      {R"(["android","ios"])", R"(["ios","ios"])"},
      {R"(["android","ios"])", R"(["symbian"])"},
      {R"(["android","ios"])", R"([])"},
      {R"(["android","ios"])", R"("ios")"},
      {R"("max_bps":5000)", R"("max_bps":10001)"},
      {R"("max_bps":5000)", R"("max_bps":-1)"},
      {R"("max_bps":5000)", R"("max_bps":50.0)"},
      {R"({"bps":100,)", R"({"bps":5000,)"},
      {"2026-11-22", "2026-11-21"},
      {"2026-11-22", "2026-11-31"},
      {R"("values":["12"])", R"("values":[])"},
      {R"("values":["12"])", R"("values":[""])"},
      {R"("values":["12"])", R"("values":["1\n2"])"},
      {R"("op":"min")", R"("op":"MIN")"},
      {R"("op":"min")", R"("op":"min","not":true)"},
      {R"("overrides":[)", R"("overrides":["00",)"},
      {R"("overrides":[)", R"("overrides":[1,)"},
      {R"(,"targeting")", R"(,"target":[],"targeting")"},
  };
  for (const auto& [from, to] : changes) {
    const auto terms = read(with_terms_changed(from, to));
    EXPECT_FALSE(terms) << from << " -> " << to;
    if (!terms) {
      EXPECT_EQ(terms.error().code, Code::invalid_format) << to;
    }
  }
}

TEST(RolloutTerms, lists_have_bounds) {
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += (i == 0 ? "" : ",") + std::string(R"({"bps":)") + std::to_string(i + 1) + R"(,"from":"20)" +
            std::to_string(26 + i) + R"(-01-01T00:00:00Z"})";
  const auto terms =
      read(R"({"id":")" + hex32 + R"(","native":{"min":"1"},"platforms":["web"],"rollout":{"max_bps":1,"stages":[)" +
           many + "]}}");
  ASSERT_FALSE(terms);
  EXPECT_EQ(terms.error().code, Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::protocol::release
