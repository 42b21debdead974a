// The encrypted vault of a device: named records, sealed one by one under a random data key, which any number of slots
// wrap independently (a passcode, the desktop's keyring, a TPM). Several processes may use one vault file.
// Format: docs/formats/vault-v1.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "vault/checkpoint.h"
#include "vault/device_identity.h"
#include "vault/key_store.h"
#include "vault/lock_policy.h"
#include "vault/record_store.h"
#include "vault/rollback_anchor.h"
#include "vault/user_presence.h"
#include "vault/vault_type.h"

namespace latchkey::vault {

// What a vault works with. `clock` outlives it. At most one key store per kind.
struct VaultParts {
  std::unique_ptr<RecordStore> records;
  std::vector<std::unique_ptr<KeyStore>> key_stores;
  std::unique_ptr<DeviceIdentity> device;
  const Clock& clock;
  std::unique_ptr<RollbackAnchor> anchor = nullptr;  // none: vaults that have one fail to unlock with unsupported
  // For vaults of type device_security: at most one that recognises biometrics, and one for the system's passcode.
  std::vector<std::unique_ptr<UserPresence>> presences = {};
  std::unique_ptr<Checkpoints> checkpoints = nullptr;  // none: vaults with one fail to unlock with unsupported
  CheckpointPace checkpoint_pace = {};
};

struct SlotRequest {
  SlotKind kind;
  std::string label;  // shown in lists; at most 64 bytes; stored in clear
};

struct CreateOptions {
  std::vector<SlotRequest> slots;  // at least one
  LockPolicy policy;
  SecurityLevel minimum_level = SecurityLevel::software;  // a slot below it is refused, now and later
  // Uses VaultParts::anchor: an older copy of the whole file that is put back is noticed, if it is from before the last
  // unlocking that wrote something.
  bool is_anchored = false;
  // Uses VaultParts::checkpoints, which knows the vault when create() returns: as set_checkpoint(), in one step. Asked
  // with no session's record, for there is none yet; not together with is_anchored.
  std::optional<CheckpointRule> checkpoint = std::nullopt;
  // A type other than by_slots says what slots there may be (slot_rules.h). Device security recognises the user now,
  // as at every unlocking.
  VaultProtection protection = {};
};

// Another protection for a vault that is there: update_config().
struct VaultConfig {
  VaultProtection protection;
  std::vector<SlotRequest> new_slots;
  std::vector<std::uint32_t> kept_slots = {};  // all others are removed
};

// Answers to "what is there?". A vault that is not there at all (fresh) and one that is damaged (corrupted) are answers
// of look(), for no Vault can be opened then.
enum class State {
  fresh,                    // nothing is there: create it
  locked,                   // unlock it
  unlocked,                 //
  restored_elsewhere,       // made on another device: portable slots still open it, this device's keys do not
  invalidated,              // every slot's key is gone for good: destroy and sign in again
  temporarily_unavailable,  // nothing is lost, try again later
  corrupted,                // damaged or altered; nothing of it was used
};
std::string_view name_of(State state);

struct SlotStatus {
  std::uint32_t id;
  SlotKind kind;
  std::string label;
  SecurityLevel level;
  Portability portability;
  Instant created_at;
  std::optional<Error> problem;       // why it cannot be used now, as far as can be told without asking the user
  std::chrono::milliseconds wait{0};  // before the next attempt, after failed ones
  std::uint32_t failed_attempts = 0;
};

struct VaultStatus {
  State state;
  bool is_other_device;  // the device binding differs; device-bound slots are refused
  VaultId id;
  std::uint32_t generation;
  SecurityLevel level;                        // the weakest slot's: what protects the data in truth
  std::optional<std::uint32_t> unlocked_by;   // slot id
  std::optional<std::uint64_t> record_count;  // known while unlocked
  LockPolicy policy;
  Instant rotated_at;            // when the data key was made
  bool is_rotation_due = false;  // it is older than the policy wants
  bool is_anchored = false;
  std::optional<CheckpointStatus> checkpoint = std::nullopt;  // the anchor, when it is one at a server
  // What was asked for; what was achieved are `level` and the next two.
  VaultProtection protection = {};
  // What the user's presence adds to the weakest slot that asks for it, now; none: no slot asks, or nobody can be
  // recognised now (the slots' problem says why).
  std::optional<PresenceStrength> presence = std::nullopt;
  bool is_key_bound = false;  // the platform releases the key to the presence only; never on Linux
  std::vector<SlotStatus> slots;
  std::size_t left_keys = 0;  // keys of former slots that are still in their stores: remove_left_keys()
};

enum class RecordKind : std::uint8_t { bytes = 1, text = 2, json = 3, date = 4 };

struct RecordInfo {
  std::string name;
  RecordKind kind;
  std::uint64_t sequence;  // grows with every write to the vault
  Instant written_at;
  std::optional<Instant> expires_at;
  bool is_ask_every_time = false;
};

// How a record is to be kept.
struct RecordOptions {
  RecordKind kind = RecordKind::bytes;
  std::optional<Instant> expires_at = std::nullopt;  // from then on it is not there; its bytes go with the next write
  bool is_ask_every_time = false;                    // reading the value takes a fresh authenticate()
};

struct PageRequest {
  std::string_view prefix = {};
  std::string_view after = {};  // the last name of the page before; empty: the first page
  std::size_t limit = 100;
};

// One step of an atomic batch: sets, or removes when there is no value.
struct Change {
  std::string name;
  std::optional<RecordValue> value;
  RecordKind kind = RecordKind::bytes;
  // Only if the record still has this sequence; 0: only if there is none.
  std::optional<std::uint64_t> expected_sequence = std::nullopt;
  std::optional<Instant> expires_at = std::nullopt;  // as RecordOptions
  bool is_ask_every_time = false;
};

// One authentication for many reads (an export), until the vault locks. Vault::open_read_window() gives it.
class ReadWindow final {
 private:
  friend class Vault;
  explicit ReadWindow(std::weak_ptr<const char> unlocking) : unlocking_(std::move(unlocking)) {}
  std::weak_ptr<const char> unlocking_;
};

struct LockedEvent {
  LockReason reason;
};
struct UnlockedEvent {
  std::uint32_t slot;
  SlotKind kind;
};
struct ConfigChangedEvent {
  VaultProtection protection;
};
// A step of the vault's own worker ended: its server knows the writes before it, or why it does not and the step comes
// again. status() tells the rest.
struct CheckpointEvent {
  std::optional<Error> problem;
};
// Observers run on the thread that caused the event, after the vault's own locks are released; they may call the vault,
// and may not destroy it. Threads of the vault's own cause some: one steps its checkpoint (CheckpointEvent, a lock as
// rolled_back), one rotates its data key by age; either may find that it is to lock.
struct VaultObserver {
  std::function<void(const LockedEvent&)> on_lock;
  std::function<void(const UnlockedEvent&)> on_unlock;
  std::function<void(const ConfigChangedEvent&)> on_config_changed = {};  // by this object
  std::function<void(const CheckpointEvent&)> on_checkpoint = {};
};

// Thread-safe. Every operation on records fails with vault_locked while it is locked. Fails everywhere:
// temporarily_unavailable, vault_corrupted, storage_failed, storage_full.
class Vault final {
 public:
  // What is at the store, without asking the user and without keeping anything open.
  static Result<VaultStatus> look(VaultParts parts);

