// The state of a Vault, shared by the files that implement its operations: vault.cpp (life), vault_records.cpp,
// vault_slots.cpp (slots, policy, destruction), vault_anchor.cpp, vault_checkpoint.cpp, vault_checkpoint_steps.cpp,
// vault_enrolment.cpp, vault_config.cpp, vault_unlocking.cpp, vault_rotation.cpp, vault_loose_keys.cpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "vault/assessment.h"
#include "vault/checkpoint_comparison.h"
#include "vault/checkpoint_watch.h"
#include "vault/checkpoint_worker.h"
#include "vault/observers.h"
#include "vault/taking_turns.h"
#include "vault/unlocking.h"

namespace latchkey::vault {

// What is to be done about it.
struct CheckpointStep {
  CheckpointPlace place;
  VaultId vault;
  bool is_verified, has_writes, is_told;
  std::shared_ptr<const char> identity;  // of the unlocking that it is a step of
  std::stop_token locked;
};

// A vault before it is given a checkpoint.
struct UnanchoredState {
  VaultId vault;
  AnchorCount epoch;
  std::optional<Bytes> anchor;  // another one
};

struct UnlockedState {
  Contents contents;
  std::uint32_t slot;
  UnlockedSince since;
  bool is_epoch_begun = false;  // this unlocking has written something, and counted the anchor up
  std::shared_ptr<const char> identity = std::make_shared<const char>('\0');  // of this unlocking, for ReadWindow
  CheckpointWatch checkpoint = {};
  std::stop_source locked = {};
  // By age. Tried: it is done, or failed, or was cancelled; not again in this unlocking.
  enum class Rotation { not_due, wanted, tried } rotation = Rotation::not_due;
};

// Of the file, as this process knew it last: an older copy is told although the keys are gone.
struct Seen {
  VaultId vault;
  std::uint32_t generation;
  std::uint64_t revision;

  static Seen of(const Contents& contents) {
    return {contents.header().id, contents.header().generation, contents.manifest().revision};
  }
  bool is_newer_than(const Contents& contents) const {
    const Seen other = of(contents);
    return vault == other.vault && (generation > other.generation || revision > other.revision);
  }
};

// The turn of what asks the server for an open vault. Observers are told after it of what happened in it.
struct StepTurn {
  Observers::HoldingBack told_later;
  TakingTurns::Turn turn;
};

// What opening a slot gives.
struct Opened {
  Contents contents;
  std::uint32_t slot;
  SlotKind kind;
  std::optional<Recognition> recognition = std::nullopt;
  CheckpointWatch checkpoint = {};
};

// One unlocking, and all who wait for it.
struct UnlockFlight {
  std::optional<std::uint32_t> slot;
  std::optional<Status> ended = std::nullopt;
};

// A copy of what wrapping takes, for work without the vault's lock.
struct WrapInputs {
  Header header;
  std::vector<Slot> slots;
  Keyring keys;
};

using ContentsWork = FunctionRef<Status(Contents&, RecordWriter&)>;
// As they were noted (loose_key.h).
using KeyNotes = std::vector<LooseKey>;

struct DueKeys {
  std::vector<LooseKey> keys;
  bool are_elsewhere = false;  // this device does not know what became of them on the file's own
};

struct Vault::Inner {
  explicit Inner(VaultParts made_from) : parts(std::move(made_from)) {}

  VaultParts parts;
  Observers observers;
  Observers::Turn& unlocking = observers.turn;  // one prompt at a time; taken before `mutex`
  std::mutex mutex;                             // guards `open` and everything done with it
  std::optional<UnlockedState> open;
  std::uint64_t own_revisions = 0;  // of the vault's revisions, those that were made here; under `mutex`
  std::optional<Seen> seen;         // when it was locked last
  int no_rotations = 0;             // NoRotation; under `mutex`

