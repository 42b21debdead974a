// What remembers how far a vault has come, and is none of its files: a checkpoint at a server, and counters in a chip.
// They outlive the process, keep at once what they are told, and may not answer.
#pragma once

#include <array>
#include <filesystem>

#include "tests/faults/interpose.h"
#include "vault/checkpoint.h"

namespace latchkey::faults {

struct Outside {
  std::uint64_t checkpoint = 0;                // at the server; 0: none
  std::uint64_t highest = 0;                   // of all counters that ever were, as in a TPM
  std::array<std::uint64_t, 6> counters = {};  // by number; 0: none
};

Outside look_outside(const std::filesystem::path& file);

// Both lie in `file`. A call that gets no answer fails with network_unreachable or temporarily_unavailable.
std::unique_ptr<vault::Checkpoints> make_checkpoints(std::filesystem::path file);
std::unique_ptr<vault::RollbackAnchor> make_anchor(std::filesystem::path file);

}  // namespace latchkey::faults
