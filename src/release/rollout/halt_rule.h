// When a release halts itself: a mixture e-process over the outcomes of devices (research: sequential tests by betting;
// Ville's inequality). Each device counts once, as good or bad. The mean of the likelihood ratios of five worse failure
// rates against the tolerated one is a test martingale, so a release that fails no more often than tolerated is halted
// with a probability of at most `false_alarm`, however often one looks. Pure.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace latchkey::release {

struct HaltRule {
  double tolerated = .005;    // share of devices that may fail; above 0, at most 2 %
  double false_alarm = .001;  // above 0, below 1
};

struct Outcomes {
  std::uint64_t devices = 0;  // with a known outcome
  std::uint64_t failed = 0;   // of these: crashed, never ready, rolled back
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

// Fails: invalid_argument.
Status check_halt_rule(const HaltRule& rule);

// The evidence that more fail than tolerated, as a natural logarithm: 0 is none, ln(1 / false_alarm) is enough.
double log_evidence(const Outcomes& outcomes, const HaltRule& rule);
bool should_halt(const Outcomes& outcomes, const HaltRule& rule);

// The lower end of the two-sided 95 % Wilson interval of the failure rate; for showing, never for deciding: looked at
// again and again it halts healthy releases.
double wilson_lower_bound(const Outcomes& outcomes);

}  // namespace latchkey::release
