// What the engine tells the server about releases, and when.
#include <algorithm>

#include "protocol/limits.h"
#include "update/engine.h"

namespace latchkey::update {
namespace {

using protocol::release::ReportEvent;

std::optional<ReportEvent> event_of(const Happening& happening) {
  switch (happening.kind) {
    case HappeningKind::activated:
      return ReportEvent::activated;
    case HappeningKind::ready:
      return ReportEvent::ready;
    case HappeningKind::rolled_back:  // what became of its files on this disk is no evidence against the release
      return happening.reason == Failure::verify ? ReportEvent::failed : ReportEvent::rolled_back;
    case HappeningKind::failed:
      return ReportEvent::failed;
    default:
      return std::nullopt;
  }
}

}  // namespace

// A report that cannot be written is one the server does not get: counting goes on without it.
void Engine::queue_report(const Happening& happening) {
  const auto event = event_of(happening);
  const auto queued = reports_.list();
  if (!event || !queued || queued->size() >= protocol::limits::queued_reports) return;
  // Reports of a state that was lost may wait still.
  const std::uint64_t before = std::max(installation_->state().reports, queued->empty() ? 0 : queued->back());
  if (!installation_->update([&](State& state) { state.reports = before + 1; })) return;
  (void)reports_.put({.app = config_.app,
                      .channel = happening.bundle.channel,
                      .release = happening.bundle.release,
                      .root = installation_->running()->tree.root(),
                      .event = *event,
                      .reason = happening.reason ? std::string(name_of(*happening.reason)) : std::string(),
                      .count = before + 1,
                      .at = std::chrono::floor<std::chrono::seconds>(now())});
}

// Numbers above the highest the server knows, for this device lost count of them. Nothing happens when there is nothing
// to learn from the answer: it got this report already, or says what no server of ours does.
Result<bool> Engine::catch_up(std::uint64_t sent, const Bytes& answer) {
  const auto highest = protocol::release::parse_report_answer(as_text(answer));
  if (!highest || *highest <= sent || *highest - sent > protocol::limits::report_number_step) return false;
  const std::lock_guard lock(mutex_);
  TRY(const auto last, reports_.renumber(*highest + 1));
  TRY_DO(installation_->update([&](State& state) { state.reports = std::max(state.reports, last); }));
  return true;
}

// True: they have other numbers now and are to be sent from the first on.
Result<bool> Engine::send_waiting_reports(const std::stop_token& stop) {
  TRY(const auto numbers, reports_.list());
  for (const std::uint64_t number : numbers) {
    const auto body = reports_.read(number);
    const auto answer =
        body ? fetcher_.post("reports", "application/json", WipedString(*body), stop) : fail(Code::storage_failed);
    if (!answer && answer.error().code == Code::cancelled) return tl::unexpected(answer.error());
    if (body && (!answer || is_passing(answer->status))) return false;  // later
    if (answer && answer->status == 409) {
      TRY(const bool is_renumbered, catch_up(number, answer->bytes));
      if (is_renumbered) return true;
    }
    TRY_DO(reports_.remove(number));
  }
  return false;
}

Status Engine::send_reports(const std::stop_token& stop) {
  const std::lock_guard one_at_a_time(network_);
  fetcher_.begin_session(config_.check_time);
  TRY(const bool is_renumbered, send_waiting_reports(stop));
  // Once: a server that goes on like this is none of ours.
  if (is_renumbered) TRY_DO(send_waiting_reports(stop));
  return {};
}

}  // namespace latchkey::update
