#include "apps/latchkey/release_terms.h"

#include <algorithm>

#include "base/hex.h"
#include "crypto/random.h"
#include "protocol/release/utc_time.h"

namespace latchkey::app {
namespace {

const std::vector<std::string>& all_platforms() {
  static const std::vector<std::string> all{"android", "electron", "ios", "web"};
  return all;
}

// "100@2026-12-01T08:00:00Z"
Result<release::Stage> parse_stage(const std::string& text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at > 5 || text.find_first_not_of("0123456789") != at)
    return fail(Code::invalid_argument, "--stage takes BASISPOINTS@TIME");
  const unsigned long bps = std::stoul(text.substr(0, at));
  const auto from = release::parse_utc_time(std::string_view(text).substr(at + 1));
  if (!from) return fail(Code::invalid_argument, "--stage: write times as 2026-12-01T08:00:00Z");
  return release::Stage{static_cast<std::uint32_t>(bps), *from};
}

// "locale:prefix:de,fr"
Result<release::Predicate> parse_predicate(const std::string& text) {
  const std::size_t first = text.find(':'), second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos) return fail(Code::invalid_argument, "--target takes FIELD:OP:VALUE[,VALUE...]");
  release::Predicate predicate{text.substr(0, first), text.substr(first + 1, second - first - 1), {}};
  for (std::size_t at = second + 1; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    predicate.values.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return predicate;
}

Result<std::vector<std::string>> choose_platforms(std::vector<std::string> asked, const release::Channel& channel) {
  const auto& open = channel.platforms.empty() ? all_platforms() : channel.platforms;
  if (asked.empty()) return open;
  for (const std::string& name : asked)
    if (std::ranges::find(all_platforms(), name) != all_platforms().end() &&
        std::ranges::find(open, name) == open.end())
      return fail(Code::invalid_argument, "the channel is not for " + name + "; see latchkey channel set --platform");
  std::ranges::sort(asked);
  return asked;
}

}  // namespace

void add_native_flags(CLI::App& command, NativeFlags& flags) {
  command.add_option("--platform", flags.platforms, "android, electron, ios, web (default: those of the channel)")
      ->delimiter(',');
  command.add_option("--native-min", flags.native_min, "Oldest native version it runs in (default: any)");
  command.add_option("--native-max", flags.native_max, "Newest native version it runs in");
  command.add_option("--fingerprint", flags.fingerprints, "Native part it runs in, by hash; may be given again");
}

void add_rollout_flags(CLI::App& command, RolloutFlags& flags) {
  command.add_option("--max-bps", flags.max_bps, "Share of devices at most, in basis points (default: 10000)");
  command.add_option("--stage", flags.stages, "BASISPOINTS@TIME: from then on that share; may be given again");
  command.add_option("--target", flags.targeting, "FIELD:OP:VALUE[,VALUE...]: locale:prefix:de; all must hold");
  command.add_option(
      "--device", flags.devices,
      "ID[=NOTE]: gets this release whatever the share, besides the channel's devices; may be given again");
  command.add_flag("--without-devices", flags.without_devices, "Name none of the channel's devices");
}

Result<std::vector<publish::NamedDevice>> parse_devices(const std::vector<std::string>& texts) {
  std::vector<publish::NamedDevice> devices;
  for (const std::string& text : texts) {
    TRY(auto device, publish::parse_named_device(text));
    devices.push_back(std::move(device));
  }
  return devices;
}

Result<release::Rollout> read_rollout(const RolloutFlags& flags, const release::ReleaseId& id,
                                      const release::Channel& channel, const std::string& folder) {
  release::Rollout rollout;
  rollout.max_bps = flags.max_bps;
  for (const std::string& text : flags.stages) {
    TRY(const release::Stage stage, parse_stage(text));
    rollout.stages.push_back(stage);
  }
  for (const std::string& text : flags.targeting) {
    TRY(release::Predicate predicate, parse_predicate(text));
    rollout.targeting.push_back(std::move(predicate));
  }
  TRY(auto devices, parse_devices(flags.devices));
  if (!flags.without_devices) {
    TRY(const auto named, publish::read_named_devices(folder, channel.name));
    devices.insert(devices.end(), named.begin(), named.end());
  }
  TRY(rollout.overrides, publish::name_in_release(id, devices));
  return rollout;
}

Result<release::RolloutTerms> read_terms(const NativeFlags& native, const RolloutFlags& rollout,
                                         const release::Channel& channel, const std::string& folder) {
  release::RolloutTerms terms;
  terms.id = release::ReleaseId(crypto::random_array<16>());
  TRY(terms.platforms, choose_platforms(native.platforms, channel));
  TRY(terms.native.min, release::parse_native_version(native.native_min));
  if (!native.native_max.empty()) {
    TRY(terms.native.max, release::parse_native_version(native.native_max));
  }
  TRY(terms.native.fingerprints, parse_roots(native.fingerprints, "--fingerprint"));
  std::ranges::sort(terms.native.fingerprints);
  TRY(terms.rollout, read_rollout(rollout, terms.id, channel, folder));
  TRY_DO(release::check_rollout_terms(terms));
  return terms;
}

Result<std::vector<release::TreeRoot>> parse_roots(const std::vector<std::string>& texts, const char* flag) {
  std::vector<release::TreeRoot> roots;
  for (const std::string& text : texts) {
    const auto root = parse_hex_array<32>(text);
    if (!root) return fail(Code::invalid_argument, std::string(flag) + " takes 64 hexadecimal digits");
    roots.push_back(*root);
  }
  return roots;
}

}  // namespace latchkey::app