  // A new vault, unlocked. Fails: already_exists when anything is there, readable or not; invalid_argument;
  // unsupported (no such key store, or below the minimum level); and as KeyStore::wrap, and with a checkpoint as
  // Checkpoints. What fails leaves no file.
  static Result<std::unique_ptr<Vault>> create(VaultParts parts, const CreateOptions& options, const Prompt& prompt);

  // An existing vault, locked. Fails: not_found (fresh), vault_corrupted, future_version, temporarily_unavailable.
  static Result<std::unique_ptr<Vault>> open(VaultParts parts);

  // Wipes the keys; no event. Cancels the step of a checkpoint or of a rotation that is under way and joins its thread.
  // What was written is in the file, whether the server was told of it or not. A rotation's step of at most 1,024
  // records ends first; while another process writes, that is after what the store waits for it.
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  Result<VaultStatus> status();
  bool is_locked();

  // After vault_rolled_back, or when the anchor's device was cleared: takes the file as it is. Unlocks it with a fresh
  // anchor of the kind it has (no such part: without one from now on). Only when the user has said so, so not by an
  // ephemeral slot. Fails as unlock().
  Status accept_rollback(const Prompt& prompt, std::optional<std::uint32_t> slot = std::nullopt);

  // Opens one slot, or the first usable one: ephemeral ones, then device-bound ones, in the order of ids. One prompt,
  // however many call: those who come while it is open wait, each until its own stop token, and share its answer.
  // Fails: wrong_passcode, locked_out (detail: seconds to wait), vault_restored_elsewhere, key_missing,
  // key_invalidated, user_cancelled, cancelled, not_found (no such slot), vault_rolled_back (the file is an older copy;
  // see accept_rollback()), and as the anchor. One with a checkpoint asks its server first, and where that is required
  // fails also: temporarily_unavailable (it cannot be reached), login_required (its session is over). A vault of type
  // device_security recognises the user first, and fails also: not_enrolled, permission_denied, presence_timeout,
  // unsupported (no such presence, or below the minimum), key_invalidated (other biometrics than before: name a
  // passcode or recovery slot, and they are taken as they are from then on).
  Status unlock(const Prompt& prompt, std::optional<std::uint32_t> slot = std::nullopt);
  // The same through an ephemeral slot of this login session, asking nobody. Fails: key_missing when there is none (any
  // more).
  Status unlock_shared();
  // Wipes the keys of this process. Locked already is ok, without an event.
  void lock(LockReason reason = LockReason::manual);
  // Tries a slot without changing the state of the vault; counts as an attempt.
  Status check_slot(std::uint32_t slot, const Prompt& prompt);

