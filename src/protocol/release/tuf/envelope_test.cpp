#include "protocol/release/tuf/envelope.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::tuf {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;

class Envelopes : public ::testing::Test {
 protected:
  static Result<Envelope> parse(std::string_view text) { return Envelope::parse(as_bytes(text), 10'000); }
  std::pair<RoleKeys, KeyMap> role_of(std::size_t threshold) const {
    RoleKeys role{{}, threshold};
    KeyMap keys;
    for (const SigningKey* key : {&first, &second}) {
      const TufKey one = *TufKey::of(key->verifying_key());
      role.key_ids.insert(one.id());
      keys.emplace(one.id(), one);
    }
    return {role, keys};
  }

  SigningKey first = *SigningKey::generate(SignatureAlgorithm::ed25519);
  SigningKey second = *SigningKey::generate(SignatureAlgorithm::es256);
  SigningKey stranger = *SigningKey::generate(SignatureAlgorithm::ed25519);
};

TEST_F(Envelopes, signatures_of_several_people_gather) {
  const auto [role, keys] = role_of(2);
  auto envelope = *Envelope::of(R"({"b":"line\nfeed","a":1})");
  EXPECT_EQ(envelope.check_threshold(role, keys).error().detail, "0 of 2 signatures");
  ASSERT_TRUE(envelope.sign(first) && envelope.sign(stranger) && envelope.sign(first));
  EXPECT_EQ(envelope.check_threshold(role, keys).error().detail, "1 of 2 signatures");
  auto elsewhere = *parse(envelope.print());
  ASSERT_TRUE(elsewhere.sign(second));
  EXPECT_TRUE(elsewhere.check_threshold(role, keys));
  EXPECT_EQ(elsewhere.signatures().size(), 3U);
}

TEST_F(Envelopes, layout_is_free_but_content_is_not) {
  const auto [role, keys] = role_of(1);
  auto envelope = *Envelope::of(R"({"a":1,"b":2})");
  ASSERT_TRUE(envelope.sign(first));
  const std::string text = envelope.print();
  const auto with = [&](std::string_view instead) {
    std::string changed = text;
    const std::string_view content = R"({"a":1,"b":2})";
    changed.replace(changed.find(content), content.size(), instead);
    return parse(changed)->count_valid(role, keys);
  };
  EXPECT_EQ(with("{ \"b\" : 2, \n \"a\":1 }"), 1U);
  EXPECT_EQ(with(R"({"a":1,"b":3})"), 0U);
  EXPECT_EQ(with(R"({"a":1,"b":2,"c":3})"), 0U);
}

TEST_F(Envelopes, a_threshold_of_nothing_is_never_met) {
  auto [role, keys] = role_of(0);
  EXPECT_FALSE(Envelope::of("{}")->check_threshold(role, keys));
}

TEST_F(Envelopes, an_empty_signature_is_a_place_left_for_somebody) {
  const auto [role, keys] = role_of(1);
  const auto envelope =
      parse("{\"signatures\":[{\"keyid\":\"" + role.key_ids.begin()->value() + "\",\"sig\":\"\"}],\"signed\":{}}");
  EXPECT_EQ(envelope->count_valid(role, keys), 0U);
}

TEST_F(Envelopes, what_is_none_is_refused) {
  for (const std::string_view wrong :
       {"", "[]", "{}", "{\"signed\":{}}", "{\"signatures\":[]}", "{\"signatures\":{},\"signed\":{}}",
        "{\"signatures\":[],\"signed\":[]}", "{\"signatures\":[1],\"signed\":{}}",
        R"({"signatures":[{"keyid":"a","sig":"0"}],"signed":{}})",
        R"({"signatures":[{"keyid":"a","sig":"AA"}],"signed":{}})",
        R"({"signatures":[{"keyid":"a","sig":"00"},{"keyid":"a","sig":"01"}],"signed":{}})",
        "{\"signatures\":[],\"signed\":{\"a\":1.5}}", "{\"signatures\":[],\"signed\":{\"a\":1,\"a\":1}}",
        "{\"signatures\":[],\"signed\":{}}x", "{\"signatures\":[],\"signed\":{},\"signed\":{\"a\":1}}"})
    EXPECT_EQ(parse(wrong).error().code, Code::invalid_format) << wrong;
}

TEST_F(Envelopes, are_bounded) {
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += (i == 0 ? "" : ",") + std::string(R"({"keyid":")") + std::to_string(i) + R"(","sig":""})";
  EXPECT_EQ(parse("{\"signatures\":[" + many + "],\"signed\":{}}").error().code, Code::input_too_large);
  EXPECT_EQ(parse(std::string(20'000, ' ')).error().code, Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::protocol::tuf
