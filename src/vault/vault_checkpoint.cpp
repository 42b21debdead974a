// The checkpoint of a vault: asking it at an unlocking, making it, taking it away (vault_checkpoint_steps.cpp: its
// steps). The file's epoch is never below the count at its server. The server is asked with none of the store's locks
// held, which takes no turns among processes: counts only grow, so it is enough to ask for the count first and read the
// file's epoch after it. A file that nobody vouched for begins no epoch, or its writes would make up for what it lacks.
#include "vault/checkpoint.h"

#include "base/registers.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view session_name = "latchkey/session";

bool is_of_session(std::string_view name) { return name.starts_with(session_name); }

// Of a vault that nobody may use yet.
class OpeningRecords final : public SessionRecords {
 public:
  OpeningRecords(Contents& contents, RecordStore& store, const Clock& clock)
      : contents_(contents), store_(store), clock_(clock) {}

  Result<std::optional<RecordValue>> find(std::string_view name) override {
    std::optional<RecordValue> value;
    if (!is_of_session(name)) return value;
    TRY_DO(contents_.read(store_, [&](RecordReader& reader) -> Status {
      TRY(auto found, contents_.find_value(reader, name, clock_.now()));
      if (found && !found->is_ask_every_time) value = std::move(found->value);
      return {};
    }));
    return value;
  }
  Status put(std::string_view name, const RecordValue& value) override {
    if (!is_of_session(name)) return fail(Code::permission_denied, "not the session's record");
    std::vector<Change> changes;
    changes.push_back({.name = std::string(name), .value = value.clone(), .kind = RecordKind::json});
    return contents_.write(store_, [&](RecordWriter& writer) {
      contents_.leave_coverage();
      return contents_.apply(writer, changes, clock_.now());
    });
  }

 private:
  Contents& contents_;
  RecordStore& store_;
  const Clock& clock_;
};

// Of a vault that is in use.
class OpenRecords final : public SessionRecords {
 public:
  using Finder = std::function<Result<std::optional<RecordValue>>(std::string_view)>;
  using Putter = std::function<Status(std::string_view, const RecordValue&)>;
  OpenRecords(Finder finder, Putter putter) : finder_(std::move(finder)), putter_(std::move(putter)) {}

  Result<std::optional<RecordValue>> find(std::string_view name) override {
    if (!is_of_session(name)) return std::optional<RecordValue>();
    return finder_(name);
  }
  Status put(std::string_view name, const RecordValue& value) override {
    if (!is_of_session(name)) return fail(Code::permission_denied, "not the session's record");
    return putter_(name, value);
  }

 private:
  Finder finder_;
  Putter putter_;
};

// Of a vault that is not there yet.
class NoRecords final : public SessionRecords {
 public:
  Result<std::optional<RecordValue>> find(std::string_view /*name*/) override { return std::optional<RecordValue>(); }
  Status put(std::string_view /*name*/, const RecordValue& /*value*/) override {
    return fail(Code::permission_denied, "there is no vault yet");
  }
};

// Whether nothing is known, as opposed to something being wrong.
bool is_passing(Code code) {
  switch (code) {
    case Code::vault_rolled_back:
    case Code::key_missing:
    case Code::cancelled:
    case Code::vault_corrupted:
    case Code::vault_locked:
    case Code::future_version:
    case Code::storage_failed:
    case Code::storage_full:
      return false;
    default:
      return true;
  }
}

// What a locked vault says: what to do next, not which layer of the network failed.
Error why_locked(const Error& error) {
  switch (error.code) {
    case Code::network_unreachable:
    case Code::network_timeout:
    case Code::server_error:
    case Code::busy:
    case Code::protocol_violation:
    case Code::input_too_large:
    case Code::temporarily_unavailable:
      return {Code::temporarily_unavailable, "the server of its checkpoint could not be reached, and it is required"};
    default:
      return error;
  }
}

}  // namespace

