// A fleet of simulated devices with the real decision code (protocol/release/rollout_rule.h) and the real pause rule:
// how fast a release arrives, what the origin carries, how many devices a bad release reaches before it pauses itself,
// how often a good one is paused, and how often somebody with a few networks can have it paused. Devices share networks
// as people do; people resume what was paused. Deterministic. One JSON object a line. fleet_bench [DEVICES] (default
// 1,000,000) Links: release
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "protocol/release/rollout_rule.h"
#include "release/rollout/pause_rule.h"

namespace {

using namespace latchkey;
using namespace latchkey::protocol::release;
using std::chrono::seconds;

const Instant start = from_unix_seconds(1'800'000'000);
const ReleaseId release_id{ByteArray<16>{0x42}};

constexpr int report_delay = 10 * 60;  // from activation to the report at the server
constexpr int timestamp_age = 30;      // how long caches hold back a pause (served_files.cpp)
constexpr int hour = 3600;
constexpr int resumed_after = hour;  // by a person, when a good release was paused
constexpr int attack_interval = 60;  // an attacker's network invents a device that failed

// Three devices in ten are behind the addresses of one of twenty carriers, the others four to a network on average.
constexpr std::uint32_t carriers = 20;
constexpr double behind_carriers = .3;

std::vector<std::uint32_t> draw_networks(std::uint32_t devices) {
  std::mt19937_64 random(7);
  std::bernoulli_distribution is_behind_carrier(behind_carriers);
  std::uniform_int_distribution<std::uint32_t> carrier(0, carriers - 1), other(carriers, carriers + devices / 4);
  std::vector<std::uint32_t> networks(devices);
  for (auto& network : networks) network = is_behind_carrier(random) ? carrier(random) : other(random);
  return networks;
}

// What the server does with reports (rollout/reports.cpp), without a database.
class Reports final {
 public:
  explicit Reports(std::size_t networks) : networks_(networks) {}

  void take_good() { ++evidence_.outcomes.devices; }
  // True: the release is to be paused.
  bool take_failure(std::uint32_t network) {
    const release::Evidence more = release::count_failure(networks_[network], evidence_.outcomes.devices);
    evidence_.outcomes.devices += more.outcomes.devices;
    evidence_.outcomes.failed += more.outcomes.failed;
    evidence_.networks += more.networks;
    return more.outcomes.failed != 0 && release::should_pause(evidence_, {});
  }
  void resume() {
    evidence_ = {{evidence_.outcomes.devices - evidence_.outcomes.failed, 0}, 0};
    for (auto& network : networks_) network.overruled = network.counted;
  }

 private:
  std::vector<release::NetworkFailures> networks_;
  release::Evidence evidence_;
};

struct Plan {
  std::uint32_t devices = 0;
  double mean_interval = hour;  // between two checks of a device, Poisson
  std::vector<Stage> stages;    // none: everybody at once
  double failure_rate = 0;
  int horizon = 0;              // seconds
  std::uint32_t attackers = 0;  // networks whose owner wants the release paused
  bool is_resumed = false;      // whenever it was paused
};

struct Course {
  std::vector<std::uint32_t> updated_at;  // per second
  std::vector<std::uint32_t> requests_at;
  std::uint64_t decisions = 0;
  std::uint64_t exposed = 0;
  std::optional<int> paused_at;   // now, or for good
  std::optional<int> resumed_at;  // last
  int pauses = 0;
};

std::vector<Stage> five_stages() {
  std::vector<Stage> stages;
  for (const std::uint32_t bps : {100U, 500U, 2000U, 5000U, 10000U})
    stages.push_back({bps, start + std::chrono::hours(6) * static_cast<int>(stages.size())});
  return stages;
}

class Fleet final {
 public:
  explicit Fleet(const Plan& plan)
      : plan_(plan),
        due_(static_cast<std::size_t>(plan.horizon)),
        reports_(due_.size()),
        networks_(draw_networks(plan.devices)),
        counted_(carriers + plan.devices / 4 + 1 + plan.attackers) {
    release_.id = release_id;
    release_.platforms = {"android"};
    release_.rollout.stages = plan.stages;
    policy_ = {.app = "app", .channel = "stable", .issued = start, .releases = {{.id = release_id, .bps = everybody}}};
    channels_ = {.app = "app", .default_channel = "stable", .channels = {{.name = "stable"}}};
    device_.channel = "stable";
    device_.platform = "android";
    has_it_.resize(plan.devices);
    course_.updated_at.resize(due_.size());
    course_.requests_at.resize(due_.size());
    for (std::uint32_t device = 0; device < plan.devices; ++device) schedule(device, 0);
  }

  Course run() {
    for (int now = 0; now < plan_.horizon; ++now) {
      resume_if_due(now);
      take_reports(now);
      if (now % attack_interval == 0) attack(now);
      for (const std::uint32_t device : due_[static_cast<std::size_t>(now)]) check(device, now);
      due_[static_cast<std::size_t>(now)] = {};
    }
    return std::move(course_);
  }

 private:
  void schedule(std::uint32_t device, int now) {
    // Not in this second again: its list is being walked.
    const double next = now + 1 + std::exponential_distribution<double>(1 / plan_.mean_interval)(random_);
    if (next < plan_.horizon) due_[static_cast<std::size_t>(next)].push_back(device);
  }

  static DeviceId id_of(std::uint32_t device) {
    ByteArray<16> id{};
    for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<std::uint8_t>(device >> (8 * i));
    return DeviceId(id);
  }

  // What a check without news costs: N+1.root.json and timestamp.json.
  void check(std::uint32_t device, int now) {
    course_.requests_at[static_cast<std::size_t>(now)] += 2;
    schedule(device, now);
    if (has_it_[device]) return;
    device_.id = id_of(device);
    ++course_.decisions;
    // Devices see the policy as caches hold it.
    policy_.releases[0].paused = course_.paused_at ? now >= *course_.paused_at + timestamp_age
                                                   : course_.resumed_at && now < *course_.resumed_at + timestamp_age;
    if (!decide(release_, &policy_, channels_, device_, start + seconds(now)).is_eligible()) return;
    has_it_[device] = true;
    ++course_.updated_at[static_cast<std::size_t>(now)];
    ++course_.exposed;
    const bool fails = std::bernoulli_distribution(plan_.failure_rate)(random_);
    if (now + report_delay < plan_.horizon)
      reports_[static_cast<std::size_t>(now + report_delay)].push_back({device, fails});
  }

  void take_reports(int now) {
    auto& reports = reports_[static_cast<std::size_t>(now)];
    for (const auto& [device, failed] : reports) {
      if (!failed)
        counted_.take_good();
      else if (counted_.take_failure(networks_[device]))
        pause(now);
    }
    reports = {};
  }

  void attack(int now) {
    for (std::uint32_t i = 0; i < plan_.attackers; ++i)
      if (counted_.take_failure(carriers + plan_.devices / 4 + 1 + i)) pause(now);
  }

  void pause(int now) {
    if (course_.paused_at) return;
    course_.paused_at = now;
    ++course_.pauses;
  }

  void resume_if_due(int now) {
    if (!plan_.is_resumed || !course_.paused_at || now < *course_.paused_at + resumed_after) return;
    counted_.resume();
    course_.paused_at.reset();
    course_.resumed_at = now;
  }

  const Plan plan_;
  RolloutTerms release_;
  Policy policy_;
  Channels channels_;
  DeviceFacts device_;
  std::mt19937_64 random_{1};
  std::vector<std::vector<std::uint32_t>> due_;
  struct Report {
    std::uint32_t device;
    bool failed;
  };
  std::vector<std::vector<Report>> reports_;
  std::vector<bool> has_it_;
  std::vector<std::uint32_t> networks_;  // by device
  Reports counted_;
  Course course_;
};

double hours_until(const Course& course, std::uint32_t devices, double share) {
  std::uint64_t updated = 0;
  for (std::size_t at = 0; at < course.updated_at.size(); ++at) {
    updated += course.updated_at[at];
    if (static_cast<double>(updated) >= share * devices) return static_cast<double>(at) / hour;
  }
  return -1;  // not within the horizon
}

void print_curve(const char* name, const Plan& plan) {
  const Course course = Fleet(plan).run();
  std::uint64_t requests = 0;
  for (const auto count : course.requests_at) requests += count;
  const auto peak = *std::max_element(course.requests_at.begin(), course.requests_at.end());
  std::printf(
      "{\"name\":\"fleet_%s\",\"devices\":%u,\"t50_hours\":%.2f,\"t95_hours\":%.2f,\"t99_hours\":%.2f,"
      "\"requests_per_second\":%.0f,\"peak_requests\":%u,\"decisions\":%llu}\n",
      name, plan.devices, hours_until(course, plan.devices, .5), hours_until(course, plan.devices, .95),
      hours_until(course, plan.devices, .99), static_cast<double>(requests) / plan.horizon, peak,
      static_cast<unsigned long long>(course.decisions));
  std::fflush(stdout);
}

void print_exposure(double rate, std::uint32_t devices) {
  const Course at_once = Fleet({devices, hour, {}, rate, 36 * hour}).run();
  const Course staged = Fleet({devices, hour, five_stages(), rate, 36 * hour}).run();
  std::printf(
      "{\"name\":\"fleet_exposure\",\"devices\":%u,\"failure_rate\":%.3f,\"at_once\":%llu,\"staged\":%llu,"
      "\"paused\":%s,\"paused_staged\":%s}\n",
      devices, rate, static_cast<unsigned long long>(at_once.exposed), static_cast<unsigned long long>(staged.exposed),
      at_once.paused_at ? "true" : "false", staged.paused_at ? "true" : "false");
  std::fflush(stdout);
}

// Rollouts of 100,000 reports whose failure rate is exactly the tolerated one. A person pauses and resumes each twice,
// which is three tests in a row.
bool is_paused_falsely(std::uint32_t seed, const std::vector<std::uint32_t>& networks) {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution fails(.005);
  Reports counted(carriers + networks.size() / 4 + 1);
  for (std::size_t device = 0; device < networks.size(); ++device) {
    if (device == networks.size() / 10 || device == networks.size() / 2) counted.resume();
    if (!fails(random))
      counted.take_good();
    else if (counted.take_failure(networks[device]))
      return true;
  }
  return false;
}

void print_false_pauses() {
  const auto networks = draw_networks(100'000);
  int paused = 0;
  for (std::uint32_t seed = 0; seed < 400; ++seed) paused += is_paused_falsely(seed, networks) ? 1 : 0;
  std::printf("{\"name\":\"fleet_false_pauses\",\"runs\":400,\"paused\":%d}\n", paused);
}

// A good release, somebody with so many networks who wants it paused, and a person who resumes it each time.
void print_attack(std::uint32_t attackers, std::uint32_t devices) {
  const Course course = Fleet({devices, hour, five_stages(), .001, 72 * hour, attackers, true}).run();
  std::printf("{\"name\":\"fleet_pauses_by_%u_networks\",\"devices\":%u,\"pauses\":%d,\"t95_hours\":%.2f}\n", attackers,
              devices, course.pauses, hours_until(course, devices, .95));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto devices = argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)) : 1'000'000U;
  if (devices == 0) return 2;
  print_curve("at_once_hourly", {devices, hour, {}, 0, 8 * hour});
  print_curve("at_once_6_hourly", {devices, 6.0 * hour, {}, 0, 36 * hour});
  print_curve("staged_hourly", {devices, hour, five_stages(), 0, 36 * hour});
  for (const double rate : {.3, .05, .02, .01, .005}) print_exposure(rate, devices / 10);
  for (const std::uint32_t attackers : {5U, 50U}) print_attack(attackers, devices / 10);
  print_false_pauses();
  return 0;
}