  // Names are 1 to 255 bytes of UTF-8. Values are at most 1 MiB. Durable when it returns.
  // With a checkpoint a thread of the vault's own tells the server afterwards: no write waits for a network.
  Status set(std::string_view name, const RecordValue& value, RecordKind kind = RecordKind::bytes);
  Status set(std::string_view name, const RecordValue& value, const RecordOptions& options);
  Status set(std::string_view name, RecordValue&& value, RecordKind kind = RecordKind::bytes);
  Status set(std::string_view name, RecordValue&& value, const RecordOptions& options);
  // Fail also: reauthentication_required (a record that asks every time).
  Result<RecordValue> get(std::string_view name);  // Fails: not_found
  Result<std::optional<RecordValue>> find(std::string_view name);
  // The same, of records that ask every time, too.
  Result<RecordValue> get(std::string_view name, const ReadWindow& window);
  // Uses up what authenticate() allowed, as reading one record does. Fails: reauthentication_required.
  Result<ReadWindow> open_read_window();
  Result<RecordInfo> get_info(std::string_view name);                  // Fails: not_found
  Status remove(std::string_view name);                                // Fails: not_found
  Result<std::vector<RecordInfo>> list(std::string_view prefix = {});  // by name
  // One page, by name; an empty one: there are no more. Costs the page, however many records there are.
  Result<std::vector<RecordInfo>> page(const PageRequest& request);
  // All or nothing. Fails: conflict when an expected sequence differs.
  Status apply(std::span<const Change> changes);
  // Hands the value to native code without the caller keeping it; wiped when the consumer returns. Fails: not_found,
  // and what the consumer fails with.
  Status use_value(std::string_view name, const std::function<Status(const RecordValue&)>& consumer);
  // Grows with every change by any process; compare to learn of others' changes.
  Result<std::uint64_t> get_revision();
  // Grows with every change that was not made by this object; counts as no use of the vault. ChangeWatch tells when.
  Result<std::uint64_t> get_revision_by_others();
  // Reads every byte of the file, and authenticates every record.
  Status verify();
  // Removes records that have expired, and their bytes from the file. Unlocking does so too, and every write removes
  // some.
  Status purge();

  // A new data key; every record is sealed anew, in steps of which each is durable. Other processes lock and must
  // unlock again; this one reads and writes on. One that was interrupted is carried on by the next call. `progress`
  // gets the number of records sealed anew so far. Fails: cancelled (carry on later).
  Status rotate(const std::function<void(std::uint64_t)>& progress = {}, const std::stop_token& stop = {});
  // A vault whose key has reached the policy's age rotates by itself: a thread of its own does so after the first write
  // of an unlocking, and carries on one that began an hour ago or more; not while slots are changed or the user proves
  // to be there, but after it. This waits for it, or does it now: before closing, which waits for one step at most.
  // Fails as rotate(), cancelled; temporarily_unavailable (not now).
  bool is_rotation_wanted();
  Status rotate_if_wanted(const std::stop_token& stop = {});

