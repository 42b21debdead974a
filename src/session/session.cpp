#include "session/session.h"

#include <mutex>

#include "base/registers.h"
#include "protocol/oauth/end_session.h"
#include "protocol/uri.h"
#include "session/session_life.h"
#include "session/single_flight.h"

namespace latchkey::session {
namespace {

// Whether a renewal that failed like this leaves the token from before usable.
bool is_passing(Code code) {
  return code != Code::invalid_grant && code != Code::not_signed_in && code != Code::vault_locked &&
         code != Code::cancelled;
}

// Why there were no tokens a moment ago; the state is that of now, when the vault may be unlocked again. Only what is
// sure says that nobody is signed in.
Code why_nobody(State state) {
  if (state == State::signed_out) return Code::not_signed_in;
  return state == State::signing_in ? Code::busy : Code::vault_locked;
}

}  // namespace

struct Session::Inner {
  Inner(std::unique_ptr<OAuthClient> client, SessionParts given)
      : parts(given),
        oauth(std::move(client)),
        id_tokens(*oauth, parts.clock),
        refresher(*oauth, id_tokens, parts.store, parts.lock, parts.clock),
        life_owner(std::make_shared<SessionLife>(parts.clock)),
        life(*life_owner) {
    // The vault may be locking on another thread while the session goes.
    lock_handle = parts.store.observe_lock([weak = std::weak_ptr(life_owner)] {
      if (const auto still_there = weak.lock()) still_there->forget();
    });
  }

  Result<RecordPtr> load() const;
  Result<State> open();
  Result<RecordPtr> get_tokens();
  Result<Access> access_with(const RecordPtr& record);

  Result<RecordPtr> renew(const RecordPtr& stale, std::stop_token stop);
  Result<RecordPtr> renew_alone(RecordPtr stale, const std::stop_token& stop);
  Result<RecordPtr> finish_refresh(const RefreshOutcome& outcome);
  Result<RecordPtr> save_alone(const std::stop_token& stop);

  Status begin(Event event, const std::stop_token& stop);
  Status save_sign_in(SessionRecord& record, const std::stop_token& stop);
  Result<RecordPtr> store_sign_in(SessionRecord record, const std::stop_token& stop);
  Result<SignOutReport> leave(const std::stop_token& stop);
  Status revoke(const SessionRecord& record, const std::stop_token& stop);
  std::string end_session_url(const std::stop_token& stop);

