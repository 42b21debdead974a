// When a release pauses itself: a mixture e-process over the outcomes of devices (research: sequential tests by
// betting; Ville's inequality). Each device counts once, as good or bad. The mean of the likelihood ratios of five
// worse failure rates against the tolerated one is a test martingale, so a release that fails no more often than
// tolerated is paused with a probability of at most `false_alarm`, however often one looks. Who can make devices up can
// make failures up; so of one network few failures are evidence, and several networks have to tell the same. Both only
// take failures away, which leaves the bound as it is. Pure.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace latchkey::release {

struct PauseRule {
  double tolerated = .005;    // share of devices that may fail; above 0, at most 2 %
  double false_alarm = .001;  // above 0, below 1
};

struct Outcomes {
  std::uint64_t devices = 0;  // with a known outcome
  std::uint64_t failed = 0;   // of these: crashed, never ready, rolled back
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

// What was heard since the release was published; of failures, since it was last resumed.
struct Evidence {
  Outcomes outcomes;
  std::uint64_t networks = 0;  // that the failures came from
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// Fails: invalid_argument.
Status check_pause_rule(const PauseRule& rule);

// How many failures of one network are evidence when `devices` devices were heard of, all in all: who resumes a release
// has judged them, and a network says nothing new by saying it again. So whoever has some networks can have a release
// paused once; and since failures are only taken away, the bound stays what it is.
std::uint64_t failures_of_network(std::uint64_t devices);

// Of one network about one release.
struct NetworkFailures {
  std::uint64_t counted = 0;    // that were evidence since it was published
  std::uint64_t overruled = 0;  // of these, before it was last resumed
  friend bool operator==(const NetworkFailures&, const NetworkFailures&) = default;
};
// What one more failure of the network adds: a failed device, the network if it says so for the first time since the
// release was resumed; or nothing, and then it is not counted.
Evidence count_failure(NetworkFailures& network, std::uint64_t devices);

// That more fail than tolerated, as a natural logarithm: 0 is none, ln(1 / false_alarm) is enough.
double log_evidence(const Outcomes& outcomes, const PauseRule& rule);
bool should_pause(const Evidence& evidence, const PauseRule& rule);

// The lower end of the two-sided 95 % Wilson interval of the failure rate; for showing, never for deciding: looked at
// again and again it pauses healthy releases.
double wilson_lower_bound(const Outcomes& outcomes);

}  // namespace latchkey::release
