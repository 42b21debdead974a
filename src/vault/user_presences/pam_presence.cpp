#include "vault/user_presences/pam_presence.h"

#include <algorithm>
#include <mutex>

#include "protocol/limits.h"
#include "vault/attempt_gate.h"
#include "vault/user_presences/pam_child.h"

namespace latchkey::vault {
namespace {

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= protocol::limits::pam_service_bytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

class PamPresence final : public UserPresence {
 public:
  PamPresence(const Clock& clock, PamOptions options) : options_(std::move(options)), gate_(clock) {}

  PresenceMethod method() const override { return PresenceMethod::device_credential; }

  PresenceStatus status() override {
    PresenceStatus out{.method = method()};
    out.is_available = out.is_enrolled = find_pam_program(options_).has_value();
    out.permission = out.is_available ? Permission::granted : Permission::unknown;
    out.locked_out_until = gate_.locked_out_until();
    if (!out.is_available) out.problem = no_pam_program();
    return out;
  }

  Result<EnrolmentDigest> enrolment_digest() override { return digest_of_enrolment(method(), {}); }

  Result<Presence> check(const Prompt& prompt) override {
    if (!is_service_name(options_.service)) return fail(Code::invalid_argument, "PAM service");
    // One at a time: else many at once would be as many free guesses.
    const std::unique_lock alone(checking_, std::try_to_lock);
    if (!alone) return fail(Code::busy, "a password is being checked");
    TRY_DO(gate_.check());
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    if (!prompt.ask_passcode) return fail(Code::user_cancelled, "nobody can be asked");
    TRY(const Passcode password, prompt.ask_passcode(PasscodeAsk::device_password));
    // PAM takes texts that end with a zero byte; what could not be told apart there is wrong here.
    if (password.size() > protocol::limits::pam_password_bytes ||
        password.reveal_text().find('\0') != std::string_view::npos)
      return reject();
    TRY(const PamVerdict verdict, ask_pam(options_, password, Waiting(prompt.timeout, prompt.stop)));
    TRY_DO(to_status(verdict));
    gate_.note_success();
    return confirm(method(), PresenceStrength::weak, digest_of_enrolment(method(), {}));
  }

 private:
  tl::unexpected<Error> reject() {
    if (const Status wait = gate_.note_failure(); !wait) return tl::unexpected(wait.error());
    return fail(Code::wrong_passcode);
  }

  Status to_status(PamVerdict verdict) {
    switch (verdict) {
      case PamVerdict::accepted:
        return {};
      case PamVerdict::wrong:
        return reject();
      case PamVerdict::locked_out:
        return fail(Code::locked_out, "by the system");
      case PamVerdict::not_enrolled:
        return fail(Code::not_enrolled, "PAM does not know the user");
      case PamVerdict::denied:
        return fail(Code::permission_denied, "the account may not be used");
      case PamVerdict::unavailable:
        break;
    }
    return fail(Code::temporarily_unavailable, "PAM does not work");
  }

  PamOptions options_;
  AttemptGate gate_;
  std::mutex checking_;
};

}  // namespace

std::unique_ptr<UserPresence> make_pam_presence(const Clock& clock, PamOptions options) {
  return std::make_unique<PamPresence>(clock, std::move(options));
}

}  // namespace latchkey::vault
