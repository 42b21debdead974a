#include "bindings/c/handles.h"

namespace latchkey::c {
namespace {

using std::chrono::milliseconds;

Result<milliseconds> to_duration(std::int64_t millis) {
  if (millis < 0) return fail(Code::invalid_argument, "a duration below zero");
  return milliseconds(millis);
}

}  // namespace

Result<vault::Prompt> to_prompt(const lk_prompt* prompt) {
  TRY(const lk_prompt asked, read_struct(prompt));
  vault::Prompt made;
  if (asked.reason != nullptr) made.reason = asked.reason;
  if (asked.ask_passcode != nullptr)
    made.ask_passcode = [asked](vault::PasscodeAsk what) {
      const auto ask = static_cast<std::int32_t>(what);  // enum lk_ask has the same numbers
      return ask_secret<vault::Passcode>([&](std::uint8_t* buffer, std::size_t capacity, std::size_t* size) {
        return asked.ask_passcode(asked.user_data, ask, buffer, capacity, size);
      });
    };
  if (asked.show_recovery_code != nullptr)
    made.show_recovery_code = [asked](const vault::RecoveryCode& code) -> Status {
      auto text = vault::RecoveryCode::zeroed(code.size() + 1);  // C text ends with a zero byte
      std::ranges::copy(code.reveal(), text.reveal_to_write().begin());
      const auto* const shown = reinterpret_cast<const char*>(text.reveal().data());
      return status_of(asked.show_recovery_code(asked.user_data, shown, code.size()));
    };
  TRY(const milliseconds timeout, to_duration(asked.timeout));
  if (timeout.count() != 0) made.timeout = timeout;
  made.stop = to_stop_token(asked.cancel);
  return made;
}

Result<vault::SlotRequest> to_slot_request(const lk_slot_request& request) {
  if (request.kind < LK_SLOT_PASSCODE || request.kind > static_cast<int>(vault::SlotKind::passkey_prf))
    return fail(Code::invalid_argument, "slot kind");
  return vault::SlotRequest{static_cast<vault::SlotKind>(request.kind), request.label == nullptr ? "" : request.label};
}

Result<std::vector<vault::SlotRequest>> to_slot_requests(const lk_slot_request* slots, std::size_t count) {
  TRY_DO(refuse_null(slots == nullptr && count != 0, "slots"));
  std::vector<vault::SlotRequest> made;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(auto request, to_slot_request(slots[i]));
    made.push_back(std::move(request));
  }
  return made;
}

Result<vault::VaultProtection> to_protection(const lk_protection* protection) {
  if (protection == nullptr) return vault::VaultProtection{};
  TRY(const lk_protection given, read_struct(protection));
  const bool is_known =
      given.type >= LK_TYPE_BY_SLOTS && given.type <= LK_TYPE_IN_MEMORY &&
      given.device_security >= LK_DEVICE_SECURITY_NONE && given.device_security <= LK_DEVICE_SECURITY_BOTH &&
      given.minimum_presence >= LK_PRESENCE_NONE && given.minimum_presence <= LK_PRESENCE_MAXIMUM &&
      given.on_enrolment_change >= LK_ENROLMENT_ACCEPT && given.on_enrolment_change <= LK_ENROLMENT_REFUSE_AND_DROP;
  if (!is_known) return fail(Code::invalid_argument, "protection");
  vault::VaultProtection made;
  made.type = static_cast<vault::VaultType>(given.type);
  made.device_security = static_cast<vault::DeviceSecurityType>(given.device_security);
  if (given.minimum_presence != LK_PRESENCE_NONE)
    made.minimum_presence = static_cast<vault::PresenceStrength>(given.minimum_presence);
  made.on_enrolment_change = static_cast<vault::OnEnrolmentChange>(given.on_enrolment_change);
  made.destroy_takes_unlock = given.destroy_takes_unlock != 0;
  return made;
}

lk_protection from_protection(const vault::VaultProtection& protection) {
  lk_protection made{};
  made.struct_size = sizeof made;
  made.type = static_cast<std::int32_t>(protection.type);
  made.device_security = static_cast<std::int32_t>(protection.device_security);
  made.minimum_presence = static_cast<std::int32_t>(protection.minimum_presence);
  made.on_enrolment_change = static_cast<std::int32_t>(protection.on_enrolment_change);
  made.destroy_takes_unlock = protection.destroy_takes_unlock ? 1 : 0;
  return made;
}

Result<vault::LockPolicy> to_policy(const lk_policy* policy) {
  if (policy == nullptr) return vault::LockPolicy{};
  TRY(const lk_policy given, read_struct(policy));
  vault::LockPolicy made;
  TRY(made.lock_after_idle, to_duration(given.lock_after_idle));
  TRY(made.lock_after_backgrounded, to_duration(given.lock_after_backgrounded));
  TRY(made.maximum_unlocked_time, to_duration(given.maximum_unlocked_time));
  TRY(made.reauthenticate_after, to_duration(given.reauthenticate_after));
  TRY(made.rotate_after, to_duration(given.rotate_after));
  made.lock_on_screen_off = given.lock_on_screen_off != 0;
  made.maximum_attempts = given.maximum_attempts;
  if (given.after_attempts != LK_ATTEMPTS_DELAY && given.after_attempts != LK_ATTEMPTS_WIPE)
    return fail(Code::invalid_argument, "after_attempts");
  made.after_attempts = static_cast<vault::AfterAttempts>(given.after_attempts);
  return made;
}

lk_policy from_policy(const vault::LockPolicy& policy) {
  lk_policy made{};
  made.lock_after_idle = policy.lock_after_idle.count();
  made.lock_after_backgrounded = policy.lock_after_backgrounded.count();
  made.maximum_unlocked_time = policy.maximum_unlocked_time.count();
  made.reauthenticate_after = policy.reauthenticate_after.count();
  made.rotate_after = policy.rotate_after.count();
  made.lock_on_screen_off = policy.lock_on_screen_off ? 1 : 0;
  made.maximum_attempts = policy.maximum_attempts;
  made.after_attempts = static_cast<std::int32_t>(policy.after_attempts);
  return made;
}

}  // namespace latchkey::c

using namespace latchkey;

int32_t lk_policy_default(lk_policy* policy) {
  return c::answer([&] { return c::write_struct(policy, c::from_policy(vault::LockPolicy{})); });
}

lk_cancel* lk_cancel_new(void) { return new (std::nothrow) lk_cancel; }
void lk_cancel_request(lk_cancel* cancel) {
  if (cancel != nullptr) cancel->source.request_stop();
}
void lk_cancel_free(lk_cancel* cancel) { delete cancel; }