Status Vault::Inner::check_checkpoint(Opened& opened, const std::stop_token& stop) {
  const auto anchor = opened.contents.anchor();
  if (!anchor || !is_checkpoint(*anchor)) return {};
  TRY(const CheckpointPlace place, parse_checkpoint_place(*anchor));
  if (!parts.checkpoints) return fail(Code::unsupported, "checkpoint at a server");
  OpeningRecords records(opened.contents, *parts.records, parts.clock);
  const CheckpointCall call{place.server, opened.contents.header().id, records, stop};
  const EpochReader read_epoch = [&]() -> Result<std::optional<AnchorCount>> {
    TRY_DO(opened.contents.read(*parts.records, [](RecordReader& /*reader*/) { return Status(); }));
    return epoch_for(opened.contents, place);
  };
  Status asked = compare_with_server(*parts.checkpoints, call, read_epoch);
  opened.checkpoint.is_verified = asked.has_value();
  if (asked) return {};
  if (!is_passing(asked.error().code)) return asked;
  // Then the rule that was read is not the file's.
  if (opened.contents.anchor() != anchor)
    return fail(Code::temporarily_unavailable, "its checkpoint was changed meanwhile");
  if (place.rule == CheckpointRule::required) return tl::unexpected(why_locked(asked.error()));
  opened.checkpoint.note_failure(asked.error(), parts.checkpoint_pace, parts.clock.now());
  return {};
}

std::unique_ptr<SessionRecords> Vault::Inner::open_records() {
  auto finder = [this](std::string_view name) {
    return read<std::optional<RecordValue>>(
        [&](Contents& contents, RecordReader& reader) -> Result<std::optional<RecordValue>> {
          std::optional<RecordValue> value;
          TRY(auto found, contents.find_value(reader, name, parts.clock.now()));
          if (found && !found->is_ask_every_time) value = std::move(found->value);
          return value;
        },
        Use::is_none);
  };
  auto putter = [this](std::string_view name, const RecordValue& value) {
    std::vector<Change> changes;
    changes.push_back({.name = std::string(name), .value = value.clone(), .kind = RecordKind::json});
    const Instant now = parts.clock.now();
    return write_only([&](Contents& contents, RecordWriter& writer) {
      contents.leave_coverage();
      return contents.apply(writer, changes, now);
    });
  };
  return std::make_unique<OpenRecords>(std::move(finder), std::move(putter));
}

Result<AnchorCount> Vault::Inner::find_next_count(AnchorCount epoch, const CheckpointCall& call) {
  const auto known = parts.checkpoints->read(call);
  if (!known && known.error().code != Code::key_missing) return tl::unexpected(known.error());
  return std::max(epoch, known.value_or(0)) + 1;
}

Result<Anchor> Vault::Inner::make_count(const CheckpointPlace& place, AnchorCount count, const CheckpointCall& call) {
  TRY(Bytes parameters, print_checkpoint_place(place));
  TRY(const AnchorCount stored, parts.checkpoints->make(call, count));
  if (stored != count) return fail(Code::conflict, "another process moved the checkpoint");
  return Anchor{std::move(parameters), count};
}

// Stored at the server first: when the file's write is lost after it, the file is as it was.
Result<Anchor> Vault::Inner::take_count(const CheckpointPlace& place, AnchorCount epoch, const CheckpointCall& call) {
  TRY(const AnchorCount count, find_next_count(epoch, call));
  return make_count(place, count, call);
}

Result<Anchor> Vault::Inner::begin_checkpoint(CheckpointRule rule, const VaultId& vault, const std::stop_token& stop) {
  if (!parts.checkpoints) return fail(Code::unsupported, "checkpoint at a server");
  NoRecords records;
  TRY(std::string server, parts.checkpoints->find_server(records));
  const CheckpointPlace place{rule, std::move(server)};
  return take_count(place, 0, {place.server, vault, records, stop});
}

void Vault::Inner::forget_anchor(const Anchor& anchor, const VaultId& vault) {
  if (!is_checkpoint(anchor.parameters)) {
    static_cast<void>(parts.anchor->remove(anchor.parameters));
    return;
  }
  NoRecords records;
  const auto place = parse_checkpoint_place(anchor.parameters);
  if (place) static_cast<void>(parts.checkpoints->remove({place->server, vault, records}));
}

Result<Anchor> Vault::Inner::renew_checkpoint(Contents& contents, const std::stop_token& stop) {
  TRY(const CheckpointPlace place, parse_checkpoint_place(*contents.anchor()));
  OpeningRecords records(contents, *parts.records, parts.clock);
  const CheckpointCall call{place.server, contents.header().id, records, stop};
  return take_count(place, contents.manifest().epoch, call);
}