  std::mutex flying;
  std::condition_variable_any landed;
  std::shared_ptr<UnlockFlight> flight;  // guarded by `flying`, as its members are

  UnlockParts unlock_parts() const {
    return {*parts.records, parts.key_stores, *parts.device, parts.clock, parts.presences};
  }

  // With `mutex` held: locks if the policy says so.
  std::optional<LockReason> lock_if_due() {
    if (!open) return std::nullopt;
    const auto reason = find_lock_reason(open->contents.header().policy, open->since, parts.clock.now());
    if (reason) close();
    return reason;
  }
  // With `mutex` held.
  void close() {
    if (!open) return;
    seen = Seen::of(open->contents);
    open->locked.request_stop();
    open.reset();
  }
  std::optional<Seen> last_seen() {
    const std::lock_guard hold(mutex);
    return open ? Seen::of(open->contents) : seen;
  }

  void lock(LockReason reason);
  Status destroy();  // with `unlocking` held
  // With `unlocking` held.
  // the_unlocking: what is open now was compared with its checkpoint already.
  enum class Believe { the_anchor, the_unlocking, the_file };
  Result<Opened> open_with(const Prompt& prompt, std::optional<std::uint32_t> slot, Believe how = Believe::the_anchor,
                           SlotChoice choice = SlotChoice::any);
  Result<Opened> open_newest(OpenedSlot opened, const std::optional<Seen>& known, Believe how);
  // Fails also: vault_locked (the data key was rotated since the slot was opened). Takes the slot's data key.
  Result<Contents> open_contents(OpenedSlot& opened, const std::optional<Seen>& known, Believe how);
  Status check_opened(Opened& opened, Believe how, const std::stop_token& stop);
  // Other processes may be reading: then their log goes later, which is no failure.
  enum class Patience { waits, none };
  Status scrub(Patience patience = Patience::waits) {
    RecordStore& records = *parts.records;
    Status scrubbed = patience == Patience::waits ? records.scrub() : records.scrub_at_once();
    if (!scrubbed && scrubbed.error().code != Code::temporarily_unavailable) return scrubbed;
    return {};
  }
  Result<WrapInputs> get_wrap_inputs();
  // After a failed attempt: destroys the vault when its policy says so, and says that instead.
  Error after_failure(const Error& error);

  enum class Use { counts, is_none };  // for the idle time

  // Runs `work` on the unlocked contents.
  template <class Work>
  auto with_open(Work&& work, Use use = Use::counts) -> std::invoke_result_t<Work, UnlockedState&> {
    std::unique_lock hold(mutex);
    if (const auto reason = lock_if_due()) {
      hold.unlock();
      observers.announce(LockedEvent{*reason});
      return fail(Code::vault_locked, name_of(*reason));
    }
    if (!open) return fail(Code::vault_locked);
    if (use == Use::counts) open->since.last_used_at = parts.clock.now();
    auto answer = work(*open);
    if (!open->contents.is_superseded()) return answer;
    close();
    hold.unlock();
    observers.announce(LockedEvent{LockReason::other_process});
    return answer;
  }

  template <class T>
  Result<T> read(const FunctionRef<Result<T>(Contents&, RecordReader&)>& work, Use use = Use::counts) {
    const auto read_once = [&](UnlockedState& state) -> Result<T> {
      std::optional<T> answer;
      TRY_DO(state.contents.read(*parts.records, [&](RecordReader& reader) -> Status {
        TRY(answer, work(state.contents, reader));
        return {};
      }));
      return *std::move(answer);
    };
    return with_open(read_once, use);
  }