  SessionParts parts;
  std::unique_ptr<OAuthClient> oauth;
  IdTokenCheck id_tokens;
  Refresher refresher;
  std::shared_ptr<SessionLife> life_owner;
  SessionLife& life;
  std::shared_ptr<const void> lock_handle;
  SingleFlight<RecordPtr> flights;
};

// --- reading the store ---

Result<RecordPtr> Session::Inner::load() const {
  TRY(std::optional<SessionRecord> stored, parts.store.load());
  if (!stored) return RecordPtr();
  if (stored->issuer != oauth->issuer() || stored->client_id != oauth->client_id())
    return fail(Code::configuration_invalid, "the stored session is of another issuer or client; sign out of it first");
  return std::make_shared<const SessionRecord>(*std::move(stored));
}

// Another thread may be opening as well, or be further already: then its change stands and ours does not happen.
Result<State> Session::Inner::open() {
  const State before = life.state();
  if (before != State::closed && before != State::signed_out) return before;
  TRY(RecordPtr record, load());
  if (record)
    static_cast<void>(life.change(Event::found_session, Held{std::move(record)}));
  else if (before == State::closed)
    static_cast<void>(life.change(Event::found_nothing));
  return life.state();
}

Result<RecordPtr> Session::Inner::get_tokens() {
  TRY_DO(open());
  RecordPtr record = life.held().record;
  if (!record) return fail(why_nobody(life.state()));
  return record;
}

Result<Access> Session::Inner::access_with(const RecordPtr& record) {
  TRY(std::shared_ptr<DpopKey> key, life.key_of(record));
  return Access{record, std::move(key)};
}

// --- renewing ---

Result<RecordPtr> Session::Inner::renew(const RecordPtr& stale, std::stop_token stop) {
  return flights.run([this, stale](const std::stop_token& mine) { return renew_alone(stale, mine); }, std::move(stop));
}

// Twice at most: another process may have renewed to tokens that are old again.
Result<RecordPtr> Session::Inner::renew_alone(RecordPtr stale, const std::stop_token& stop) {
  for (int round = 1;; ++round) {
    const Held held = life.held();
    if (!held.record) return fail(why_nobody(life.state()));
    if (held.record != stale && !life.needs_renewal(*held.record)) return held.record;
    TRY(const auto key, life.key_of(held.record));
    TRY_DO(life.change(Event::refresh_started));
    const RefreshOutcome outcome = refresher.refresh(held, key.get(), stop);
    TRY(RecordPtr record, finish_refresh(outcome));
    if (!outcome.is_adopted || !life.needs_renewal(*record) || round == 2) return record;
    stale = std::move(record);
  }
}

Result<RecordPtr> Session::Inner::finish_refresh(const RefreshOutcome& outcome) {
  if (outcome.ending != Ending::none) {
    const bool is_over = outcome.ending == Ending::over;
    TRY_DO(life.change(is_over ? Event::session_over : Event::session_gone, Held{}));
    return tl::unexpected(outcome.error.value_or(Error{Code::not_signed_in, {}}));
  }
  const Event after_failure = outcome.held.is_saved ? Event::refresh_failed : Event::save_failed;
  const Event after_success = outcome.held.is_saved ? Event::refresh_succeeded : Event::save_failed;
  TRY_DO(life.change(outcome.error ? after_failure : after_success, outcome.held));
  if (life.state() == State::closed) return fail(Code::vault_locked);  // locked meanwhile
  if (outcome.error) return tl::unexpected(*outcome.error);
  return outcome.held.record;
}

Result<RecordPtr> Session::Inner::save_alone(const std::stop_token& stop) {
  const Held held = life.held();
  if (!held.record || held.is_saved) return held.record;
  const RefreshOutcome outcome = refresher.save_pending(held, stop);
  if (outcome.error) return tl::unexpected(*outcome.error);
  if (outcome.ending == Ending::gone) {
    TRY_DO(life.change(Event::session_gone, Held{}));
    return fail(Code::not_signed_in);
  }
  if (!outcome.held.is_saved) return tl::unexpected(outcome.save_error.value_or(Error{Code::storage_failed, {}}));
  TRY_DO(life.change(Event::saved, outcome.held));
  return outcome.held.record;
}

// --- signing in and out ---

// Lets a refresh that is under way end first.
Status Session::Inner::begin(Event event, const std::stop_token& stop) {
  while (true) {
    TRY_DO(flights.wait_until_idle(stop));
    const Status begun = life.change(event);
    if (begun || life.state() != State::refreshing) return begun;
  }
}

Status Session::Inner::save_sign_in(SessionRecord& record, const std::stop_token& stop) {
  TRY(const auto lock, parts.lock.acquire(stop));
  TRY(const std::optional<SessionRecord> old, parts.store.load());
  if (old) record.revision = old->revision + 1;
  return parts.store.save(record);
}

Result<RecordPtr> Session::Inner::store_sign_in(SessionRecord record, const std::stop_token& stop) {
  const Status saved = save_sign_in(record, stop);
  if (saved) return std::make_shared<const SessionRecord>(std::move(record));
  static_cast<void>(revoke(record, stop));  // or a session nobody can use lives on at the server
  return tl::unexpected(saved.error());
}

Status Session::Inner::revoke(const SessionRecord& record, const std::stop_token& stop) {
  if (!record.refresh_token) return {};
  return oauth->revoke(*record.refresh_token, stop);
}

std::string Session::Inner::end_session_url(const std::stop_token& stop) {
  const auto server = oauth->metadata(stop);
  if (!server || (*server)->end_session_endpoint.empty()) return {};
  protocol::oauth::EndSessionRequest request;  // without the ID token: the URL will be seen in process lists
  request.client_id = oauth->client_id();
  const WipedString query = protocol::oauth::print_end_session_request(request);
  return std::string(protocol::uri::with_query((*server)->end_session_endpoint, query));
}

// Under the lock, so that no other process stores a successor behind our back. Revoked first: if we end in between, the
// record that stays behind is dead.
Result<SignOutReport> Session::Inner::leave(const std::stop_token& stop) {
  TRY(const auto lock, parts.lock.acquire(stop));
  const Held held = life.held();
  RecordPtr newest = held.record;
  if (const auto stored = load(); stored && *stored && held.is_saved) newest = *stored;
  SignOutReport report;
  report.revocation = revoke(*newest, stop);
  report.end_session_url = end_session_url(stop);
  TRY_DO(parts.store.erase());
  return report;
}

// --- the public face ---

Session::Session(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(SessionConfig config, SessionParts parts) {
  TRY(auto client, OAuthClient::create(config.issuer, config.client_id, parts.client, parts.clock));
  return std::unique_ptr<Session>(new Session(std::make_unique<Inner>(std::move(client), parts)));
}

State Session::state() const { return inner_->life.state(); }

Result<State> Session::open() { return inner_->open(); }

Result<RecordPtr> Session::current() {
  TRY_DO(inner_->open());
  return inner_->life.held().record;
}

Result<Access> Session::access(std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const RecordPtr record, inner_->get_tokens());
  if (!inner_->life.needs_renewal(*record)) return inner_->access_with(record);
  const Result<RecordPtr> renewed = inner_->renew(record, stop);
  if (renewed) return inner_->access_with(*renewed);
  if (is_passing(renewed.error().code) && inner_->life.is_good(*record)) return inner_->access_with(record);
  return tl::unexpected(renewed.error());
}

Result<Access> Session::access_instead_of(const RecordPtr& refused, std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const RecordPtr record, inner_->get_tokens());
  if (record != refused && !inner_->life.needs_renewal(*record)) return inner_->access_with(record);
  TRY(const RecordPtr renewed, inner_->renew(record, std::move(stop)));
  return inner_->access_with(renewed);
}

