#include "session/refresher.h"

#include <algorithm>

#include "protocol/oauth/id_token.h"

namespace latchkey::session {
namespace {

namespace oauth = protocol::oauth;

bool is_newer(const SessionRecord& stored, const Held& held) {
  // Unsaved tokens have their predecessor in the store, so a stored record of the same number is another process's.
  return held.is_saved ? stored.revision > held.record->revision : stored.revision >= held.record->revision;
}

bool is_same_session(const SessionRecord& left, const SessionRecord& right) {
  return left.issuer == right.issuer && left.client_id == right.client_id;
}

RefreshOutcome failed(const Held& held, Error error) {
  RefreshOutcome outcome{.held = held};
  outcome.error = std::move(error);
  return outcome;
}

RefreshOutcome adopted(SessionRecord stored) {
  RefreshOutcome outcome{.held = {std::make_shared<const SessionRecord>(std::move(stored))}};
  outcome.is_adopted = true;
  return outcome;
}

RefreshOutcome ended(Ending ending, std::optional<Error> error) {
  RefreshOutcome outcome;
  outcome.ending = ending;
  outcome.error = std::move(error);
  return outcome;
}

}  // namespace

Instant renewal_time(Instant issued_at, Instant expires_at, double unit) {
  const auto life = std::max(expires_at - issued_at, Instant::duration::zero());
  const double share = 0.05 + 0.10 * std::clamp(unit, 0.0, 1.0);
  return expires_at - std::chrono::duration_cast<Instant::duration>(life * share);
}

RefreshOutcome Refresher::refresh(const Held& held, DpopKey* key, std::stop_token stop) {
  const auto lock = lock_.acquire(stop);
  if (!lock) return failed(held, lock.error());
  RefreshOutcome now = reconcile(held);
  if (now.ending != Ending::none || now.is_adopted || now.error) return now;
  return request(now.held, key, std::move(stop));
}

RefreshOutcome Refresher::save_pending(const Held& held, std::stop_token stop) {
  const auto lock = lock_.acquire(std::move(stop));
  if (!lock) return failed(held, lock.error());
  return reconcile(held);
}

// What to work with, now that no other process changes the store. A store that cannot be read changes nothing, but a
// locked one ends the work: what the server would answer could neither be stored nor stay in memory.
RefreshOutcome Refresher::reconcile(const Held& held) {
  auto stored = store_.load();
  if (!stored && stored.error().code == Code::vault_locked) return failed(held, stored.error());
  if (!stored) return RefreshOutcome{.held = held, .save_error = stored.error()};
  if (!*stored) return ended(Ending::gone, std::nullopt);
  if (!is_same_session(**stored, *held.record)) return ended(Ending::gone, std::nullopt);
  if (is_newer(**stored, held)) return adopted(**std::move(stored));
  return held.is_saved ? RefreshOutcome{.held = held} : save(held.record);
}

RefreshOutcome Refresher::request(const Held& held, DpopKey* key, std::stop_token stop) {
  const SessionRecord& record = *held.record;
  if (!record.refresh_token) return failed(held, {Code::login_required, "there is no refresh token"});
  auto response = client_.refresh(*record.refresh_token, key, stop);
  if (!response) {
    if (response.error().code == Code::invalid_grant) return after_invalid_grant(held, response.error());
    return failed(held, response.error());
  }
  auto successor = successor_of(record, *std::move(response), std::move(stop));
  if (!successor) return failed(held, successor.error());
  return save(std::make_shared<const SessionRecord>(*std::move(successor)));
}

// Somebody who went on without the lock (a file system that has none) may have made our token an old one.
RefreshOutcome Refresher::after_invalid_grant(const Held& used, Error error) {
  auto stored = store_.load();
  if (stored && *stored && is_same_session(**stored, *used.record) && is_newer(**stored, used))
    return adopted(**std::move(stored));
  RefreshOutcome outcome = ended(Ending::over, std::move(error));
  if (const Status erased = store_.erase(); !erased) outcome.save_error = erased.error();
  return outcome;
}

RefreshOutcome Refresher::save(RecordPtr record) {
  const Status saved = store_.save(*record);
  RefreshOutcome outcome{.held = {std::move(record), saved.has_value()}};
  if (!saved) outcome.save_error = saved.error();
  return outcome;
}

Result<SessionRecord> Refresher::successor_of(const SessionRecord& record, oauth::TokenResponse response,
                                              std::stop_token stop) {
  SessionRecord next = record.clone();
  if (response.id_token) {
    // The user, issuer and client must be those of the sign-in (OpenID Connect Core 12.2).
    const oauth::IdTokenExpectation expected{
        .issuer = record.issuer,
        .client_id = record.client_id,
        .nonce = {},
        .access_token_hash = oauth::at_hash_of(response.access_token.reveal_text()),
        .max_age = {}};
    TRY(const auto claims, id_tokens_.check(response.id_token->reveal_text(), expected, std::move(stop)));
    if (claims.user.subject != record.subject) return fail(Code::id_token_invalid, "sub");
    next.id_token = std::move(response.id_token);
  }
  ++next.revision;
  take_tokens(next, std::move(response), clock_.now());
  return next;
}

}  // namespace latchkey::session
