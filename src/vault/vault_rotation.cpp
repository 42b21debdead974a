// Rotation of the data key: when somebody asks for it, and by a thread of the vault's own when the key has reached its
// age and the vault is written to anyway - who only reads has no reason to lock other programs, which have to unlock
// again.
#include "base/registers.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

// Other processes wait for one step at most, and what it changes stays in memory until it commits.
constexpr RotationLimit rotation_step{.records = 1024, .bytes = std::size_t{4} << 20};
// One that is under way goes on in the process that began it; so long after it began nobody is at it any more.
constexpr std::chrono::hours left_alone{1};

bool is_left(const Contents& contents, Instant now) {
  return contents.is_rotating() && now - contents.header().rotated_at >= left_alone;
}

bool has_reached_its_age(const Contents& contents, Instant now) {
  return is_rotation_due(contents.header().policy, contents.header().rotated_at, now);
}

// It comes when those who hold it back are done.
Status rotate_later() { return fail(Code::temporarily_unavailable, "the slots are in use"); }

}  // namespace

Vault::Inner::NoRotation::NoRotation(Inner& inner) : inner_(inner) {
  const std::lock_guard hold(inner_.mutex);
  ++inner_.no_rotations;
}

Vault::Inner::NoRotation::~NoRotation() {
  {
    const std::lock_guard hold(inner_.mutex);
    --inner_.no_rotations;
  }
  if (inner_.may_rotate_by_age()) inner_.rotation_worker.wake();
}

bool Vault::Inner::want_rotation(UnlockedState& state) const {
  using Rotation = UnlockedState::Rotation;
  const Instant now = parts.clock.now();
  const bool is_due = has_reached_its_age(state.contents, now) || is_left(state.contents, now);
  if (is_due && state.rotation == Rotation::not_due) state.rotation = Rotation::wanted;
  return state.rotation == Rotation::wanted;
}

bool Vault::Inner::is_rotation_wanted() {
  const std::lock_guard hold(mutex);
  return open && open->rotation == UnlockedState::Rotation::wanted;
}

bool Vault::Inner::may_rotate_by_age() {
  const std::lock_guard hold(mutex);
  return open && open->rotation == UnlockedState::Rotation::wanted && no_rotations == 0;
}

Status Vault::Inner::seal_all_anew(const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop,
                                   Use use) {
  RotationStep step;
  const auto take_step = [&](Contents& contents, RecordWriter& writer) -> Status {
    TRY(step, contents.rotate_some(writer, rotation_step));
    return {};
  };
  for (std::uint64_t sealed = 0; !step.is_last;) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    TRY_DO(write(take_step, use));
    sealed += step.records;
    if (progress) progress(sealed);
  }
  return {};
}

Status Vault::rotate(const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop) {
  const VectorRegisterGuard no_copies_in_registers;
  const Instant now = inner_->parts.clock.now();
  TRY_DO(inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
    return contents.is_rotating() ? Status() : contents.begin_rotation(writer, now);
  }));
  TRY_DO(inner_->seal_all_anew(progress, stop, Inner::Use::counts));
  return inner_->scrub(stop.stop_requested() ? Inner::Patience::none : Inner::Patience::waits);
}

// Of threads and processes that come at once one begins; the others find a key that is new, and help.
Status Vault::Inner::rotate_by_age(const std::stop_token& stop) {
  const VectorRegisterGuard no_copies_in_registers;
  const DeadStackGuard no_copies_on_the_stack;
  std::shared_ptr<const char> identity;
  {
    const std::lock_guard hold(mutex);
    if (!open || open->rotation != UnlockedState::Rotation::wanted) return {};
    if (stop.stop_requested()) return fail(Code::cancelled);
    if (no_rotations != 0) return rotate_later();
    identity = open->identity;
  }
  return rotate_in_unlocking(identity, stop);
}

// Another unlocking may come meanwhile: it tries for itself.
Status Vault::Inner::rotate_in_unlocking(const std::shared_ptr<const char>& identity, const std::stop_token& stop) {
  const Instant now = parts.clock.now();
  bool is_held_back = false;
  const auto begin = [&](Contents& contents, RecordWriter& writer) -> Status {
    if (!open || open->identity != identity) return fail(Code::vault_locked);
    if (contents.is_rotating() || !has_reached_its_age(contents, now)) return {};
    is_held_back = no_rotations != 0;
    return is_held_back ? Status() : contents.begin_rotation(writer, now);
  };
  Status done = write(begin, Use::is_none);
  if (is_held_back) return rotate_later();
  if (done) done = seal_all_anew({}, stop, Use::is_none);
  // With the store's lock held nobody is waited for: the vault is in use, and may be about to close.
  if (done) done = scrub(Patience::none);
  const std::lock_guard hold(mutex);
  if (open && open->identity == identity) open->rotation = UnlockedState::Rotation::tried;
  return done;
}

bool Vault::is_rotation_wanted() { return inner_->is_rotation_wanted(); }

Status Vault::rotate_if_wanted(const std::stop_token& stop) { return inner_->rotate_by_age(stop); }

}  // namespace latchkey::vault
