#include "identity/login/password_sign_in.h"

#include "identity/accounts/login_name.h"
#include "identity/accounts/password_store.h"
#include "identity/audit_log.h"
#include "identity/login/await_hasher.h"

namespace latchkey::identity {

namespace {

struct Admitted {
  PasswordCandidate candidate;
  Admission admission;
};

Result<Admitted> admit(sql::Transaction& tx, const SignInService& service, const PasswordAttempt& attempt,
                       const std::string& login_name, Instant now) {
  Admitted admitted;
  TRY(admitted.candidate, find_password(tx, login_name));
  const auto& account = admitted.candidate.account;
  const Attempt counted{login_name, account ? std::optional(account->id) : std::nullopt, attempt.device_cookie,
                        attempt.address};
  TRY(admitted.admission, admit_attempt(tx, counted, service.settings.throttle, service.deps.secrets.buckets(), now));
  return admitted;
}

// Nothing: the password may be tried, and has been counted.
std::optional<std::chrono::seconds> find_spray_wait(SignInService& service, const PasswordAttempt& attempt,
                                                    const Admission& admission) {
  if (admission.is_known_device) return std::nullopt;
  return service.tried_passwords.take(attempt.password, service.now());
}

// The password was right, or was not tried.
void uncount(SignInService& service, const PasswordAttempt& attempt, const Admission& admission) {
  if (!admission.is_known_device) service.tried_passwords.give_back(attempt.password);
}

KnownTurns::Turn take_turn(SignInService& service, const Admitted& admitted) {
  if (!admitted.admission.is_known_device) return {};
  return service.known_turns.take(admitted.candidate.account->id);
}

PasswordAnswer throttled_for(std::chrono::seconds wait, const Admission& admission) {
  return {.outcome = SignInOutcome::throttled,
          .account = {},
          .phc = {},
          .is_known_device = admission.is_known_device,
          .retry_after = wait};
}

// What is written after a right password. An account that was disabled meanwhile is not signed in.
Result<bool> settle(sql::Transaction& tx, const Admitted& admitted, std::string_view new_phc, Instant now) {
  const UserId& user = admitted.candidate.account->id;
  TRY(const PasswordCandidate current, find_password_of(tx, user));
  if (!current.may_sign_in() || current.phc != admitted.candidate.phc) return false;
  TRY_DO(give_back(tx, admitted.admission, now));
  if (!new_phc.empty()) TRY_DO(replace_hash(tx, user, admitted.candidate.phc, new_phc));
  return true;
}

}  // namespace

http::Task<Result<PasswordAnswer>> try_password(SignInService& service, const PasswordAttempt& attempt) {
  const Instant now = service.now();
  // A name that cannot exist is looked up like any other.
  const std::string login_name = normalise_login_name(attempt.login_name).value_or(attempt.login_name);
  auto admit_work = [&](sql::Transaction& tx) { return admit(tx, service, attempt, login_name, now); };
  CO_TRY(const Admitted admitted, co_await service.deps.db.write(admit_work));

  const Admission& admission = admitted.admission;
  if (admission.retry_after) co_return throttled_for(*admission.retry_after, admission);
  if (const auto wait = find_spray_wait(service, attempt, admission)) {
    auto undo = [&](sql::Transaction& tx) -> Status { return give_name_back(tx, admission, now); };
    CO_TRY_DO(co_await service.deps.db.write(undo));
    co_return throttled_for(*wait, admission);
  }

  PasswordAnswer answer;
  answer.is_known_device = admission.is_known_device;
  const PasswordHashing hashing = service.hashing();
  const KnownTurns::Turn turn = take_turn(service, admitted);
  const auto check = co_await check_password(hashing, attempt.password, admitted.candidate.phc, turn.asker());
  if (!check) {  // too much is under way: nothing was learnt, so nothing is charged
    uncount(service, attempt, admission);
    auto undo = [&](sql::Transaction& tx) -> Status { return give_back(tx, admission, now); };
    CO_TRY_DO(co_await service.deps.db.write(undo));
    co_return tl::unexpected(check.error());
  }
  if (*check == crypto::PasswordCheck::wrong || !admitted.candidate.may_sign_in()) co_return answer;
  uncount(service, attempt, admission);

  std::string new_phc;  // none when too much is under way: the next sign-in will do it
  if (*check == crypto::PasswordCheck::right_but_rehash)
    new_phc = (co_await hash_password(hashing, attempt.password, crypto::PasswordAsker::known)).value_or("");
  auto settle_work = [&](sql::Transaction& tx) { return settle(tx, admitted, new_phc, now); };
  CO_TRY(const bool is_signed_in, co_await service.deps.db.write(settle_work));
  if (!is_signed_in) co_return answer;
  answer.outcome = SignInOutcome::signed_in;
  answer.account = admitted.candidate.account;
  answer.phc = new_phc.empty() ? admitted.candidate.phc : new_phc;
  co_return answer;
}

Result<bool> is_still_right(sql::Transaction& tx, const PasswordAnswer& answer) {
  TRY(const PasswordCandidate current, find_password_of(tx, answer.account->id));
  return current.may_sign_in() && current.phc == answer.phc;
}

}  // namespace latchkey::identity