  // The user proves to be there: opens a slot, without changing the state of the vault. Allows to read records that ask
  // every time, as the policy says. Ephemeral slots prove nothing and are not used; a store that opens without asking
  // (an unlocked keyring, a TPM without a PIN) proves as little. Fails as check_slot(), invalid_argument.
  Status authenticate(const Prompt& prompt, std::optional<std::uint32_t> slot = std::nullopt);

  // While unlocked. Tries remove_left_keys() afterwards, as all changes of slots do: a token may ask for its PIN
  // although nothing is done to its slots (Pkcs11KeyStoreOptions::ask_pin_to_forget). Fails: unsupported, and as
  // KeyStore::wrap.
  Result<std::uint32_t> add_slot(const SlotRequest& request, const Prompt& prompt);
  // Its key goes, too; that of a vault restored from elsewhere stays, for there the slot may still be one. Fails:
  // slot_in_use for the last one that can open the vault, not_found.
  Status remove_slot(std::uint32_t slot);
  // While unlocked: another type, other slots; the records stay. One write: what crashes in between leaves the old
  // protection or the new. Who holds a copy of the file from before opens that as before; rotate() afterwards to part
  // with it. Fails: invalid_argument (the slots are not of that type), unsupported, not_found (a kept slot), conflict
  // (another process changed them), and as KeyStore::wrap and unlock().
  Status update_config(const VaultConfig& config, const Prompt& prompt);
  // Wraps anew under the same number; the old wrap is overwritten. For a passcode slot: changes the passcode.
  Status rewrap_slot(std::uint32_t slot, const Prompt& prompt);
  // While unlocked: removes keys from their stores that no slot names, because the program was killed that made them or
  // because their store was away or locked when their slot went; changing slots does so too. May ask for a token's PIN
  // (Pkcs11KeyStoreOptions::ask_pin_to_forget). Answers how many are still there: VaultStatus::left_keys. Never a key
  // that this vault did not make; none at all of a vault restored from elsewhere.
  Result<std::size_t> remove_left_keys();
  // Fails: invalid_argument (check_policy()).
  Status set_policy(const LockPolicy& policy);
  // Binds a vault that was restored from elsewhere to this device. Keys that were being made there are left to that
  // one.
  Status adopt_device();
  // While unlocked: from now on the server that the user is signed in at (a session of this vault) remembers how far
  // the vault has come; nullopt: not any more. Replaces another anchor. Fails: unsupported, and as Checkpoints.
  Status set_checkpoint(std::optional<CheckpointRule> rule, const std::stop_token& stop = {});
  // While unlocked: asks the server whether this file is the newest, if it was not asked yet, and tells it how far the
  // file has come. A thread of the vault's own does so by itself: at once after the first write of an unlocking, then
  // once a minute as long as there are writes, and again and again where it failed (CheckpointPace). Waits its turn.
  // Call it before locking or closing, which wait for no server, and after what must not be undone. ok without a
  // checkpoint. Fails as Checkpoints, and vault_rolled_back: then the vault is locked.
  Status checkpoint(const std::stop_token& stop = {});
  // Overwrites and removes the file, and the slots' keys in their stores. Ends a step of its checkpoint that is under
  // way, which fails as vault_locked. An open vault is forgotten at its checkpoint's server first; `stop` only gives up
  // waiting for that one, which then keeps a number that nobody asks for.
  Status destroy(const std::stop_token& stop = {});

  // Locks when the policy says so, and tells how long until it may again. LockTimer calls it; so may an app's event
  // loop.
  std::optional<std::chrono::milliseconds> enforce_policy();
  void note_backgrounded();
  void note_foregrounded();
  // The desktop locked, or the machine goes to sleep: locks if the policy says so, else as note_backgrounded().
  // DesktopLock calls it.
  void note_screen_locked(LockReason reason = LockReason::screen_off);

  // Called until the returned handle goes. The vault outlives no obligation: the handle may outlive it.
  [[nodiscard]] std::shared_ptr<const VaultObserver> observe(VaultObserver observer);

 private:
  struct Inner;
  enum class Unlocking { anyhow, shared };
  explicit Vault(std::unique_ptr<Inner> inner);
  Status unlock_by(const Prompt& prompt, std::optional<std::uint32_t> slot, Unlocking how);
  Result<std::optional<RecordValue>> find_within(std::string_view name, const ReadWindow* window);
  std::unique_ptr<Inner> inner_;
};

}  // namespace latchkey::vault
