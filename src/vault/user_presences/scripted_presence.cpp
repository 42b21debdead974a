#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

class ScriptedPresence final : public UserPresence {
 public:
  explicit ScriptedPresence(std::shared_ptr<const PresenceScript> script) : script_(std::move(script)) {}

  PresenceMethod method() const override { return PresenceMethod::scripted; }
  PresenceStatus status() override { return script_->status; }
  Result<EnrolmentDigest> enrolment_digest() override { return script_->enrolment; }

  Result<Presence> check(const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    TRY_DO(script_->answer(prompt));
    return confirm(method(), script_->strength, script_->enrolment);
  }

 private:
  std::shared_ptr<const PresenceScript> script_;
};

}  // namespace

std::unique_ptr<UserPresence> make_scripted_presence(std::shared_ptr<const PresenceScript> script) {
  return std::make_unique<ScriptedPresence>(std::move(script));
}

}  // namespace latchkey::vault
