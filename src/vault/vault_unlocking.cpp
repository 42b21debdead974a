// Unlocking: one prompt, shared by all who ask meanwhile.
#include "base/registers.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

// Of a vault whose data key others rotate meanwhile.
constexpr int max_openings = 3;

}  // namespace

// Whoever comes first asks; the others wait for the answer, and share it. Only when the first gave up by its own stop
// token does the next one ask.
Status Vault::unlock(const Prompt& prompt, std::optional<std::uint32_t> slot) {
  if (!is_locked()) return {};
  const Observers::HoldingBack told_after_landing(inner_->observers);
  std::unique_lock hold(inner_->flying);
  while (inner_->flight && inner_->flight->slot == slot) {
    const auto shared = inner_->flight;
    if (!inner_->landed.wait(hold, prompt.stop, [&] { return shared->ended.has_value(); }))
      return fail(Code::cancelled);
    if (*shared->ended || shared->ended->error().code != Code::cancelled) return *shared->ended;
  }
  const auto mine = inner_->flight = std::make_shared<UnlockFlight>(UnlockFlight{slot});
  hold.unlock();
  const Status ended = unlock_by(prompt, slot, Unlocking::anyhow);
  hold.lock();
  mine->ended = ended;
  if (inner_->flight == mine) inner_->flight.reset();
  hold.unlock();
  inner_->landed.notify_all();
  return ended;
}

Status Vault::unlock_shared() { return unlock_by({}, std::nullopt, Unlocking::shared); }

Status Vault::unlock_by(const Prompt& prompt, std::optional<std::uint32_t> slot, Unlocking how) {
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  if (!is_locked()) return {};
  const SlotChoice choice = how == Unlocking::shared ? SlotChoice::ephemeral : SlotChoice::any;
  TRY(Opened opened, inner_->open_with(prompt, slot, Inner::Believe::the_anchor, choice));
  const Instant now = inner_->parts.clock.now();
  const bool is_purge_due =
      opened.contents.manifest().earliest_expiry() <= static_cast<std::uint64_t>(to_unix_millis(now));
  {
    const std::lock_guard hold(inner_->mutex);
    inner_->open.emplace(UnlockedState{std::move(opened.contents), opened.slot, {now, now}});
    inner_->open->checkpoint = opened.checkpoint;
  }
  // It asks again what nobody answered, and tells of writes that the last unlocking, or a program that was killed, did
  // not come to tell of.
  if (inner_->time_until_step()) inner_->checkpoint_worker.wake();
  inner_->learn_enrolment(opened.recognition);
  inner_->observers.announce(UnlockedEvent{opened.slot, opened.kind});
  if (is_purge_due) static_cast<void>(purge());  // if it fails now, a later write does it
  return {};
}

Result<Opened> Vault::Inner::open_with(const Prompt& prompt, std::optional<std::uint32_t> slot, Believe how,
                                       SlotChoice choice) {
  const UnlockParts with = unlock_parts();
  const std::optional<Seen> known = last_seen();
  auto opened = slot ? open_slot(with, *slot, prompt) : open_any_slot(with, prompt, choice);
  if (!opened) return tl::unexpected(after_failure(opened.error()));
  if (choice == SlotChoice::lasting && is_ephemeral(opened->kind))
    return fail(Code::invalid_argument, "an ephemeral slot proves nobody's presence");
  auto answer = open_newest(*std::move(opened), known, how);
  const Status checked = answer ? check_opened(*answer, how, prompt.stop) : Status(tl::unexpected(answer.error()));
  if (checked) return answer;
  // What locks an open vault is none here.
  if (checked.error().code == Code::vault_locked)
    return fail(Code::temporarily_unavailable, "the data key was rotated meanwhile");
  return tl::unexpected(checked.error());
}

// The data key may be rotated while the user is asked.
Result<Opened> Vault::Inner::open_newest(OpenedSlot opened, const std::optional<Seen>& known, Believe how) {
  for (int opening = 1;; ++opening) {
    auto contents = open_contents(opened, known, how);
    if (contents) return Opened{*std::move(contents), opened.slot, opened.kind, opened.recognition};
    if (contents.error().code != Code::vault_locked || opening == max_openings) return tl::unexpected(contents.error());
    TRY_DO(open_again(unlock_parts(), opened));
  }
}

Result<Contents> Vault::Inner::open_contents(OpenedSlot& opened, const std::optional<Seen>& known, Believe how) {
  TRY(Keyring keys, Keyring::create(std::move(opened.key), opened.header));
  std::optional<Contents> contents;
  TRY_DO(parts.records->read([&](RecordReader& reader) -> Status {
    TRY(contents, Contents::open(std::move(keys), reader));
    return {};
  }));
  if (how == Believe::the_file) return *std::move(contents);
  if (known && known->is_newer_than(*contents)) return fail(Code::vault_rolled_back, "older than this process knew it");
  TRY_DO(settle_anchor(*contents));
  return *std::move(contents);
}

Status Vault::Inner::check_opened(Opened& opened, Believe how, const std::stop_token& stop) {
  if (how == Believe::the_anchor) TRY_DO(check_checkpoint(opened, stop));
  return check_enrolment(opened);
}

}  // namespace latchkey::vault
