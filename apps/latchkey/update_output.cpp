#include "apps/latchkey/update_output.h"

#include <fmt/format.h>

#include "apps/latchkey/bundle_output.h"
#include "apps/latchkey/update_delay.h"
#include "base/hex.h"
#include "protocol/release/utc_time.h"

namespace latchkey::app {
namespace {

using protocol::release::Verdict;
using update::CheckKind;
using update::Failure;
using update::HappeningKind;

std::string_view reason_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::eligible:
      return "it is for this device";
    case Verdict::channel_unknown:
      return "the app has no such channel";
    case Verdict::channel_closed:
      return "devices may not choose this channel themselves";
    case Verdict::platform:
      return "it is not made for this platform";
    case Verdict::native_too_old:
      return "the native app is too old for it: the store has to bring a newer one first";
    case Verdict::native_too_new:
      return "it is made for older native apps";
    case Verdict::wrong_fingerprint:
      return "it is made for other native parts";
    case Verdict::unknown_to_policy:
      return "the server does not offer it yet";
    case Verdict::halted:
      return "it was halted: devices that do not run it will not get it";
    case Verdict::paused:
      return "it is paused for now";
    case Verdict::targeting:
      return "it is made for other devices";
    case Verdict::not_in_rollout:
      return "its rollout has not reached this device";
  }
  return "";
}

std::string_view reason_of(Failure failure) {
  switch (failure) {
    case Failure::crash:
      return "it ended again and again soon after its start";
    case Failure::not_ready:
      return "it never said that it works";
    case Failure::verify:
      return "its files are not what was signed";
    case Failure::apply:
      return "it could not be built from what was downloaded";
    case Failure::native:
      return "the native app no longer fits";
    case Failure::no_space:
      return "the disk has no room for it";
  }
  return "";
}

std::string line_of(std::string_view word, const std::optional<update::BundleRecord>& bundle) {
  return bundle ? fmt::format("\n{:<10} {}  tree {}", word, describe(*bundle), to_hex(bundle->root).substr(0, 12)) : "";
}

}  // namespace

std::string describe(const update::BundleRecord& bundle) {
  return fmt::format("{} ({})", printable(bundle.name), bundle.sequence);
}

std::string describe_clock(std::chrono::seconds ahead) {
  const auto minutes = std::chrono::abs(std::chrono::duration_cast<std::chrono::minutes>(ahead)).count();
  const std::string amount = minutes < 120           ? fmt::format("{} minutes", minutes)
                             : minutes < 2 * 24 * 60 ? fmt::format("{} hours", minutes / 60)
                                                     : fmt::format("{} days", minutes / (24 * 60));
  return fmt::format("By what the host says, this device's clock is {} {}.", amount,
                     ahead.count() > 0 ? "ahead" : "behind");
}

std::string describe(const update::CheckOutcome& outcome) {
  switch (outcome.kind) {
    case CheckKind::up_to_date:
      return "Up to date: the channel's release runs.";
    case CheckKind::waiting:
      return "The channel's release is installed and waits for the next start.";
    case CheckKind::available:
      return outcome.release
                 ? fmt::format("{} ({}) is available", printable(outcome.release->name), outcome.release->sequence)
                 : "";
    case CheckKind::not_eligible:
      return "Not for this device: " + std::string(reason_of(outcome.verdict.value_or(Verdict::eligible))) + ".";
    case CheckKind::blocked:
      return "The channel's release failed on this device before; the next release will be tried.";
    case CheckKind::no_release:
      return "The channel has no release.";
    case CheckKind::no_answer:
      return "No answer that can be believed; what is installed goes on" +
             (outcome.error ? ": " + std::string(sentence_of(outcome.error->code)) : std::string(".")) +
             (outcome.error && !outcome.error->detail.empty() ? " (" + outcome.error->detail + ")" : "") +
             (outcome.clock_ahead ? ". " + describe_clock(*outcome.clock_ahead) : "");
  }
  return "";
}

std::string describe(const update::Happening& happening) {
  const std::string name = describe(happening.bundle);
  switch (happening.kind) {
    case HappeningKind::staged:
      return name + " is installed and waits";
    case HappeningKind::activated:
      return name + " runs, on trial until its page says ready";
    case HappeningKind::ready:
      return name + " is confirmed";
    case HappeningKind::rolled_back:
      return name + " is rolled back: " + std::string(happening.reason ? reason_of(*happening.reason) : "");
    case HappeningKind::failed:
      if (happening.reason == Failure::no_space)
        return name + " is not installed: " + std::string(reason_of(Failure::no_space));
      return name + " could not be built on this device although all of it arrived as signed";
    case HappeningKind::withdrawn:
      return name + " no longer waits: it was withdrawn, or does not fit this native app";
    case HappeningKind::built_in:
      return name + " gives way to the built-in bundle";
    case HappeningKind::state_lost:
      return "The device's state was unreadable: it begins anew with the built-in bundle";
    case HappeningKind::state_older:
      return "The device's folder knows less than the vault: it was put back or deleted. Nothing older than what the "
             "vault knows is believed";
  }
  return "";
}

std::string describe(const update::State& state) {
  std::string out = state.current ? line_of(name_of(state.phase), state.current).substr(1) : "built_in   runs";
  out += line_of("previous", state.previous) + line_of("waiting", state.staged);
  if (!state.conditions.empty()) out += "; not before " + describe(state.conditions);
  if (state.is_held) out += "; not for now: its release is paused, or not for this device";
  for (const auto& bad : state.bad)
    out += fmt::format("\n{:<10} tree {}: {}", "blocked", to_hex(bad.root).substr(0, 12), reason_of(bad.reason));
  for (const auto& one : state.strikes)
    out += fmt::format("\n{:<10} tree {}: {} of {} tries failed", "strikes", to_hex(one.root).substr(0, 12), one.count,
                       update::max_strikes);
  if (!state.channel.empty()) out += fmt::format("\n{:<10} {}, chosen on this device", "channel", state.channel);
  if (state.time_floor.time_since_epoch().count() > 0)
    out += fmt::format("\n{:<10} it is at least {}", "clock", protocol::release::print_utc_time(state.time_floor));
  return out;
}

}  // namespace latchkey::app
