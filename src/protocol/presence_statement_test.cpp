#include "protocol/presence_statement.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "protocol/jose/jws.h"

namespace latchkey::protocol {
namespace {

const Instant statement_time = from_unix_seconds(1'700'000'000);

PresenceStatement sample() {
  return {.purpose = "pay",
          .challenge = "0123456789abcdef",
          .origin = "org.example.app",
          .at = statement_time,
          .method = PresenceMethod::fingerprint,
          .strength = PresenceStrength::weak,
          .key_bound = false};
}
PresenceExpectation expectation() {
  return {.purpose = "pay",
          .challenge = "0123456789abcdef",
          .origin = "org.example.app",
          .minimum_strength = PresenceStrength::weak};
}

class PresenceStatements : public ::testing::Test {
 protected:
  static std::string sign(const PresenceStatement& statement, const crypto::SigningKey& with) {
    std::string text = print_signing_input(statement, with.verifying_key());
    append_signature(text, with.sign(as_bytes(text))->view());
    return text;
  }
  // The code, and the failed check.
  std::string verify(std::string_view text, const PresenceExpectation& expected, Instant at = statement_time) const {
    const auto checked = verify_presence_statement(text, key.verifying_key(), expected, at);
    return checked ? "ok" : std::string(name_of(checked.error().code)) + ": " + checked.error().detail;
  }
  std::string verify_payload(const std::string& payload) const {
    const jose::JwsSigner signer(key, {.typ = "latchkey-presence+jwt", .kid = {}});
    return verify(*signer.sign(payload), expectation());
  }

  crypto::SigningKey key = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256).value();
};

TEST_F(PresenceStatements, what_was_signed_is_what_the_server_reads) {
  const auto checked =
      verify_presence_statement(sign(sample(), key), key.verifying_key(), expectation(), statement_time);
  ASSERT_TRUE(checked.has_value()) << to_string(checked.error());
  EXPECT_EQ(*checked, sample());
}

TEST_F(PresenceStatements, every_bound_word_has_to_be_the_expected_one) {
  const std::string text = sign(sample(), key);
  PresenceExpectation other = expectation();
  other.challenge = "0123456789abcdeX";
  EXPECT_EQ(verify(text, other), "signature_invalid: presence: challenge");
  other = expectation();
  other.purpose = "sign-in";
  EXPECT_EQ(verify(text, other), "signature_invalid: presence: purpose");
  other = expectation();
  other.origin = "org.example.other";
  EXPECT_EQ(verify(text, other), "signature_invalid: presence: origin");
  other = expectation();
  other.minimum_strength = PresenceStrength::strong;
  EXPECT_EQ(verify(text, other), "signature_invalid: presence: strength");
  other = expectation();
  other.methods = {PresenceMethod::face};
  EXPECT_EQ(verify(text, other), "signature_invalid: presence: method");
}

TEST_F(PresenceStatements, it_is_good_for_five_minutes_and_some_skew) {
  const std::string text = sign(sample(), key);
  EXPECT_EQ(verify(text, expectation(), statement_time + std::chrono::seconds(330)), "ok");
  EXPECT_EQ(verify(text, expectation(), statement_time + std::chrono::seconds(331)),
            "signature_invalid: presence: too old");
  EXPECT_EQ(verify(text, expectation(), statement_time - std::chrono::seconds(30)), "ok");
  EXPECT_EQ(verify(text, expectation(), statement_time - std::chrono::seconds(31)),
            "signature_invalid: presence: from the future");
}

TEST_F(PresenceStatements, a_scripted_presence_is_accepted_only_by_who_asks_for_it) {
  PresenceStatement scripted = sample();
  scripted.method = PresenceMethod::scripted;
  const std::string text = sign(scripted, key);
  EXPECT_EQ(verify(text, expectation()), "signature_invalid: presence: method");
  PresenceExpectation test = expectation();
  test.methods = {PresenceMethod::scripted};
  EXPECT_EQ(verify(text, test), "ok");
}

TEST_F(PresenceStatements, another_key_or_another_algorithm_does_not_verify) {
  const auto other = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256).value();
  EXPECT_TRUE(verify(sign(sample(), other), expectation()).starts_with("signature_invalid"));
  const auto edwards = crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519).value();
  EXPECT_EQ(verify_presence_statement(sign(sample(), edwards), edwards.verifying_key(), expectation(), statement_time)
                .error()
                .code,
            Code::signature_invalid);
}

