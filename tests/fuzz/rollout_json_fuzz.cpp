// Links: protocol
// The input as a policy, as channels, as the rollout terms of a release, as a device report, as a
// report's body and as the answer to one.
#include "crypto/signature.h"
#include "protocol/release/channels.h"
#include "protocol/release/device_report.h"
#include "protocol/release/policy.h"
#include "protocol/release/rollout_rule.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::protocol::release;
using fuzz::holds;

namespace {

const Instant now = from_unix_seconds(1'800'000'000);

void check_policy_text(std::string_view text) {
  const auto policy = parse_policy(text);
  if (!policy) return;
  holds(check_policy(*policy).has_value(), "what is read is within the bounds");
  holds(parse_policy(print_policy(*policy)) == *policy, "a policy is printed as it was read");
}

void check_channels_text(std::string_view text) {
  const auto channels = parse_channels(text);
  if (!channels) return;
  holds(channels->find(channels->default_channel) != nullptr, "the default channel is there");
  holds(parse_channels(print_channels(*channels)) == *channels, "channels are printed as they were read");
}

std::string print_terms(const RolloutTerms& terms) {
  std::string out;
  protocol::json::Writer writer(out);
  writer.begin_object().member("id", print(terms.id)).key("native");
  write(writer, terms.native);
  writer.member("platforms", std::span<const std::string>(terms.platforms)).key("rollout");
  write(writer, terms.rollout);
  writer.end_object();
  return out;
}

void check_terms_text(std::string_view text) {
  const auto object = protocol::json::parse_object(text);
  const auto terms = object ? parse_rollout_terms(*object) : fail(Code::invalid_format);
  if (!terms) return;
  const auto again = protocol::json::parse_object(print_terms(*terms));
  holds(again && parse_rollout_terms(*again) == *terms, "terms are printed as they were read");
  DeviceFacts device;
  device.channel = "stable";
  device.platform = terms->platforms.front();
  device.native = terms->native.min;
  device.os = "14";
  device.locale = "de";
  Channels channels{.app = "a", .default_channel = "stable", .channels = {{.name = "stable"}}};
  const Policy nothing{.app = "a", .channel = "stable", .issued = now, .releases = {{.id = terms->id, .bps = 0}}};
  const auto open = decide(*terms, nullptr, channels, device, now);
  const auto closed = decide(*terms, &nothing, channels, device, now);
  holds(open.effective_bps <= terms->rollout.max_bps, "never beyond what was signed");
  holds(!closed.is_eligible() || open.is_eligible(), "a policy only takes away");
  holds(!closed.is_eligible() || !terms->rollout.overrides.empty(), "nobody at a share of nothing but named devices");
}

void check_report_text(std::string_view text) {
  if (const auto report = parse_device_report(text))
    holds(parse_device_report(print_device_report(*report)) == *report, "a report is printed as it was read");
  if (const auto highest = parse_report_answer(text))
    holds(parse_report_answer(print_report_answer(*highest)) == *highest, "an answer is printed as it was read");
  holds(!open_device_report(text) || text.find("signature") != text.npos, "nothing unsigned is opened");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_policy_text(text);
  check_channels_text(text);
  check_terms_text(text);
  check_report_text(text);
  return 0;
}
