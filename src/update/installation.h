// The bundles of one app on one device, and which of them runs: the lifecycle table applied to the state on the disk.
// Knows no network. One object per folder and machine at a time (Vfs::lock), one thread at a time.
#pragma once

#include <optional>

#include "base/strong.h"
#include "update/built_in_bundle.h"
#include "update/delay.h"
#include "update/foreground_timer.h"
#include "update/lifecycle.h"
#include "update/state_slots.h"

namespace latchkey::update {

// One page load. Whoever has it may vouch for the bundle that page was loaded from, and for no other.
using LoadToken = Strong<struct LoadTokenTag>;  // 32 hexadecimal digits

struct NativeFacts {
  NativeVersion version;
  std::optional<ByteArray<32>> fingerprint;
};

struct TrialRules {
  std::chrono::milliseconds ready_within{
      10'000};  // of foreground time, from the first page's load, all starts together
  std::chrono::milliseconds crash_within{30'000};  // of foreground time, from there: an end before may be a crash
  std::chrono::milliseconds crash_window{600'000};
  std::size_t crashes = 3;  // in the window: a loop
};

// Something the host, and perhaps the server, ought to hear of.
enum class HappeningKind {
  staged,       // a bundle waits
  activated,    // it runs, on trial
  ready,        // it is confirmed
  rolled_back,  // it is not: the one before runs
  failed,       // it could not be built although everything of it arrived as it was signed
  withdrawn,    // the waiting bundle will not be switched to
  built_in,     // the built-in bundle runs, for a reason that is no failure: store update, native range, reset
  state_lost,   // the state was unreadable: begun anew from the built-in bundle
  state_older,  // the folder knows less than the host's copy of the floor: it was put back, or deleted
};
std::string_view name_of(HappeningKind kind);
struct Happening {
  HappeningKind kind;
  BundleRecord bundle;                 // which
  std::optional<Failure> reason = {};  // of rolled_back, failed
  bool must_reload = false;            // the page that is shown belongs to a bundle that no longer runs
};

// What runs. Immutable; may be kept by those who serve a page that was loaded from it.
struct RunningBundle {
  std::optional<BundleRecord> record;  // nothing: the built-in one
  Tree tree;
};

class Installation final {
 public:
  // `vfs` and `clock` outlive it. Fails: storage_failed, permission_denied, storage_full.
  static Result<std::unique_ptr<Installation>> open(Vfs& vfs, const StateKey& key, BuiltInBundle built_in,
                                                    NativeFacts native, const Clock& clock, TrialRules rules = {});

  // Once per process, before the first page: decides what runs. There is always something that does: failures of the
  // disk lead to the built-in bundle, for this run or for good.
  void start(ApplyMode mode);

  const State& state() const { return state_; }
  const std::shared_ptr<const RunningBundle>& running() const { return running_; }
  BuiltInBundle& built_in() { return built_in_; }
  BundleStore& store() { return store_; }
  const NativeFacts& native() const { return native_; }

  // A page is about to be loaded, from running() as it is afterwards: where the disk refuses to count a try, the bundle
  // is not tried. Every page has a token of its own, and any page since the bundle was switched to, or the app started,
  // may say that it works.
  LoadToken begin_load(MonotonicTime at);
  // The page of that load works. Fails: conflict (a load of before, or of another bundle), storage_failed.
  Status ready(const LoadToken& token);
  // Time passed: the watchdog, and starts that have lasted.
  void poll(MonotonicTime at);
  void went_to_background(MonotonicTime at, ApplyMode mode);
  void came_to_foreground(MonotonicTime at, ApplyMode mode);
  // A debugger stops the page: no time counts until resume().
  void pause(MonotonicTime at) { timer_.pause(at); }
  void resume(MonotonicTime at) { timer_.resume(at); }
  // The page's process died; the host loads it anew.
  void crashed();
  // The app ends because somebody wants it to: the window was closed, the system shuts down. What was not announced
  // like this, or by going to the background, is taken for a crash when it comes soon after a page was shown.
  void ended(MonotonicTime at);

  // `record` is complete in the store. Fails: invalid_argument (conditions: too many, or times beyond the year 9999),
  // storage_failed, storage_full; then it does not wait.
  Status stage(const BundleRecord& record, const std::vector<DelayCondition>& conditions, ApplyMode mode);
  // Other conditions for what waits; none: the mode's next moment, which may be now. Fails: not_found (none waits),
  // invalid_argument, storage_failed, storage_full; then the old ones stand.
  Status delay(const std::vector<DelayCondition>& conditions, ApplyMode mode);
  // Switches now, whatever mode and conditions say. Fails: not_found (none waits), temporarily_unavailable (it is
  // held).
  Status activate();
  // Whether the publisher lets what waits be switched to; if so, and the mode does that at once, it is. Fails:
  // storage_failed, storage_full.
  Status hold_staged(bool is_held, ApplyMode mode);
  // The waiting bundle is no longer wanted.
  void withdraw();
  // The running bundle's tree was released anew: `record` stands for it from now on. Fails: storage_failed,
  // storage_full.
  Status adopt(const BundleRecord& record);
  // To the built-in bundle; forgets nothing of what is blocked.
  void reset();
  // The running bundle was read in the background, in vain. What is damaged is given up; what the disk does not give
  // does not run for the rest of this run.
  void report_damage(const Error& found);
  // Counts an installation that failed for a reason of the bundle's own; the third blocks it.
  void count_failure(const BundleRecord& record, Failure reason);
  // Changes what is not the lifecycle's: channel, versions, time floor, report numbers. Durable when it returns. Fails:
  // storage_failed, storage_full.
  Status update(const std::function<void(State&)>& change);

  // What happened since it was last asked.
  std::vector<Happening> take_happenings() { return std::exchange(happenings_, {}); }

  // Deletes what no bundle needs.
  void collect();
  // While a bundle is being built nothing is deleted: its blobs belong to no table yet. What was to be deleted
  // meanwhile goes afterwards.
  void hold_collection(bool is_held);

 private:
  Installation(Vfs& vfs, BundleStore store, StateSlots slots, BuiltInBundle built_in, NativeFacts native,
               const Clock& clock, TrialRules rules);
  void fire(Trigger trigger, const TriggerFacts& facts = {});
  void note(const LifecycleRow& row, const State& before, const TriggerFacts& facts);
  void settle();
  bool open_run(MonotonicTime at);
  bool close_run(MonotonicTime at);
  void judge_crashes();
  void judge_native();
  bool judge_files();
  Status check_sizes(const TreeRoot& root) const;
  void degrade();
  void leave_unread();
  bool may_run(const BundleRecord& record) const;
  bool try_activate(const Moment& moment, ApplyMode mode);
  Moment moment_of(MomentKind kind) const;
  Status save();
  void save_or_degrade();
  void run(std::optional<BundleRecord> record);
  Instant now() const;

  BundleStore store_;
  StateSlots slots_;
  BuiltInBundle built_in_;
  NativeFacts native_;
  const Clock* clock_;
  TrialRules rules_;
  State state_;
  std::shared_ptr<const RunningBundle> running_;
  std::vector<Happening> happenings_;
  bool must_collect_ = false;
  bool is_collection_held_ = false;
  bool is_degraded_ =
      false;               // the disk refused to count a trial, or to give files: what runs is not what the state says
  bool is_saved_ = true;   // the last attempt to was no failure
  ForegroundTimer timer_;  // since the run was opened
  ForegroundTimer run_timer_;  // since the first page
  bool is_run_open_ = false;   // a page is looked at, and the state says so
  std::vector<LoadToken> loads_;
  std::optional<TreeRoot> load_root_;  // of loads_; nothing: no page yet
  std::optional<MonotonicTime> in_background_since_;
};

}  // namespace latchkey::update
