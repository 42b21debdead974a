#include "session/session_state.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace latchkey::session {
namespace {

constexpr int state_count = static_cast<int>(State::signing_out) + 1;
constexpr int event_count = static_cast<int>(Event::store_locked) + 1;

TEST(SessionState, the_table_is_this_one) {
  EXPECT_EQ(print_transitions(), R"(| from | event | to |
|---|---|---|
| closed | found_session | active |
| closed | found_nothing | signed_out |
| signed_out | found_session | active |
| signed_out | sign_in_started | signing_in |
| signing_in | sign_in_succeeded | active |
| signing_in | sign_in_failed | signed_out |
| signing_in | sign_in_abandoned | active |
| active | refresh_started | refreshing |
| active | sign_in_started | signing_in |
| active | sign_out_started | signing_out |
| active | store_locked | closed |
| refreshing | refresh_succeeded | active |
| refreshing | refresh_failed | active |
| refreshing | save_failed | unsaved |
| refreshing | session_over | signed_out |
| refreshing | session_gone | signed_out |
| unsaved | refresh_started | refreshing |
| unsaved | saved | active |
| unsaved | session_gone | signed_out |
| unsaved | sign_out_started | signing_out |
| unsaved | store_locked | closed |
| signing_out | sign_out_succeeded | signed_out |
| signing_out | sign_out_failed | active |
)");
}

TEST(SessionState, every_row_is_taken_and_no_other) {
  std::set<std::pair<State, Event>> rows;
  for (const auto& [from, event, to] : transitions()) {
    EXPECT_TRUE(rows.emplace(from, event).second) << name_of(from) << " " << name_of(event) << " twice";
    EXPECT_EQ(next_state(from, event), to);
  }
  for (int state = 0; state < state_count; ++state)
    for (int event = 0; event < event_count; ++event) {
      const std::pair cell(static_cast<State>(state), static_cast<Event>(event));
      EXPECT_EQ(next_state(cell.first, cell.second).has_value(), rows.contains(cell));
    }
}

TEST(SessionState, every_state_and_event_has_a_name_and_a_place) {
  std::set<State> states;
  std::set<Event> events;
  for (const auto& [from, event, to] : transitions()) {
    states.insert({from, to});
    events.insert(event);
  }
  EXPECT_EQ(states.size(), static_cast<std::size_t>(state_count));
  EXPECT_EQ(events.size(), static_cast<std::size_t>(event_count));
}

TEST(SessionState, only_invalid_grant_and_another_processs_sign_out_end_a_session_by_themselves) {
  for (const auto& [from, event, to] : transitions())
    if (to == State::signed_out && is_signed_in(from))
      EXPECT_TRUE(event == Event::session_over || event == Event::session_gone) << name_of(event);
}

TEST(SessionState, the_page_shows_the_table) {
  auto folder = std::filesystem::canonical("/proc/self/exe").parent_path();
  while (folder.has_relative_path() && !std::filesystem::exists(folder / "docs/session-states.md"))
    folder = folder.parent_path();
  std::ostringstream page;
  page << std::ifstream(folder / "docs/session-states.md").rdbuf();
  EXPECT_NE(page.str().find(print_transitions()), std::string::npos);
}

}  // namespace
}  // namespace latchkey::session