Status Session::sign_in(Browser& browser, const SignInOptions& options, std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY_DO(inner_->open());  // a store that cannot be read cannot take the new session either
  TRY_DO(save_pending(stop));
  TRY_DO(inner_->begin(Event::sign_in_started, stop));
  const RecordPtr before = inner_->life.held().record;
  auto record = session::sign_in(*inner_->oauth, inner_->id_tokens, browser, inner_->parts.clock, options, stop);
  auto stored =
      std::move(record).and_then([&](SessionRecord fresh) { return inner_->store_sign_in(std::move(fresh), stop); });
  if (!stored) {
    TRY_DO(inner_->life.change(before ? Event::sign_in_abandoned : Event::sign_in_failed));
    return tl::unexpected(stored.error());
  }
  TRY_DO(inner_->life.change(Event::sign_in_succeeded, Held{*std::move(stored)}));
  if (before) static_cast<void>(inner_->revoke(*before, stop));  // nobody holds it any more
  return {};
}

Result<SignOutReport> Session::sign_out(std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const State state, inner_->open());
  if (state == State::signed_out) return SignOutReport{};
  TRY_DO(inner_->begin(Event::sign_out_started, stop));
  auto report = inner_->leave(stop);
  TRY_DO(report ? inner_->life.change(Event::sign_out_succeeded, Held{}) : inner_->life.change(Event::sign_out_failed));
  return report;
}

Status Session::save_pending(std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  if (inner_->life.held().is_saved) return {};
  TRY_DO(
      inner_->flights.run([this](const std::stop_token& mine) { return inner_->save_alone(mine); }, std::move(stop)));
  return {};
}

Result<protocol::oauth::UserClaims> Session::userinfo(std::stop_token stop) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const Access access, this->access(stop));
  return inner_->oauth->userinfo(*access.record, access.key.get(), std::move(stop));
}

std::shared_ptr<const SessionObserver> Session::observe(SessionObserver observer) {
  return inner_->life.observe(std::move(observer));
}

}  // namespace latchkey::session
