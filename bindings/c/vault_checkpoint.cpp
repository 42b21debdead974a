// Checkpoints that the host keeps: its callbacks as the vault's port.
#include "bindings/c/handles.h"

namespace latchkey::c {
namespace {

using vault::AnchorCount;
using vault::CheckpointCall;

// A host that says "not found" means that there is no number: no reason to open a vault.
Status answer_of_store(std::int32_t code) {
  Status said = status_of(code);
  if (!said && said.error().code == Code::not_found) return fail(Code::key_missing, "a callback");
  return said;
}

class HostCheckpoints final : public vault::Checkpoints {
 public:
  explicit HostCheckpoints(const lk_checkpoints& host) : host_(host), server_(host.server) {}

  Result<std::string> find_server(vault::SessionRecords& /*records*/) override { return server_; }
  Result<AnchorCount> read(const CheckpointCall& call) override {
    AnchorCount count = 0;
    TRY_DO(ask(call, [&](const lk_checkpoint_call* lent) { return host_.get(host_.user_data, lent, &count); }));
    return count;
  }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override { return put(call, to, 0); }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override { return put(call, first, 1); }
  Status remove(const CheckpointCall& call) override {
    return ask(call, [&](const lk_checkpoint_call* lent) { return host_.forget(host_.user_data, lent); });
  }

 private:
  template <class Question>
  Status ask(const CheckpointCall& call, Question&& question) {
    if (call.server != server_) return fail(Code::login_required, "the vault's checkpoint is with another server");
    const lk_checkpoint_call lent{call};
    return answer_of_store(question(&lent));
  }
  Result<AnchorCount> put(const CheckpointCall& call, AnchorCount count, std::int32_t may_make) {
    AnchorCount stored = 0;
    const Status done = ask(call, [&](const lk_checkpoint_call* lent) {
      return host_.put(host_.user_data, lent, count, may_make, &stored);
    });
    if (done) return count;
    if (done.error().code != Code::conflict) return tl::unexpected(done.error());
    if (stored < count) return fail(Code::protocol_violation, "a callback: a conflict with a lower number");
    return stored;
  }

  lk_checkpoints host_;
  std::string server_;
};

Status check_name(const char* name) { return refuse_null(name == nullptr, "name"); }

}  // namespace

Result<std::unique_ptr<vault::Checkpoints>> to_checkpoints(const lk_checkpoints* checkpoints) {
  if (checkpoints == nullptr) return std::unique_ptr<vault::Checkpoints>();
  TRY(const lk_checkpoints given, read_struct(checkpoints));
  const bool is_whole = given.get != nullptr && given.put != nullptr && given.forget != nullptr;
  TRY_DO(refuse_null(given.server == nullptr || !is_whole, "checkpoints"));
  if (given.interval < 0 || given.first_retry < 0) return fail(Code::invalid_argument, "checkpoints: a time");
  TRY_DO(vault::print_checkpoint_place({vault::CheckpointRule::required, given.server}));
  return std::make_unique<HostCheckpoints>(given);
}

vault::CheckpointPace to_checkpoint_pace(const lk_checkpoints* checkpoints) {
  vault::CheckpointPace pace;
  const auto given = read_struct(checkpoints);
  if (!given) return pace;  // to_checkpoints() said so
  if (given->interval != 0) pace.interval = std::chrono::milliseconds(given->interval);
  if (given->first_retry != 0) pace.first_retry = std::chrono::milliseconds(given->first_retry);
  pace.longest_retry = std::max(pace.longest_retry, pace.first_retry);
  return pace;
}

Result<std::optional<vault::CheckpointRule>> to_checkpoint_rule(std::int32_t rule) {
  std::optional<vault::CheckpointRule> made;
  if (rule < LK_CHECKPOINT_NONE || rule > LK_CHECKPOINT_WHEN_REACHABLE) return fail(Code::invalid_argument, "rule");
  if (rule != LK_CHECKPOINT_NONE) made = static_cast<vault::CheckpointRule>(rule);
  return made;
}

}  // namespace latchkey::c

using namespace latchkey;

void lk_checkpoint_vault(const lk_checkpoint_call* call, uint8_t id[LK_ID_SIZE]) {
  if (call != nullptr && id != nullptr) std::ranges::copy(call->call.vault, id);
}

int32_t lk_checkpoint_is_cancelled(const lk_checkpoint_call* call) {
  return call != nullptr && call->call.stop.stop_requested() ? 1 : 0;
}

int32_t lk_checkpoint_find(const lk_checkpoint_call* call, const char* name, void* buffer, size_t capacity,
                           size_t* size, int32_t* is_found) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(call == nullptr || is_found == nullptr, "call"));
    TRY_DO(c::check_name(name));
    TRY(const auto value, call->call.records.find(name));
    *is_found = value ? 1 : 0;
    return c::copy_bytes(value ? value->reveal() : ByteView(), buffer, capacity, size);
  });
}

int32_t lk_checkpoint_put(const lk_checkpoint_call* call, const char* name, const void* value, size_t size) {
  return c::answer([&]() -> Status {
    TRY_DO(c::refuse_null(call == nullptr || (value == nullptr && size != 0), "call"));
    TRY_DO(c::check_name(name));
    const ByteView bytes(static_cast<const std::uint8_t*>(value), size);
    return call->call.records.put(name, vault::RecordValue::copy_of(bytes));
  });
}

int32_t lk_vault_set_checkpoint(lk_vault* vault, int32_t rule, const lk_cancel* cancel) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY(const auto wanted, c::to_checkpoint_rule(rule));
    return opened.set_checkpoint(wanted, c::to_stop_token(cancel));
  });
}

int32_t lk_vault_checkpoint(lk_vault* vault, const lk_cancel* cancel) {
  return c::with_vault(vault, [&](vault::Vault& opened) { return opened.checkpoint(c::to_stop_token(cancel)); });
}
