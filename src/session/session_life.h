// The state of a session and the tokens that belong to it, changed together and only as the table allows; and the
// observers, who hear of every change in order. Asks nobody and stores nothing.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "session/refresher.h"
#include "session/session.h"
#include "session/session_state.h"

namespace latchkey::session {

// Thread-safe. `clock` outlives it.
class SessionLife final {
 public:
  explicit SessionLife(const Clock& clock) : clock_(clock) {}

  State state() const;
  Held held() const;  // empty when nobody is signed in

  // Moves to where `event` leads, with `held` from then on if given, and tells the observers. Fails, changing nothing,
  // when the event may not happen now: not_signed_in, busy.
  Status change(Event event, std::optional<Held> held = std::nullopt);

  // The store was locked: lets go of the tokens and their key; while an operation is under way, at its end.
  void forget();

  // The key of the record's tokens: the same object as long as the key is the same, for it knows the servers' nonces.
  // Kept only for tokens that are held. Fails: as DpopKey::from_pkcs8.
  Result<std::shared_ptr<DpopKey>> key_of(const RecordPtr& record);

  // The access token has time left.
  bool is_good(const SessionRecord& record) const;
  // Its renewal is due.
  bool needs_renewal(const SessionRecord& record) const;

  std::shared_ptr<const SessionObserver> observe(SessionObserver observer);

 private:
  struct News {
    StateChange change;
    RecordPtr tokens;  // null: the same as before
  };
  Status change_quietly(Event event, std::optional<Held> held);
  void forget_when_idle();
  void tell_observers();
  void tell(const News& news);

  const Clock& clock_;
  mutable std::mutex mutex_;  // guards what follows; never held while an observer runs
  State state_ = State::closed;
  Held held_;
  double renewal_unit_ = 0;  // where in the span of 5 to 15 % these tokens are renewed
  bool must_forget_ = false;
  RecordPtr key_owner_;
  std::shared_ptr<DpopKey> key_;
  std::deque<News> news_;
  bool is_telling_ = false;
  std::vector<std::weak_ptr<const SessionObserver>> observers_;
};

}  // namespace latchkey::session
