// The part of the story with an app that has no Latchkey on its device: its tokens are bearer tokens, so the server's
// rotation rules (docs/refresh.md) have to tell a lost answer from a thief.
#pragma once

#include <memory>
#include <string>

#include "apps/latchkey/tour/stage.h"
#include "session/oauth_client.h"

namespace latchkey::app::tour {

class BearerApp final {
 public:
  explicit BearerApp(Stage& stage) : stage_(stage) {}

  // Signs in and loses the answer to its first refresh. Holds if asking again with the old token works, every time,
  // with one successor.
  Result<std::string> survive_a_lost_answer();
  // Somebody who copied an early token uses it. Holds if the server ends the family for thief and owner alike.
  Result<std::string> be_robbed();
  // Holds if the owner, signed in on another device, can read what happened.
  Result<std::string> tell_the_owner();

 private:
  Status sign_in();

  Stage& stage_;
  std::unique_ptr<session::OAuthClient> client_;
  protocol::oauth::RefreshToken first_, newest_;
};

}  // namespace latchkey::app::tour
