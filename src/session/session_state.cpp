#include "session/session_state.h"

#include <algorithm>
#include <array>

namespace latchkey::session {
namespace {

constexpr Transition table[] = {
    {State::closed, Event::found_session, State::active},
    {State::closed, Event::found_nothing, State::signed_out},

    {State::signed_out, Event::found_session, State::active},  // another process signed in
    {State::signed_out, Event::sign_in_started, State::signing_in},

    {State::signing_in, Event::sign_in_succeeded, State::active},
    {State::signing_in, Event::sign_in_failed, State::signed_out},
    {State::signing_in, Event::sign_in_abandoned, State::active},

    {State::active, Event::refresh_started, State::refreshing},
    {State::active, Event::sign_in_started, State::signing_in},
    {State::active, Event::sign_out_started, State::signing_out},
    {State::active, Event::store_locked, State::closed},

    {State::refreshing, Event::refresh_succeeded, State::active},
    {State::refreshing, Event::refresh_failed, State::active},
    {State::refreshing, Event::save_failed, State::unsaved},
    {State::refreshing, Event::session_over, State::signed_out},
    {State::refreshing, Event::session_gone, State::signed_out},

    {State::unsaved, Event::refresh_started, State::refreshing},
    {State::unsaved, Event::saved, State::active},
    {State::unsaved, Event::session_gone, State::signed_out},
    {State::unsaved, Event::sign_out_started, State::signing_out},
    {State::unsaved, Event::store_locked, State::closed},

    {State::signing_out, Event::sign_out_succeeded, State::signed_out},
    {State::signing_out, Event::sign_out_failed, State::active},
};

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::closed:
      return "closed";
    case State::signed_out:
      return "signed_out";
    case State::signing_in:
      return "signing_in";
    case State::active:
      return "active";
    case State::refreshing:
      return "refreshing";
    case State::unsaved:
      return "unsaved";
    case State::signing_out:
      return "signing_out";
  }
  return {};
}

std::string_view name_of(Event event) {
  switch (event) {
    case Event::found_session:
      return "found_session";
    case Event::found_nothing:
      return "found_nothing";
    case Event::sign_in_started:
      return "sign_in_started";
    case Event::sign_in_succeeded:
      return "sign_in_succeeded";
    case Event::sign_in_failed:
      return "sign_in_failed";
    case Event::sign_in_abandoned:
      return "sign_in_abandoned";
    case Event::refresh_started:
      return "refresh_started";
    case Event::refresh_succeeded:
      return "refresh_succeeded";
    case Event::refresh_failed:
      return "refresh_failed";
    case Event::save_failed:
      return "save_failed";
    case Event::saved:
      return "saved";
    case Event::session_over:
      return "session_over";
    case Event::session_gone:
      return "session_gone";
    case Event::sign_out_started:
      return "sign_out_started";
    case Event::sign_out_succeeded:
      return "sign_out_succeeded";
    case Event::sign_out_failed:
      return "sign_out_failed";
    case Event::store_locked:
      return "store_locked";
  }
  return {};
}

std::span<const Transition> transitions() { return table; }

std::optional<State> next_state(State state, Event event) {
  const auto row = std::find_if(std::begin(table), std::end(table),
                                [&](const Transition& t) { return t.from == state && t.event == event; });
  if (row == std::end(table)) return std::nullopt;
  return row->to;
}

std::string print_transitions() {
  std::string text = "| from | event | to |\n|---|---|---|\n";
  for (const auto& [from, event, to] : table) {
    for (const std::string_view cell : {name_of(from), name_of(event), name_of(to)})
      text.append("| ").append(cell).append(" ");
    text += "|\n";
  }
  return text;
}

}  // namespace latchkey::session
