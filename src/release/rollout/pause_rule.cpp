#include "release/rollout/pause_rule.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "protocol/limits.h"

namespace latchkey::release {
namespace {

// From "somewhat worse", which takes thousands of devices to tell, to "crashes often", which takes ten.
constexpr std::array<double, 5> worse_by{1.5, 2, 4, 10, 40};
// So that the largest multiple is still a probability.
constexpr double most_tolerated = .02;

double log_likelihood_ratio(const Outcomes& outcomes, double tolerated, double worse) {
  const auto failed = static_cast<double>(outcomes.failed);
  const auto good = static_cast<double>(outcomes.devices - outcomes.failed);
  return failed * std::log(worse / tolerated) + good * std::log((1 - worse) / (1 - tolerated));
}

}  // namespace

Status check_pause_rule(const PauseRule& rule) {
  if (!(rule.tolerated > 0 && rule.tolerated <= most_tolerated)) return fail(Code::invalid_argument, "tolerated");
  if (!(rule.false_alarm > 0 && rule.false_alarm < 1)) return fail(Code::invalid_argument, "false_alarm");
  return {};
}

std::uint64_t failures_of_network(std::uint64_t devices) {
  return 1 + devices / protocol::limits::devices_per_failure_of_network;
}

Evidence count_failure(NetworkFailures& network, std::uint64_t devices) {
  if (network.counted >= failures_of_network(devices)) return {};
  const bool is_first = network.counted == network.overruled;
  ++network.counted;
  return {{.devices = 1, .failed = 1}, is_first ? 1U : 0U};
}

double log_evidence(const Outcomes& outcomes, const PauseRule& rule) {
  std::array<double, worse_by.size()> ratios;
  std::ranges::transform(worse_by, ratios.begin(), [&](double factor) {
    return log_likelihood_ratio(outcomes, rule.tolerated, factor * rule.tolerated);
  });
  // The logarithm of a mean, without leaving the range of double.
  const double largest = std::ranges::max(ratios);
  double sum = 0;
  for (const double ratio : ratios) sum += std::exp(ratio - largest);
  return largest + std::log(sum / static_cast<double>(ratios.size()));
}

bool should_pause(const Evidence& evidence, const PauseRule& rule) {
  return evidence.networks >= protocol::limits::pausing_networks &&
         log_evidence(evidence.outcomes, rule) >= -std::log(rule.false_alarm);
}

double wilson_lower_bound(const Outcomes& outcomes) {
  if (outcomes.devices == 0) return 0;
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(outcomes.devices);
  const double share = static_cast<double>(outcomes.failed) / n;
  const double spread = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return std::max(0., (share + z * z / (2 * n) - spread) / (1 + z * z / n));
}

}  // namespace latchkey::release
