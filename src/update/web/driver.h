// Checks and downloads while the app runs: by itself every so often, or when it is asked. One thread of its own, so
// that pages never wait for the network.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "update/engine.h"

namespace latchkey::update::web {

struct DriverOptions {
  ApplyMode mode = ApplyMode::next_restart;
  std::chrono::milliseconds period{60'000};  // between checks; longer after failures
  bool sends_reports = true;
  std::vector<DelayCondition> conditions = {};  // of what is downloaded
};

enum class Wish : std::uint8_t {
  check = 1,   // now
  apply = 2,   // switch to what waits; download it before if need be
  verify = 4,  // read the running bundle: a file of it was not what it should be
};

enum class Activity { idle, checking, downloading, verifying };
std::string_view name_of(Activity activity);

struct WorkNote {
  Activity activity = Activity::idle;
  std::uint64_t done = 0;               // bytes of the object that comes in
  std::uint64_t checks = 0;             // finished so far
  std::optional<CheckOutcome> outcome;  // of the last check
  std::optional<InstallReport> installed;
  std::optional<Error> error;  // of the last download or switch, until the next one succeeds
};

class Driver final {
 public:
  // `engine` outlives it. Nothing is asked of the network in mode manual but what is wished.
  Driver(Engine& engine, DriverOptions options);
  // Stops what is under way; what arrived stays for the next time.
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void wish(Wish wish);  // at once; thread-safe
  WorkNote note() const;

 private:
  void work(const std::stop_token& stop);
  unsigned wait(const std::stop_token& stop);  // for wishes, or until a check is due
  void check(const std::stop_token& stop);
  void download(const std::stop_token& stop);
  void apply(const std::stop_token& stop);
  void verify(const std::stop_token& stop);
  void note_error(const Status& done);
  void set(Activity activity);

  Engine& engine_;
  const DriverOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any wakes_;
  unsigned wishes_ = 0;
  bool is_available_ = false;
  WorkNote note_;
  std::optional<std::chrono::steady_clock::time_point> due_;  // nothing: only when wished
  std::jthread thread_;                                       // last: it uses all of the above
};

}  // namespace latchkey::update::web
