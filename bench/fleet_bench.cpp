// A fleet of simulated devices with the real decision code (protocol/release/rollout_rule.h) and the real pause rule:
// how fast a release arrives, what the origin carries, how many devices a bad release reaches before it pauses itself,
// and how often a good one is paused. Deterministic. One JSON object a line. fleet_bench [DEVICES] (default 1,000,000)
// Links: release
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

struct Plan {
  std::uint32_t devices = 0;
  double mean_interval = hour;  // between two checks of a device, Poisson
  std::vector<Stage> stages;    // none: everybody at once
  double failure_rate = 0;
  int horizon = 0;  // seconds
};

struct Course {
  std::vector<std::uint32_t> updated_at;  // per second
  std::vector<std::uint32_t> requests_at;
  std::uint64_t decisions = 0;
  std::uint64_t exposed = 0;
  std::optional<int> paused_at;
};

std::vector<Stage> five_stages() {
  std::vector<Stage> stages;
  for (const std::uint32_t bps : {100U, 500U, 2000U, 5000U, 10000U})
    stages.push_back({bps, start + std::chrono::hours(6) * static_cast<int>(stages.size())});
  return stages;
}

class Fleet final {
 public:
  explicit Fleet(const Plan& plan) : plan_(plan), due_(static_cast<std::size_t>(plan.horizon)), reports_(due_.size()) {
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
      take_reports(now);
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
    policy_.releases[0].paused = course_.paused_at && now >= *course_.paused_at + timestamp_age;
    if (!decide(release_, &policy_, channels_, device_, start + seconds(now)).is_eligible()) return;
    has_it_[device] = true;
    ++course_.updated_at[static_cast<std::size_t>(now)];
    ++course_.exposed;
    const bool fails = std::bernoulli_distribution(plan_.failure_rate)(random_);
    if (now + report_delay < plan_.horizon) reports_[static_cast<std::size_t>(now + report_delay)].push_back(fails);
  }

  void take_reports(int now) {
    for (const bool failed : reports_[static_cast<std::size_t>(now)]) {
      ++evidence_.outcomes.devices;
      if (!failed) continue;
      ++evidence_.outcomes.failed;
      ++evidence_.networks;
      if (!course_.paused_at && release::should_pause(evidence_, {})) course_.paused_at = now;
    }
  }

  const Plan plan_;
  RolloutTerms release_;
  Policy policy_;
  Channels channels_;
  DeviceFacts device_;
  std::mt19937_64 random_{1};
  std::vector<std::vector<std::uint32_t>> due_;
  std::vector<std::vector<bool>> reports_;
  std::vector<bool> has_it_;
  release::Evidence evidence_;  // each device in a network of its own
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

// Rollouts of 100,000 reports whose failure rate is exactly the tolerated one.
void print_false_pauses() {
  int paused = 0;
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    std::geometric_distribution<std::uint64_t> good_before_next_failure(.005);
    release::Evidence seen;
    for (;;) {
      seen.outcomes.devices += good_before_next_failure(random) + 1;
      if (seen.outcomes.devices > 100'000) break;
      ++seen.outcomes.failed;
      ++seen.networks;
      if (!release::should_pause(seen, {})) continue;
      ++paused;
      break;
    }
  }
  std::printf("{\"name\":\"fleet_false_pauses\",\"runs\":400,\"paused\":%d}\n", paused);
}

}  // namespace

int main(int argc, char** argv) {
  const auto devices = argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)) : 1'000'000U;
  if (devices == 0) return 2;
  print_curve("at_once_hourly", {devices, hour, {}, 0, 8 * hour});
  print_curve("at_once_6_hourly", {devices, 6.0 * hour, {}, 0, 36 * hour});
  print_curve("staged_hourly", {devices, hour, five_stages(), 0, 36 * hour});
  for (const double rate : {.3, .05, .02, .01, .005}) print_exposure(rate, devices / 10);
  print_false_pauses();
  return 0;
}
