#include "apps/latchkey/vault_policy.h"

#include <fmt/format.h>

#include <charconv>

#include "apps/latchkey/vault_access.h"

namespace latchkey::app {
namespace {

using std::chrono::milliseconds;
using vault::LockPolicy;

Status take_time(const std::optional<std::string>& text, milliseconds& into) {
  if (!text) return {};
  TRY(into, parse_time_span(*text));
  return {};
}

Status take_answer(const std::optional<std::string>& text, bool& into) {
  if (!text) return {};
  if (*text != "yes" && *text != "no") return fail(Code::invalid_argument, "--lock-on-screen-off takes yes or no");
  into = *text == "yes";
  return {};
}

Status take_wipe(const std::optional<std::string>& text, LockPolicy& policy) {
  if (!text) return {};
  std::uint32_t count = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, count);
  const bool is_count = parsed.ec == std::errc() && parsed.ptr == end && count != 0;
  if (!is_count && *text != "never") return fail(Code::invalid_argument, "--wipe-after takes a number, or never");
  policy.maximum_attempts = is_count ? count : 0;
  policy.after_attempts = is_count ? vault::AfterAttempts::wipe : vault::AfterAttempts::delay;
  return {};
}

bool is_wiping(const LockPolicy& policy) {
  return policy.after_attempts == vault::AfterAttempts::wipe && policy.maximum_attempts != 0;
}

std::int64_t seconds_of(milliseconds time) { return std::chrono::floor<std::chrono::seconds>(time).count(); }

std::string print_span(milliseconds time) {
  const std::int64_t seconds = seconds_of(time);
  if (seconds == 0) return "never";
  if (seconds % 86'400 == 0) return fmt::format("{}d", seconds / 86'400);
  if (seconds % 3'600 == 0) return fmt::format("{}h", seconds / 3'600);
  if (seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

}  // namespace

bool PolicyFlags::is_any_given() const {
  return lock_after_idle || lock_after_background || maximum_unlocked || ask_again_after || rotate_after ||
         lock_on_screen_off || wipe_after;
}

void add_policy_flags(CLI::App& command, PolicyFlags& flags) {
  command.add_option("--lock-after-idle", flags.lock_after_idle, "Lock after that long without use (5m; never)");
  command.add_option("--lock-after-background", flags.lock_after_background, "Lock that long after the app left (30s)");
  command.add_option("--maximum-unlocked", flags.maximum_unlocked, "Lock after that long in all (12h)");
  command.add_option("--ask-again-after", flags.ask_again_after,
                     "How long one authentication lasts for records that ask (never: for one read)");
  command.add_option("--rotate-after", flags.rotate_after,
                     "The age at which the data key is replaced, by the next command that writes (180d; never)");
  command.add_option("--lock-on-screen-off", flags.lock_on_screen_off, "Whether the screen going off locks: yes, no");
  command.add_option("--wipe-after", flags.wipe_after,
                     "Destroy the vault at that many wrong passcodes in a row (never: they only wait)");
}

Result<LockPolicy> apply_flags(const PolicyFlags& flags, LockPolicy policy) {
  TRY_DO(take_time(flags.lock_after_idle, policy.lock_after_idle));
  TRY_DO(take_time(flags.lock_after_background, policy.lock_after_backgrounded));
  TRY_DO(take_time(flags.maximum_unlocked, policy.maximum_unlocked_time));
  TRY_DO(take_time(flags.ask_again_after, policy.reauthenticate_after));
  TRY_DO(take_time(flags.rotate_after, policy.rotate_after));
  TRY_DO(take_wipe(flags.wipe_after, policy));
  TRY_DO(take_answer(flags.lock_on_screen_off, policy.lock_on_screen_off));
  return policy;
}

std::string describe(const LockPolicy& policy) {
  return fmt::format(
      "lock after idle:        {}\nlock after background:  {}\nmaximum unlocked:       {}\nask again after:        {}\n"
      "rotate after:           {}\nlock on screen off:     {}\nwipe after attempts:    {}",
      print_span(policy.lock_after_idle), print_span(policy.lock_after_backgrounded),
      print_span(policy.maximum_unlocked_time),
      policy.reauthenticate_after.count() == 0 ? "every read" : print_span(policy.reauthenticate_after),
      print_span(policy.rotate_after), policy.lock_on_screen_off ? "yes" : "no",
      is_wiping(policy) ? std::to_string(policy.maximum_attempts) : "never");
}

std::string to_json(const LockPolicy& policy) {
  return fmt::format(
      R"({{"lock_after_idle_s":{},"lock_after_background_s":{},"maximum_unlocked_s":{},"ask_again_after_s":{},)"
      R"("rotate_after_s":{},"lock_on_screen_off":{},"wipe_after":{}}})",
      seconds_of(policy.lock_after_idle), seconds_of(policy.lock_after_backgrounded),
      seconds_of(policy.maximum_unlocked_time), seconds_of(policy.reauthenticate_after),
      seconds_of(policy.rotate_after), policy.lock_on_screen_off,
      is_wiping(policy) ? std::to_string(policy.maximum_attempts) : "null");
}

}  // namespace latchkey::app
