// The session of one user with one issuer on this device: signs in and out, hands out access tokens that are good, and
// tells observers what happens. Its life is the table in session_state.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "session/refresher.h"
#include "session/session_state.h"
#include "session/sign_in.h"

namespace latchkey::session {

struct SessionConfig {
  std::string issuer;
  std::string client_id;
};

// What a session works with; all of it outlives the session.
struct SessionParts {
  http::Client& client;
  TokenStore& store;
  RefreshLock& lock;
  const Clock& clock;
};

// An access token and what presenting it takes. Holding it keeps the tokens in memory, also when the vault locks, so do
// not.
struct Access {
  RecordPtr record;
  std::shared_ptr<DpopKey> key;  // null for a bearer token
};

struct StateChange {
  State from, to;
  Event event;
};
// Called in order, one at a time, on a thread that uses the session and outside of its locks; may call the session.
struct SessionObserver {
  std::function<void(const StateChange&)> on_state;
  std::function<void(const RecordPtr&)> on_tokens;  // new tokens are in use
};

// What signing out could not do: the user is signed out here all the same.
struct SignOutReport {
  Status revocation;            // of the refresh token at the server
  std::string end_session_url;  // for the browser, to end the session there, too; empty if the issuer has none
};

// Thread-safe. Everything that reads the store fails also as TokenStore. When the store is locked the session forgets
// its tokens and key, and answers vault_locked until the store can be read again.
class Session final {
 public:
  // Fails: as OAuthClient::create.
  static Result<std::unique_ptr<Session>> create(SessionConfig config, SessionParts parts);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  State state() const;
  // Reads the store if that was not possible yet. Everything else does so by itself. A record of another issuer or
  // client is not taken: configuration_invalid.
  Result<State> open();
  // The tokens as they are, not renewed. Nothing: nobody is signed in.
  Result<RecordPtr> current();

  // A good access token, renewed shortly before its end; one refresh at a time, whoever asks. When renewing fails and
  // the old one still has time left, that one is given. Fails: not_signed_in, invalid_grant (the session is over: the
  // user is signed out now), login_required (it ended and there is no refresh token), busy (a sign-in or sign-out is
  // under way), cancelled, and as the network and server do.
  Result<Access> access(std::stop_token stop = {});
  // One that is not `refused`, which a server turned down.
  Result<Access> access_instead_of(const RecordPtr& refused, std::stop_token stop = {});

  // Replaces the session there was, if it succeeds. Fails: as sign_in(), and as the store.
  Status sign_in(Browser& browser, const SignInOptions& options, std::stop_token stop = {});
  // Revokes, then wipes the record here. Fails only if the record cannot be erased.
  Result<SignOutReport> sign_out(std::stop_token stop = {});
  // Stores tokens that are in memory only; call it when the vault was unlocked. ok when there is nothing to do.
  Status save_pending(std::stop_token stop = {});
  Result<protocol::oauth::UserClaims> userinfo(std::stop_token stop = {});

  // Called until the returned handle goes.
  [[nodiscard]] std::shared_ptr<const SessionObserver> observe(SessionObserver observer);

 private:
  struct Inner;
  explicit Session(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace latchkey::session
