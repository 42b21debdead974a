// The life of a session as one table: every state, every event that may happen in it, and where it leads. What is not
// in the table cannot happen. Printed in docs/session-states.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::session {

enum class State {
  closed,       // the store was not read yet, or cannot be: whether somebody is signed in is not known; holds no token
  signed_out,   //
  signing_in,   // the user is in the browser
  active,       // signed in; the store holds the newest tokens
  refreshing,   // signed in; new tokens are on their way
  unsaved,      // signed in; the newest tokens are in memory only, for the store did not take them
  signing_out,  //
};
std::string_view name_of(State state);

enum class Event {
  found_session,       // the store was read
  found_nothing,       //
  sign_in_started,     //
  sign_in_succeeded,   //
  sign_in_failed,      // nobody was signed in before
  sign_in_abandoned,   // the session from before stands
  refresh_started,     //
  refresh_succeeded,   // by us, or by another process meanwhile
  refresh_failed,      // the server or network failed: the old tokens stand
  save_failed,         // the newest tokens are in memory only
  saved,               // the store took them at last
  session_over,        // the server answered invalid_grant
  session_gone,        // another process signed out
  sign_out_started,    //
  sign_out_succeeded,  //
  sign_out_failed,     // the record could not be erased
  store_locked,        // the tokens are forgotten; while something is under way, at its end
};
std::string_view name_of(Event event);

struct Transition {
  State from;
  Event event;
  State to;
};
std::span<const Transition> transitions();

// Where `event` leads from `state`; nothing if it may not happen there.
std::optional<State> next_state(State state, Event event);

// The table as the page shows it.
std::string print_transitions();

// Whether an operation is under way that will leave the state by itself.
constexpr bool is_busy(State state) {
  return state == State::signing_in || state == State::refreshing || state == State::signing_out;
}

// Whether tokens are at hand.
constexpr bool is_signed_in(State state) {
  return state == State::active || state == State::refreshing || state == State::unsaved;
}

}  // namespace latchkey::session
