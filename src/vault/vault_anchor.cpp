// The rollback anchor of a vault: a counter outside the file. The first write of every unlocking carries the next
// count, and when it is durable the counter follows; both under the store's one write lock, so that processes take
// turns.
#include "base/registers.h"
#include "vault/checkpoint.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

// Inside a write: brings file and anchor together, or says why they are not. Another process may just have given the
// vault an anchor, or taken it away.
bool has_counter(const Contents& contents) { return contents.anchor() && !is_checkpoint(*contents.anchor()); }

Status settle(const Contents& contents, RollbackAnchor* anchor) {
  if (!has_counter(contents)) return {};
  if (anchor == nullptr) return fail(Code::unsupported, "rollback anchor");
  const Bytes& parameters = *contents.anchor();
  TRY(const AnchorCount count, anchor->read(parameters));
  switch (compare(contents.manifest().epoch, count)) {
    case AnchorVerdict::current:
      return {};
    case AnchorVerdict::one_ahead:
      return anchor->increment(parameters).map([](AnchorCount) {});
    case AnchorVerdict::rolled_back:
      return fail(Code::vault_rolled_back, "the file is older than its anchor");
    case AnchorVerdict::impossible:
      break;
  }
  return fail(Code::vault_rolled_back, "the anchor is not the one that the file was written with");
}

}  // namespace

Status Vault::Inner::settle_anchor(Contents& contents) {
  if (!has_counter(contents)) return {};
  return contents.write(*parts.records, [&](RecordWriter& /*writer*/) { return settle(contents, parts.anchor.get()); });
}

Status Vault::Inner::write_first(UnlockedState& state, const ContentsWork& work) {
  bool is_written = false;
  TRY_DO(state.contents.write(*parts.records, [&](RecordWriter& writer) -> Status {
    TRY_DO(settle(state.contents, parts.anchor.get()));
    if (!has_counter(state.contents)) return work(state.contents, writer);
    const std::uint64_t revision = state.contents.manifest().revision;
    state.contents.begin_epoch();
    TRY_DO(work(state.contents, writer));
    is_written = state.contents.manifest().revision != revision;
    if (!is_written) state.contents.take_back_epoch();
    return {};
  }));
  if (!is_written) return {};
  state.is_epoch_begun = true;
  // The write is durable. If the anchor does not answer now, the file stays one ahead, and whoever writes or unlocks
  // next counts it up.
  static_cast<void>(settle_anchor(state.contents));
  return {};
}

Status Vault::accept_rollback(const Prompt& prompt, std::optional<std::uint32_t> slot) {
  const VectorRegisterGuard no_copies_in_registers;
  // A step that is under way would find the new count with the old file.
  TRY(const auto no_steps, inner_->take_step_turn(prompt.stop));
  const std::lock_guard one_at_a_time(inner_->unlocking);
  const Inner::NoRotation meanwhile(*inner_);
  TRY(Opened opened, inner_->open_with(prompt, slot, Inner::Believe::the_file, SlotChoice::lasting));
  std::optional<Anchor> fresh;
  const std::optional<Bytes> before = opened.contents.anchor();
  const bool is_at_server = before && is_checkpoint(*before);
  if (is_at_server && inner_->parts.checkpoints) {
    TRY(fresh, inner_->renew_checkpoint(opened.contents, prompt.stop));
  } else if (!is_at_server && inner_->parts.anchor) {
    TRY(fresh, inner_->parts.anchor->create());
  }
  const Status written = opened.contents.write(
      *inner_->parts.records, [&](RecordWriter& writer) { return opened.contents.put_anchor(writer, fresh); });
  const std::optional<Bytes> unused = written ? before : fresh ? std::optional(fresh->parameters) : std::nullopt;
  if (unused && !is_at_server && inner_->parts.anchor) static_cast<void>(inner_->parts.anchor->remove(*unused));
  TRY_DO(written);
  const Instant now = inner_->parts.clock.now();
  {
    const std::lock_guard hold(inner_->mutex);
    inner_->open.emplace(UnlockedState{std::move(opened.contents), opened.slot, {now, now}});
    inner_->open->checkpoint.is_verified = is_at_server && fresh;
    inner_->own_revisions = 0;  // an older file may not have them
  }
  inner_->observers.announce(UnlockedEvent{opened.slot, opened.kind});
  return {};
}

}  // namespace latchkey::vault
