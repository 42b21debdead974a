// The state of a Vault, shared by the files that implement its operations: vault.cpp (life), vault_records.cpp,
// vault_slots.cpp (slots, policy, destruction), vault_anchor.cpp, vault_enrolment.cpp, vault_config.cpp,
// vault_unlocking.cpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "vault/assessment.h"
#include "vault/observers.h"
#include "vault/unlocking.h"

namespace latchkey::vault {

struct UnlockedState {
  Contents contents;
  std::uint32_t slot;
  UnlockedSince since;
  bool is_epoch_begun = false;  // this unlocking has written something, and counted the anchor up
  std::shared_ptr<const char> identity = std::make_shared<const char>('\0');  // of this unlocking, for ReadWindow
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

// What opening a slot gives.
struct Opened {
  Contents contents;
  std::uint32_t slot;
  SlotKind kind;
  std::optional<Recognition> recognition = std::nullopt;
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

struct Vault::Inner {
  explicit Inner(VaultParts made_from) : parts(std::move(made_from)) {}

  VaultParts parts;
  Observers observers;
  Observers::Turn& unlocking = observers.turn;  // one prompt at a time; taken before `mutex`
  std::mutex mutex;                             // guards `open` and everything done with it
  std::optional<UnlockedState> open;
  std::uint64_t own_revisions = 0;  // of the vault's revisions, those that were made here; under `mutex`
  std::optional<Seen> seen;         // when it was locked last

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
    if (open) seen = Seen::of(open->contents);
    open.reset();
  }
  std::optional<Seen> last_seen() {
    const std::lock_guard hold(mutex);
    return open ? Seen::of(open->contents) : seen;
  }

  void lock(LockReason reason);
  Status destroy();  // with `unlocking` held
  // With `unlocking` held.
  enum class Believe { the_anchor, the_file };
  Result<Opened> open_with(const Prompt& prompt, std::optional<std::uint32_t> slot, Believe how = Believe::the_anchor,
                           SlotChoice choice = SlotChoice::any);
  // Other processes may be reading: then their log goes later, which is no failure.
  Status scrub() {
    const Status scrubbed = parts.records->scrub();
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
  Result<T> read(const std::function<Result<T>(Contents&, RecordReader&)>& work, Use use = Use::counts) {
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

  Status write(const std::function<Status(Contents&, RecordWriter&)>& work) {
    return with_open([&](UnlockedState& state) -> Status {
      std::uint64_t made = 0;
      const auto counted = [&](Contents& contents, RecordWriter& writer) -> Status {
        const std::uint64_t before = contents.manifest().revision;
        TRY_DO(work(contents, writer));
        made = contents.manifest().revision - before;
        return {};
      };
      TRY_DO(write_counted(state, counted));
      own_revisions += made;
      return {};
    });
  }

  Status write_counted(UnlockedState& state, const std::function<Status(Contents&, RecordWriter&)>& work) {
    if (!state.is_epoch_begun) return write_first(state, work);
    return state.contents.write(*parts.records, [&](RecordWriter& writer) { return work(state.contents, writer); });
  }

  // A write of an unlocking of which no anchor has counted one yet.
  Status write_first(UnlockedState& state, const std::function<Status(Contents&, RecordWriter&)>& work);
  // Compares the file with its anchor, if it has one, and counts the anchor up after a crash.
  Status settle_anchor(Contents& contents);

  // With `unlocking` held. Whether the biometrics that were recognised are the vault's. Fails: key_invalidated.
  Status check_enrolment(Opened& opened);
  // After an unlocking: takes the biometrics as they are now.
  void learn_enrolment(const std::optional<Recognition>& recognition);
  std::optional<EnrolmentDigest> find_enrolment();
};

}  // namespace latchkey::vault
