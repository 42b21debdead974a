#include "protocol/release/device_report.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "protocol/json.h"

namespace latchkey::protocol::release {
namespace {

DeviceReport sample_report() {
  DeviceReport report;
  report.app = "org.example";
  report.channel = "stable";
  report.release = *parse_release_id("00112233445566778899aabbccddeeff");
  report.root[0] = 0xab;
  report.event = ReportEvent::rolled_back;
  report.reason = "not_ready";
  report.count = 7;
  report.at = from_unix_seconds(1'800'000'000);
  return report;
}

const crypto::SigningKey& key() {
  static const auto generated = crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519);
  return *generated;
}

std::string with_report_changed(std::string text, std::string_view from, std::string_view to) {
  EXPECT_NE(text.find(from), text.npos) << from;
  return text.replace(text.find(from), from.size(), to);
}

TEST(DeviceReport, what_is_printed_is_read) {
  const DeviceReport report = sample_report();
  EXPECT_EQ(parse_device_report(print_device_report(report)), Result<DeviceReport>(report));
}

TEST(DeviceReport, what_is_signed_is_opened) {
  const auto body = sign_device_report(sample_report(), key());
  ASSERT_TRUE(body);
  const auto opened = open_device_report(*body);
  ASSERT_TRUE(opened) << to_string(opened.error());
  EXPECT_EQ(opened->reason, "not_ready");
  EXPECT_EQ(opened->device_key, std::get<crypto::OkpPublic>(key().verifying_key().parameters()).x);
}

TEST(DeviceReport, the_widest_fits_the_limits) {
  DeviceReport report = sample_report();
  report.app = std::string(128, 'a');
  report.channel = std::string(32, 'c');
  report.reason = std::string(32, 'r');
  report.count = (std::uint64_t{1} << 53) - 1;
  const auto body = sign_device_report(report, key());
  ASSERT_TRUE(body);
  EXPECT_TRUE(open_device_report(*body));
}

TEST(DeviceReport, one_changed_byte_breaks_the_signature) {
  const std::string statement = print_device_report(sample_report());
  const std::string body = *sign_device_report(sample_report(), key());
  std::string other = *sign_device_report(
      [] {
        auto r = sample_report();
        r.count = 8;
        return r;
      }(),
      key());
  const auto text = [](std::string_view whole, std::string_view name) {
    const auto object = json::parse_object(whole);
    return std::string(*json::get_string(*object, name));
  };
  const std::string mixed = with_report_changed(body, text(body, "report"), text(other, "report"));
  EXPECT_EQ(open_device_report(mixed).error().code, Code::signature_invalid);
  const std::string cut = with_report_changed(body, text(body, "signature"), to_base64url(Bytes(63)));
  EXPECT_EQ(open_device_report(cut).error().code, Code::signature_invalid);
}

TEST(DeviceReport, a_signature_over_the_bare_statement_is_none) {
  DeviceReport report = sample_report();
  report.device_key = std::get<crypto::OkpPublic>(key().verifying_key().parameters()).x;
  const std::string statement = print_device_report(report);
  const auto signature = key().sign(as_bytes(statement));
  const std::string body = R"({"report":")" + to_base64url(as_bytes(statement)) + R"(","signature":")" +
                           to_base64url(signature->view()) + "\"}";
  EXPECT_EQ(open_device_report(body).error().code, Code::signature_invalid);
}

TEST(DeviceReport, mistakes_are_refused) {
  const std::string text = print_device_report(sample_report());
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"latchkey-report", "latchkey-policy"},
      {R"("count":7)", R"("count":0)"},
      {R"("count":7)", R"("count":9007199254740992)"},
      {R"("count":7)", R"("count":7.0)"},
      {R"("event":"rolled_back")", R"("event":"exploded")"},
      {"not_ready", "Not ready"},
      {R"("channel":"stable")", R"("channel":"a/b")"},
      {"org.example", "org/example"},
      {R"("key":")", R"("key":"AA)"},
      {R"("key":)", R"("kty":"x","key":)"},
      {"2027-", "2027"},
      {R"("app":)", R"("user":"me","app":)"}};
  for (const auto& [from, to] : changes) EXPECT_FALSE(parse_device_report(with_report_changed(text, from, to))) << to;
}

TEST(DeviceReport, wants_a_key_for_this_algorithm) {
  const auto other = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  EXPECT_EQ(sign_device_report(sample_report(), *other).error().code, Code::invalid_argument);
  DeviceReport report = sample_report();
  report.count = 0;
  EXPECT_EQ(sign_device_report(report, key()).error().code, Code::invalid_argument);
}

TEST(DeviceReport, the_answer_names_the_highest_number) {
  EXPECT_EQ(print_report_answer(57), R"({"count":57})");
  EXPECT_EQ(*parse_report_answer(R"({"count":57})"), 57U);
  EXPECT_EQ(*parse_report_answer(R"({"count":9007199254740991})"), 9007199254740991U);
  for (const char* bad : {"", "57", "{}", R"({"count":0})", R"({"count":-1})", R"({"count":1.5})", R"({"count":"1"})",
                          R"({"count":9007199254740992})", R"({"count":1,"more":1})"})
    EXPECT_FALSE(parse_report_answer(bad)) << bad;
}

}  // namespace
}  // namespace latchkey::protocol::release