void Vault::Inner::forget_checkpoint(const std::stop_token& stop) {
  const auto step = look_at_checkpoint();
  if (!step || !*step || !parts.checkpoints) return;
  const auto records = open_records();
  static_cast<void>(parts.checkpoints->remove({(*step)->place.server, (*step)->vault, *records, stop}));
}

Status Vault::Inner::drop_checkpoint(const std::stop_token& stop) {
  TRY(const auto step, look_at_checkpoint());
  if (!step) return {};
  TRY_DO(
      write_only([](Contents& contents, RecordWriter& writer) { return contents.put_anchor(writer, std::nullopt); }));
  if (!parts.checkpoints) return {};
  const auto records = open_records();  // the server's row harms nobody; it ages there
  static_cast<void>(parts.checkpoints->remove({step->place.server, step->vault, *records, stop}));
  return {};
}

Status Vault::Inner::set_rule(CheckpointRule rule, const std::stop_token& stop) {
  if (!parts.checkpoints) return fail(Code::unsupported, "checkpoint at a server");
  const auto records = open_records();
  TRY(std::string server, parts.checkpoints->find_server(*records));
  const CheckpointPlace place{rule, std::move(server)};
  TRY(const auto before, look_at_checkpoint());
  if (!before || before->place.server != place.server) return add_checkpoint(place, *records, stop);
  // What is there is compared first, and told of the change after it.
  TRY_DO(step_in_turn(stop));
  TRY(const Bytes parameters, print_checkpoint_place(place));
  TRY_DO(write_only(
      [&](Contents& contents, RecordWriter& writer) { return contents.put_anchor_parameters(writer, parameters); }));
  return step_in_turn(stop);
}

Status Vault::set_checkpoint(std::optional<CheckpointRule> rule, const std::stop_token& stop) {
  const VectorRegisterGuard no_copies_in_registers;
  const auto work = [&](const std::stop_token& either) {
    return rule ? inner_->set_rule(*rule, either) : inner_->drop_checkpoint(either);
  };
  return inner_->take_turn(work, stop);
}

// The file goes first, as with every step: of processes that do this at once, or are killed in it, none leaves a count
// at the server that is above the file's epoch. With a counter for an anchor the epoch is the counter's; the first
// write of an unlocking raises it.
Result<Anchor> Vault::Inner::prepare_checkpoint(const CheckpointPlace& place, const UnanchoredState& before,
                                                const CheckpointCall& call) {
  if (before.anchor && !is_checkpoint(*before.anchor)) return take_count(place, before.epoch + 1, call);
  TRY(const AnchorCount count, find_next_count(before.epoch, call));
  TRY_DO(write_only([&](Contents& contents, RecordWriter& writer) -> Status {
    if (contents.anchor() != before.anchor) return fail(Code::conflict, "another process changed the anchor");
    return contents.raise_epoch(writer, count);
  }));
  return make_count(place, count, call);
}

Status Vault::Inner::add_checkpoint(const CheckpointPlace& place, SessionRecords& records,
                                    const std::stop_token& stop) {
  TRY(const auto before,
      read<UnanchoredState>([](Contents& contents, RecordReader& /*reader*/) -> Result<UnanchoredState> {
        return UnanchoredState{contents.header().id, contents.manifest().epoch, contents.anchor()};
      }));
  TRY(const Anchor made, prepare_checkpoint(place, before, {place.server, before.vault, records, stop}));
  TRY_DO(write_only([&](Contents& contents, RecordWriter& writer) -> Status {
    if (contents.anchor() != before.anchor || contents.manifest().epoch > made.count)
      return fail(Code::conflict, "another process changed the anchor");
    return contents.put_anchor(writer, made);
  }));
  const bool has_counter = before.anchor && !is_checkpoint(*before.anchor);
  if (has_counter && parts.anchor) static_cast<void>(parts.anchor->remove(*before.anchor));
  return with_open([](UnlockedState& state) -> Status {
    state.checkpoint = {.is_verified = true};
    return {};
  });
}

}  // namespace latchkey::vault