TEST_F(PresenceStatements, no_other_signed_text_of_the_same_key_passes_for_one) {
  const std::string payload = print_presence_payload(sample());
  for (const char* typ : {"", "JWT", "at+jwt", "dpop+jwt", "latchkey-presence", "LATCHKEY-PRESENCE+JWT"}) {
    const jose::JwsSigner signer(key, {.typ = typ, .kid = {}});
    EXPECT_EQ(verify(*signer.sign(payload), expectation()), "signature_invalid: presence: typ") << typ;
  }
  // And a statement passes for no token: its type is its own.
  const auto jws = jose::UnverifiedJws::parse(sign(sample(), key));
  ASSERT_TRUE(jws.has_value());
  EXPECT_EQ(jws->header().typ, "latchkey-presence+jwt");
  EXPECT_EQ(jws->header().kid, jose::Jwk::of(key).thumbprint());
}

TEST_F(PresenceStatements, no_character_of_it_can_be_changed) {
  const std::string text = sign(sample(), key);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(verify(changed, expectation()), "ok") << i;
    EXPECT_NE(verify(std::string_view(text).substr(0, i), expectation()), "ok") << i;
  }
}

TEST_F(PresenceStatements, a_payload_that_is_not_exactly_one_is_refused) {
  const std::string good = print_presence_payload(sample());
  EXPECT_EQ(verify_payload(good), "ok");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = good;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return verify_payload(changed.replace(at, from.size(), to));
  };
  EXPECT_EQ(with("\"v\":1", "\"v\":2"), "future_version: presence statement");
  EXPECT_EQ(with("\"v\":1", "\"v\":0"), "invalid_format: v");
  EXPECT_EQ(with("\"v\":1", "\"v\":\"1\""), "invalid_format: v");
  EXPECT_EQ(with("fingerprint", "telepathy"), "invalid_format: method");
  EXPECT_EQ(with("weak", "Weak"), "invalid_format: strength");
  EXPECT_EQ(with("weak", "strong"), "invalid_format: strength without a bound key");
  EXPECT_EQ(with("\"iat\":1700000000", "\"iat\":1.7e9"), "invalid_format: iat");
  EXPECT_EQ(with("\"iat\":1700000000", "\"iat\":-1"), "invalid_format: iat");
  EXPECT_EQ(with("0123456789abcdef", "short"), "invalid_format: challenge");
  EXPECT_EQ(with("\"pay\"", "\"\""), "invalid_format: purpose");
  EXPECT_EQ(with(",\"key_bound\":false", ""), "invalid_format: key_bound is missing");
  EXPECT_EQ(with("\"key_bound\":false", "\"key_bound\":0"), "invalid_format: key_bound");
  EXPECT_NE(with("}", ",\"purpose\":\"sign-in\"}"), "ok");
}

TEST_F(PresenceStatements, bounds_are_checked_before_anything_is_signed) {
  const auto code_with = [](auto change) {
    PresenceStatement statement = sample();
    change(statement);
    const Status status = check_presence_statement(statement);
    return status ? std::string("ok") : status.error().detail;
  };
  EXPECT_EQ(code_with([](auto&) {}), "ok");
  EXPECT_EQ(code_with([](auto& s) { s.purpose = std::string(65, 'a'); }), "purpose");
  EXPECT_EQ(code_with([](auto& s) { s.challenge = std::string(15, 'a'); }), "challenge");
  EXPECT_EQ(code_with([](auto& s) { s.challenge = std::string(513, 'a'); }), "challenge");
  EXPECT_EQ(code_with([](auto& s) { s.challenge = std::string(16, '\xff'); }), "challenge");
  EXPECT_EQ(code_with([](auto& s) { s.origin = {}; }), "origin");
  EXPECT_EQ(code_with([](auto& s) { s.at = from_unix_seconds(-1); }), "time");
  EXPECT_EQ(code_with([](auto& s) { s.strength = PresenceStrength::maximum; }), "strength without a bound key");
}

TEST_F(PresenceStatements, names_are_read_as_they_are_written) {
  for (const auto method : {PresenceMethod::fingerprint, PresenceMethod::face, PresenceMethod::iris,
                            PresenceMethod::device_credential, PresenceMethod::scripted})
    EXPECT_EQ(parse_presence_method(name_of(method)), method);
  for (const auto strength : {PresenceStrength::weak, PresenceStrength::strong, PresenceStrength::maximum})
    EXPECT_EQ(parse_presence_strength(name_of(strength)), strength);
}

}  // namespace
}  // namespace latchkey::protocol
