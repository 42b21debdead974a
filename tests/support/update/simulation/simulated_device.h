// One device with the real engine, its disk in memory: weeks of starts, page loads, checks and downloads, in bad
// weather and then in good. Everything that may never happen is counted, and told with the seed.
#pragma once

#include "tests/support/update/simulation/simulated_host.h"
#include "update/engine.h"
#include "update/vfses/memory_vfs.h"

namespace latchkey::update::testing {

struct SimulationTotals {
  std::size_t updates = 0;    // to releases that work
  std::size_t in_faults = 0;  // of them: arrived while things still went wrong
  std::size_t updated = 0;    // arrived in the end
  std::size_t broken_releases = 0, survived = 0, kept = 0;
  std::size_t sessions = 0, requests = 0, spoilt_answers = 0, disk_errors = 0, kills = 0, power_cuts = 0,
              clock_steps = 0;
  std::size_t most_requests = 0;  // of one check and download
  std::size_t unbootable = 0, unsigned_trees = 0, below_floor = 0, endless = 0;

  void add(const SimulationTotals& other);
};

class SimulatedDevice final {
 public:
  // `history` outlives it.
  SimulatedDevice(const History& history, unsigned seed);
  ~SimulatedDevice();
  SimulatedDevice(const SimulatedDevice&) = delete;
  SimulatedDevice& operator=(const SimulatedDevice&) = delete;

  void live_through(const Round& round);

  const SimulationTotals& totals() const { return totals_; }
  // What went wrong, for people: with the seed and the round.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  enum class Weather { bad, good };
  enum class PageEnd { stays, left, died };

  void session(Weather weather);
  void set_clock(Weather weather);
  DiskPlan draw_disk(Weather weather);
  bool open(Weather weather);
  void close();
  void damage_files();
  void forget_folder();
  PageEnd show_page(int loads_left);
  void ask_host();
  void look_for_update();
  bool tell_ready(const LoadToken& token);
  void look_at_running();
  void look_at_floor();
  bool is_alive() const { return engine_ && !vfs_->is_dead(); }
  bool is_up_to_date() const;
  bool has_given_up() const;
  void tell(const std::string& what);
  void wrong(std::size_t& count, const std::string& what);

  const History& history_;
  const unsigned seed_;
  Lot lot_;
  SimulatedTime time_;
  SimulatedHost host_;
  SimulationTotals totals_;
  std::vector<std::string> faults_;

  // Of this device, for ever.
  std::size_t answer_faults_, disk_faults_, deaths_;  // in percent
  ApplyMode mode_;
  bool has_small_ranges_;
  bool keeps_floor_;
  bool sends_reports_;
  class Copy;
  std::unique_ptr<Copy> floor_copy_;

  // Of its disk.
  Image beginning_;  // of memory_'s journal
  std::unique_ptr<MemoryVfs> memory_;
  std::unique_ptr<FaultyVfs> vfs_;
  std::unique_ptr<Engine> engine_;

  // Of the round.
  const Round* round_ = nullptr;
  MonotonicTime round_began_{};
  Weather weather_ = Weather::good;
  std::optional<CheckKind> checked_;  // what the last check of the session came to
  // What it has durably known since it last forgot all.
  Floor floor_;
  std::uint64_t sequence_ = 0;
  // Of the last session's end.
  std::optional<TreeRoot> ran_;
  bool is_confirmed_ = false;
};

}  // namespace latchkey::update::testing
