#include "session/session_life.h"

#include "base/bytes.h"
#include "crypto/constant_time.h"
#include "crypto/random.h"

namespace latchkey::session {
namespace {

double random_unit() { return static_cast<double>(read_be<std::uint32_t>(crypto::random_array<4>())) / 4294967295.0; }

bool has_key_of(const RecordPtr& owner, const SessionRecord& record) {
  return owner && owner->dpop_key && crypto::equal(*owner->dpop_key, *record.dpop_key);
}

// Why an event may not happen. Closed is what a session is only as long as its store is locked: see forget().
Code refusal_in(State state) {
  if (state == State::closed) return Code::vault_locked;
  return state == State::signed_out ? Code::not_signed_in : Code::busy;
}

}  // namespace

State SessionLife::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Held SessionLife::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

Status SessionLife::change(Event event, std::optional<Held> held) {
  TRY_DO(change_quietly(event, std::move(held)));
  tell_observers();
  return {};
}

void SessionLife::forget() {
  {
    const std::lock_guard lock(mutex_);
    must_forget_ = true;
    forget_when_idle();
  }
  tell_observers();
}

// With mutex_ held.
void SessionLife::forget_when_idle() {
  if (!must_forget_ || is_busy(state_)) return;
  must_forget_ = false;
  const std::optional<State> next = next_state(state_, Event::store_locked);
  if (!next) return;
  news_.push_back({{state_, *next, Event::store_locked}, nullptr});
  state_ = *next;
  held_ = {};
  key_owner_.reset();
  key_.reset();
}

Status SessionLife::change_quietly(Event event, std::optional<Held> held) {
  const std::lock_guard lock(mutex_);
  const std::optional<State> next = next_state(state_, event);
  if (!next) return fail(refusal_in(state_), name_of(state_));
  News news{{state_, *next, event}, nullptr};
  state_ = *next;
  if (held) {
    if (held->record != held_.record) {
      renewal_unit_ = random_unit();
      news.tokens = held->record;
    }
    held_ = *std::move(held);
  }
  if (!held_.record) {
    key_owner_.reset();
    key_.reset();
  }
  news_.push_back(std::move(news));
  forget_when_idle();
  return {};
}

Result<std::shared_ptr<DpopKey>> SessionLife::key_of(const RecordPtr& record) {
  if (!record->dpop_key) return std::shared_ptr<DpopKey>();
  const std::lock_guard lock(mutex_);
  if (has_key_of(key_owner_, *record)) {
    if (record == held_.record) key_owner_ = record;
    return key_;
  }
  TRY(std::shared_ptr<DpopKey> key, DpopKey::from_pkcs8(*record->dpop_key, clock_));
  if (record == held_.record) {
    key_owner_ = record;
    key_ = key;
  }
  return key;
}

bool SessionLife::is_good(const SessionRecord& record) const { return clock_.now() < record.expires_at; }

bool SessionLife::needs_renewal(const SessionRecord& record) const {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  if (!record.refresh_token) return now >= record.expires_at;
  // A clock that was put back makes a token look young for ever.
  return now >= renewal_time(record.issued_at, record.expires_at, renewal_unit_) || now < record.issued_at;
}

std::shared_ptr<const SessionObserver> SessionLife::observe(SessionObserver observer) {
  auto shared = std::make_shared<const SessionObserver>(std::move(observer));
  const std::lock_guard lock(mutex_);
  std::erase_if(observers_, [](const auto& weak) { return weak.expired(); });
  observers_.push_back(shared);
  return shared;
}

// One thread tells at a time, so that news arrive in order; what comes up meanwhile waits in the queue.
void SessionLife::tell_observers() {
  std::unique_lock lock(mutex_);
  if (is_telling_) return;
  is_telling_ = true;
  while (!news_.empty()) {
    const News news = std::move(news_.front());
    news_.pop_front();
    lock.unlock();
    tell(news);
    lock.lock();
  }
  is_telling_ = false;
}

void SessionLife::tell(const News& news) {
  std::vector<std::weak_ptr<const SessionObserver>> listening;
  {
    const std::lock_guard lock(mutex_);
    listening = observers_;
  }
  for (const auto& weak : listening) {
    const auto observer = weak.lock();
    if (!observer) continue;
    if (observer->on_state) observer->on_state(news.change);
    if (observer->on_tokens && news.tokens) observer->on_tokens(news.tokens);
  }
}

}  // namespace latchkey::session