  struct Wanted {
    bool step = false;  // of a checkpoint
    bool rotation = false;
  };
  Status write(const ContentsWork& work, Use use = Use::counts) {
    Wanted wanted;
    TRY_DO(write_only(work, &wanted, use));
    // The write is durable and answered for; what the server says can only lock the vault.
    if (wanted.step) checkpoint_worker.wake();
    if (wanted.rotation) rotation_worker.wake();
    return {};
  }
  // Asks for nothing to be done after it.
  Status write_only(const ContentsWork& work, Wanted* wanted = nullptr, Use use = Use::counts) {
    const auto write_open = [&](UnlockedState& state) -> Status {
      std::uint64_t made = 0;
      const auto counted = [&](Contents& contents, RecordWriter& writer) -> Status {
        const std::uint64_t before = contents.manifest().revision;
        TRY_DO(work(contents, writer));
        made = contents.manifest().revision - before;
        return {};
      };
      TRY_DO(write_counted(state, counted));
      own_revisions += made;
      if (wanted != nullptr && made != 0) *wanted = {has_checkpoint(state.contents), want_rotation(state)};
      return {};
    };
    return with_open(write_open, use);
  }

  Status write_counted(UnlockedState& state, const ContentsWork& work) {
    if (!state.is_epoch_begun) return write_first(state, work);
    return state.contents.write(*parts.records, [&](RecordWriter& writer) { return work(state.contents, writer); });
  }

  // A write of an unlocking of which no anchor has counted one yet.
  Status write_first(UnlockedState& state, const ContentsWork& work);
  // Compares the file with its anchor, if it has one, and counts the anchor up after a crash.
  Status settle_anchor(Contents& contents);

  // The checkpoint at a server (vault_checkpoint.cpp, vault_checkpoint_steps.cpp).
  TakingTurns stepping;  // by the next three, with no lock held, before `unlocking`
  // Of a vault that is being opened. Fails when it may not be.
  Status check_checkpoint(Opened& opened, const std::stop_token& stop);
  static bool has_checkpoint(const Contents& contents) {
    return contents.anchor() && is_checkpoint(*contents.anchor());
  }
  // Verifies what was not yet, and brings the server up to what was written. Locks the vault when it was rolled back.
  Status step_checkpoint(const std::stop_token& stop);
  Result<StepTurn> take_step_turn(const std::stop_token& stop);
  StepTurn end_steps();  // takes the next turn; who is stepping is told to stop
  // Runs `work` in a turn, with a token that is stopped also by end_steps(), which is for what locks the vault. Fails
  // then: vault_locked.
  Status take_turn(const std::function<Status(const std::stop_token&)>& work, const std::stop_token& stop);
  Status step_in_turn(const std::stop_token& stop);
  Status run_step(const CheckpointStep& step, const CheckpointCall& call);
  Status after_failed_step(const CheckpointStep& step, const Error& error, const std::stop_token& stop);
  Result<std::optional<CheckpointStep>> look_at_checkpoint();  // nothing: the vault has no checkpoint
  // Of the same unlocking only. Fails: vault_locked.
  Status in_unlocking_of(const CheckpointStep& step, const std::function<Status(UnlockedState&)>& work);
  Status write_step(const CheckpointStep& step);
  Result<std::optional<AnchorCount>> read_epoch(const CheckpointStep& step);
  Status learn_of_others();                                    // of writes by other processes
  std::optional<std::chrono::milliseconds> time_until_step();  // of the worker
  void work_at_checkpoint(const std::stop_token& stop);
  std::unique_ptr<SessionRecords> open_records();
  // For a vault that is being made.
  Result<Anchor> begin_checkpoint(CheckpointRule rule, const VaultId& vault, const std::stop_token& stop);
  void forget_anchor(const Anchor& anchor, const VaultId& vault);  // of one that did not come to be
  // A count above the server's and `epoch`: what it will be, and storing it there.
  Result<AnchorCount> find_next_count(AnchorCount epoch, const CheckpointCall& call);
  Result<Anchor> make_count(const CheckpointPlace& place, AnchorCount count, const CheckpointCall& call);
  // Both.
  Result<Anchor> take_count(const CheckpointPlace& place, AnchorCount epoch, const CheckpointCall& call);
  Result<Anchor> renew_checkpoint(Contents& contents, const std::stop_token& stop);  // for accept_rollback()
  // With a step's turn.
  Status set_rule(CheckpointRule rule, const std::stop_token& stop);
  Status add_checkpoint(const CheckpointPlace& place, SessionRecords& records, const std::stop_token& stop);
  Result<Anchor> prepare_checkpoint(const CheckpointPlace& place, const UnanchoredState& before,
                                    const CheckpointCall& call);
  Status drop_checkpoint(const std::stop_token& stop);
  void forget_checkpoint(const std::stop_token& stop);  // of a vault that is unlocked, at the server

