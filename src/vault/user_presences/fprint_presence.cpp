#include "vault/user_presences/fprint_presence.h"

#include <mutex>

#include "vault/attempt_gate.h"
#include "vault/user_presences/fprint_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::chrono::seconds fprint_probe_timeout{5};

PresenceHint hint_for(ScanResult result) {
  switch (result) {
    case ScanResult::no_match:
      return PresenceHint::not_recognised;
    case ScanResult::swipe_too_short:
      return PresenceHint::swipe_longer;
    case ScanResult::not_centered:
      return PresenceHint::center;
    case ScanResult::remove_and_retry:
      return PresenceHint::lift_and_repeat;
    default:
      return PresenceHint::repeat;
  }
}

class FprintPresence final : public UserPresence {
 public:
  FprintPresence(const Clock& clock, FprintOptions options) : options_(std::move(options)), gate_(clock) {}

  PresenceMethod method() const override { return PresenceMethod::fingerprint; }

  PresenceStatus status() override {
    PresenceStatus out{.method = method()};
    out.locked_out_until = gate_.locked_out_until();
    const Waiting waiting(fprint_probe_timeout, {});
    const auto reader = FprintReader::find(options_, waiting);
    out.is_available = reader.has_value();
    const auto enrolment = reader ? (*reader)->get_enrolment(waiting) : tl::unexpected(reader.error());
    out.is_enrolled = enrolment.has_value();
    if (!enrolment) out.problem = as_unavailable(enrolment.error());
    if (reader) out.permission = Permission::granted;
    if (out.problem && out.problem->code == Code::permission_denied) out.permission = Permission::denied;
    return out;
  }

  Result<EnrolmentDigest> enrolment_digest() override {
    const Waiting waiting(fprint_probe_timeout, {});
    auto reader = FprintReader::find(options_, waiting);
    if (!reader) return tl::unexpected(as_unavailable(reader.error()));
    auto digest = (*reader)->get_enrolment(waiting);
    if (!digest) return tl::unexpected(as_unavailable(digest.error()));
    return digest;
  }

  Result<Presence> check(const Prompt& prompt) override {
    const std::unique_lock alone(checking_, std::try_to_lock);
    if (!alone) return fail(Code::busy, "a fingerprint is being checked");
    TRY_DO(gate_.check());
    const Waiting waiting(prompt.timeout, prompt.stop);
    TRY_DO(waiting.check());
    TRY(const auto reader, FprintReader::find(options_, waiting));
    TRY_DO(reader->claim(waiting));
    // While it is claimed nobody enrols another finger.
    TRY(const EnrolmentDigest enrolment, reader->get_enrolment(waiting));
    TRY_DO(wait_for_match(*reader, waiting));
    return confirm(method(), PresenceStrength::weak, enrolment);
  }

 private:
  // Nobody was asked, so nobody let the time pass.
  static Error as_unavailable(Error error) {
    if (error.code != Code::presence_timeout) return error;
    return {Code::temporarily_unavailable, "the fingerprint service does not answer"};
  }

  Status wait_for_match(FprintReader& reader, const Waiting& waiting) {
    TRY_DO(reader.start(waiting));
    hint(PresenceHint::touch);
    while (true) {
      TRY(const ScanResult result, reader.scan(waiting));
      if (result == ScanResult::match) break;
      if (result == ScanResult::failed) return fail(Code::temporarily_unavailable, "the fingerprint reader failed");
      if (result == ScanResult::no_match) TRY_DO(gate_.note_failure());
      hint(hint_for(result));
    }
    gate_.note_success();
    return {};
  }

  void hint(PresenceHint what) const {
    if (options_.on_hint) options_.on_hint(what);
  }

  FprintOptions options_;
  AttemptGate gate_;
  std::mutex checking_;
};

}  // namespace

std::unique_ptr<UserPresence> make_fprint_presence(const Clock& clock, FprintOptions options) {
  return std::make_unique<FprintPresence>(clock, std::move(options));
}

}  // namespace latchkey::vault
