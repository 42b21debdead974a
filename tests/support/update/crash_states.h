// Every state a disk may be in after a crash, from the journal of what was done to it. Bytes are sure to be there when
// their file was synced after they were written; names when their folder was. Of what was not synced, bytes may be old,
// new, half written or zeroes; names come in the order they were changed (journalling file systems), or in the worst
// case in any combination.
#pragma once

#include <functional>

#include "update/vfses/memory_vfs.h"

namespace latchkey::update::testing {

enum class Names { in_order, any_subset };

// Calls `judge` once per different state after any part of the journal; `done` is how much of it was done.
// Returns how many states there were.
std::size_t for_every_crash_state(const Image& before, const std::vector<JournalEntry>& journal, Names names,
                                  const std::function<void(const Image& state, std::size_t done)>& judge);

// One of those after the whole journal, drawn by lot: `draw` chooses one of so many.
Image draw_crash_state(const Image& before, const std::vector<JournalEntry>& journal, Names names,
                       const std::function<std::size_t(std::size_t)>& draw);

}  // namespace latchkey::update::testing
