#include "protocol/release/device_report.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "protocol/limits/release.h"
#include "protocol/release/strict_json.h"
#include "protocol/release/utc_time.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view type = "latchkey-report";
constexpr std::string_view label = "latchkey report v1\n";
constexpr std::array<std::string_view, 4> event_names{"activated", "ready", "rolled_back", "failed"};
constexpr json::Limits report_limits{.bytes = limits::device_report_bytes,
                                     .depth = limits::device_report_depth,
                                     .members = limits::device_report_members};
constexpr json::Limits body_limits{
    .bytes = limits::signed_report_bytes, .depth = 1, .members = limits::signed_report_members};

Result<ByteArray<32>> get_device_key(const json::Value& object) {
  TRY(const json::Value* const device, json::find_object(object, "device"));
  if (device == nullptr) return fail(Code::invalid_format, "device");
  TRY_DO(check_members(*device, {"key"}));
  TRY(const auto text, json::get_string(*device, "key"));
  ByteArray<32> key;
  TRY_DO(parse_base64url_into(text, key));
  return key;
}

Result<crypto::VerifyingKey> to_verifying_key(const ByteArray<32>& key) {
  auto verifying = crypto::VerifyingKey::from_parameters(crypto::SignatureAlgorithm::ed25519, crypto::OkpPublic{key});
  if (!verifying) return fail(Code::signature_invalid, "report: key");
  return verifying;
}

Bytes to_signing_input(std::string_view report) {
  Bytes input;
  append(input, as_bytes(label));
  append(input, as_bytes(report));
  return input;
}

Result<Bytes> get_bytes(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::get_string(object, name));
  return parse_base64url(text);
}

}  // namespace

std::string_view name_of(ReportEvent event) { return event_names.at(static_cast<std::size_t>(event)); }

Result<ReportEvent> parse_report_event(std::string_view name) {
  const auto found = std::ranges::find(event_names, name);
  if (found == event_names.end()) return fail(Code::invalid_format, "event");
  return static_cast<ReportEvent>(found - event_names.begin());
}

Status check_device_report(const DeviceReport& report) {
  const auto refuse = [](std::string_view what) { return fail(Code::invalid_argument, what); };
  if (!check_app_id(report.app)) return refuse("app");
  if (!check_channel_name(report.channel)) return refuse("channel");
  if (!report.reason.empty() && !check_word(report.reason)) return refuse("reason");
  if (report.count == 0 || report.count > static_cast<std::uint64_t>(limits::json_number_maximum))
    return refuse("count");
  return {};
}

Result<DeviceReport> parse_device_report(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text, report_limits));
  TRY_DO(check_members(object,
                       {"_type", "app", "at", "channel", "count", "device", "event", "reason", "release", "root"}));
  TRY_DO(check_type(object, type));
  DeviceReport report;
  TRY(report.app, json::get_string(object, "app"));
  TRY(report.channel, json::get_string(object, "channel"));
  TRY(const auto release, get_hex<16>(object, "release"));
  report.release = ReleaseId(release);
  TRY(report.root, get_hex<32>(object, "root"));
  TRY(const auto event, json::get_string(object, "event"));
  TRY(report.event, parse_report_event(event));
  TRY(report.reason, json::get_string(object, "reason"));
  TRY(const auto count, get_number(object, "count", 1, limits::json_number_maximum));
  report.count = static_cast<std::uint64_t>(count);
  TRY(const auto at, json::get_string(object, "at"));
  TRY(report.at, parse_utc_time(at));
  TRY(report.device_key, get_device_key(object));
  if (const auto checked = check_device_report(report); !checked)
    return fail(Code::invalid_format, checked.error().detail);
  return report;
}

std::string print_device_report(const DeviceReport& report) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", type).member("app", report.app).member("at", print_utc_time(report.at));
  writer.member("channel", report.channel).member("count", report.count).key("device").begin_object();
  writer.member("key", to_base64url(report.device_key)).end_object().member("event", name_of(report.event));
  writer.member("reason", report.reason).member("release", print(report.release));
  writer.member("root", to_hex(report.root)).end_object();
  return out;
}

Result<std::string> sign_device_report(DeviceReport report, const crypto::SigningKey& key) {
  const auto* const parameters = std::get_if<crypto::OkpPublic>(&key.verifying_key().parameters());
  if (parameters == nullptr) return fail(Code::invalid_argument, "a report is signed with Ed25519");
  report.device_key = parameters->x;
  TRY_DO(check_device_report(report));
  const std::string statement = print_device_report(report);
  TRY(const auto signature, key.sign(to_signing_input(statement)));
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("report", to_base64url(as_bytes(statement)));
  writer.member("signature", to_base64url(signature.view())).end_object();
  return body;
}

std::string print_report_answer(std::uint64_t highest) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("count", highest).end_object();
  return out;
}

Result<std::uint64_t> parse_report_answer(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text, {limits::report_answer_bytes, 1, 1}));
  TRY_DO(check_members(object, {"count"}));
  TRY(const auto count, get_number(object, "count", 1, limits::json_number_maximum));
  return static_cast<std::uint64_t>(count);
}

Result<DeviceReport> open_device_report(std::string_view body) {
  TRY(const json::Value object, json::parse_object(body, body_limits));
  TRY_DO(check_members(object, {"report", "signature"}));
  TRY(const Bytes statement, get_bytes(object, "report"));
  TRY(const Bytes signature, get_bytes(object, "signature"));
  TRY(DeviceReport report, parse_device_report(as_text(statement)));
  TRY(const auto key, to_verifying_key(report.device_key));
  TRY_DO(key.verify(to_signing_input(as_text(statement)), signature));
  return report;
}

}  // namespace latchkey::protocol::release
