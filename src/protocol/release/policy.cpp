#include "protocol/release/policy.h"

#include <algorithm>

#include "protocol/limits/release.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/strict_json.h"
#include "protocol/release/utc_time.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view policy_type = "latchkey-policy";
constexpr json::Limits policy_json_limits{
    .bytes = limits::policy_bytes, .depth = limits::policy_depth, .members = limits::policy_members};

Result<PolicyEntry> parse_entry(const json::Value& object) {
  TRY_DO(check_members(object, {"bps", "halted", "id", "paused", "reason"}));
  PolicyEntry entry;
  TRY(const auto id, get_hex<16>(object, "id"));
  entry.id = ReleaseId(id);
  TRY(const auto bps, get_number(object, "bps", 0, everybody));
  entry.bps = static_cast<std::uint32_t>(bps);
  TRY(entry.halted, json::get_bool(object, "halted"));
  TRY(entry.paused, json::get_bool(object, "paused"));
  TRY(entry.reason, json::get_string(object, "reason"));
  return entry;
}

}  // namespace

const PolicyEntry* Policy::find(const ReleaseId& id) const {
  const auto found = std::ranges::find(releases, id, &PolicyEntry::id);
  return found == releases.end() ? nullptr : &*found;
}

Status check_policy(const Policy& policy) {
  const auto refuse = [](std::string_view what) { return fail(Code::invalid_argument, what); };
  if (!check_app_id(policy.app)) return refuse("app");
  if (!check_channel_name(policy.channel)) return refuse("channel");
  if (policy.releases.size() > limits::policy_releases) return refuse("releases");
  for (const auto& entry : policy.releases) {
    if (policy.find(entry.id) != &entry) return refuse("releases.id");
    if (entry.bps > everybody) return refuse("releases.bps");
    if (!check_line(entry.reason, limits::policy_reason_bytes)) return refuse("releases.reason");
  }
  return {};
}

Result<Policy> parse_policy(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text, policy_json_limits));
  TRY_DO(check_members(object, {"_type", "app", "channel", "issued", "releases"}));
  TRY_DO(check_type(object, policy_type));
  Policy policy;
  TRY(policy.app, json::get_string(object, "app"));
  TRY(policy.channel, json::get_string(object, "channel"));
  TRY(const auto issued, json::get_string(object, "issued"));
  TRY(policy.issued, parse_utc_time(issued));
  TRY(const json::Array* const releases, get_array(object, "releases", 0, limits::policy_releases));
  for (const auto& element : *releases) {
    TRY(PolicyEntry entry, parse_entry(element));
    policy.releases.push_back(std::move(entry));
  }
  if (const auto checked = check_policy(policy); !checked) return fail(Code::invalid_format, checked.error().detail);
  return policy;
}

std::string print_policy(const Policy& policy) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("_type", policy_type).member("app", policy.app).member("channel", policy.channel);
  writer.member("issued", print_utc_time(policy.issued)).key("releases").begin_array();
  for (const auto& entry : policy.releases) {
    writer.begin_object().member("bps", entry.bps).member("halted", entry.halted).member("id", print(entry.id));
    writer.member("paused", entry.paused).member("reason", entry.reason).end_object();
  }
  writer.end_array().end_object();
  return out;
}

}  // namespace latchkey::protocol::release
