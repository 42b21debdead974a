// One arena of memory for secrets: never swapped (mlock, checked), never in a core dump (MADV_DONTDUMP, checked), zero
// in a forked child (MADV_WIPEONFORK, or mapped anew there), between guard pages; on Linux with memfd_secret not even
// root reads it through /proc. Freed blocks are wiped at once. Promise: not in dumps, not in swap. Not promised: that
// the running process itself cannot be made to read it.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace latchkey::locked_pages {

// A zeroed block of exactly `size` bytes. Aborts when the address space is exhausted. Thread-safe; about 50 ns for a
// used size.
MutableBytes allocate(std::size_t size);
// Wipes the block and gives it back. Thread-safe.
void release(MutableBytes block);

struct ArenaStatus {
  std::size_t locked_bytes;  // mapped and held in RAM by mlock or memfd_secret
  std::size_t
      unlocked_bytes;  // mapped when RLIMIT_MEMLOCK was used up: wiped and kept out of dumps, but could be swapped
  std::size_t dumpable_bytes;  // mapped where the kernel refused MADV_DONTDUMP: a core dump would have them
  bool secret_memory;          // memfd_secret backs the arena
};
ArenaStatus arena_status();

// How later mappings are made. `secret_memory` (the default) falls back to anonymous pages where the kernel lacks it.
// Tests of memory contents choose `anonymous`, because nothing can look into secret memory from outside.
enum class Backing { secret_memory, anonymous };
void set_backing(Backing backing);

}  // namespace latchkey::locked_pages