  // Rotation (vault_rotation.cpp).
  // After a write, with `mutex` held.
  bool want_rotation(UnlockedState& state) const;
  bool is_rotation_wanted();
  bool may_rotate_by_age();  // it is wanted, and nobody holds it back
  // While it lives the key's age begins no rotation, which comes after it: for what takes an unchanged generation while
  // the user is asked or a store works. With `unlocking` held.
  class NoRotation final {
   public:
    explicit NoRotation(Inner& inner);
    ~NoRotation();
    NoRotation(const NoRotation&) = delete;
    NoRotation& operator=(const NoRotation&) = delete;

   private:
    Inner& inner_;
  };
  Status seal_all_anew(const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop, Use use);
  Status rotate_by_age(const std::stop_token& stop);
  Status rotate_in_unlocking(const std::shared_ptr<const char>& identity, const std::stop_token& stop);

  // Keys in stores that no slot names (vault_loose_keys.cpp), with no lock held but `unlocking`.
  // For making slots: keys are noted before they are made. Both outlive it.
  Prompt noting_keys(const Prompt& prompt, KeyNotes& notes);
  // In the write that names those keys in slots. Fails: conflict.
  static Status settle_notes(Contents& contents, RecordWriter& writer, const KeyNotes& notes);
  // In the write that parts with the slots. `unnoted`: those to forget without a note.
  Status note_removed(Contents& contents, RecordWriter& writer, std::span<const Slot> slots,
                      std::vector<Slot>& unnoted) const;
  // After it. Best effort, as the next: what is left stays noted.
  void forget_removed(std::span<const Slot> unnoted);
  // Of a change that came to nothing: the slots that it made, and all the keys that it noted.
  void give_up_keys(std::span<const Slot> made, const KeyNotes& notes);
  Result<KeyNotes> take_back_notes(std::span<const Slot> made, const KeyNotes& notes);
  Result<DueKeys> claim_due_keys();
  // Nobody names them, or comes to name them. Answers how many are still in their stores, as the next.
  Result<std::size_t> forget_keys(std::span<const LooseKey> keys);
  Result<std::size_t> sweep_keys();  // those that are due
  void forget_loose_keys();          // all, of a vault that is being destroyed
  // In the write that adopts a file: its former device may have named them since.
  static Status drop_keys_being_made(Contents& contents, RecordWriter& writer);

  // With `unlocking` held. Whether the biometrics that were recognised are the vault's. Fails: key_invalidated.
  Status check_enrolment(Opened& opened);
  // After an unlocking: takes the biometrics as they are now.
  void learn_enrolment(const std::optional<Recognition>& recognition);
  std::optional<EnrolmentDigest> find_enrolment();

  // Last, so that their threads have ended before anything that they use goes.
  CheckpointWorker checkpoint_worker{[this] { return time_until_step(); },
                                     [this](const std::stop_token& stop) { work_at_checkpoint(stop); }};
  CheckpointWorker rotation_worker{[this]() -> std::optional<std::chrono::milliseconds> {
                                     if (!may_rotate_by_age()) return std::nullopt;
                                     return std::chrono::milliseconds(0);
                                   },
                                   [this](const std::stop_token& stop) { static_cast<void>(rotate_by_age(stop)); }};
};

}  // namespace latchkey::vault
