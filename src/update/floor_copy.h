// What a device must not forget although its folder was deleted or put back: the newest versions and releases and the
// latest time it knows of. The host keeps a copy where the folder's fate does not reach - the vault, the platform's key
// store - so that nobody who can delete files can have old metadata believed again.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "update/state.h"

namespace latchkey::update {

struct Floor {
  std::map<std::string, std::uint64_t> versions;   // of root, timestamp, snapshot
  Instant time{};                                  // no moment before it is believed
  std::map<std::string, std::uint64_t> sequences;  // newest release of each channel
  friend bool operator==(const Floor&, const Floor&) = default;
};
Floor floor_of(const State& state);

// Leaves as many as a state holds, `in_use` among them if it was there. Which of the others go depends on names alone,
// so that the state and its copy keep the same.
void drop_excess_channels(std::map<std::string, std::uint64_t>& sequences, std::string_view in_use);

// The higher of the two. A new root lets the versions below it, the time and the releases begin anew: those of the
// newer one count alone. `in_use`: the channel whose number is kept in any case.
Floor merge_floors(const Floor& a, const Floor& b, std::string_view in_use);

// Format: docs/formats/device-v1.md. At most 512 bytes. Fails: storage_corrupted, future_version.
Bytes print_floor(const Floor& floor);
Result<Floor> parse_floor(ByteView bytes);

// Keeps the copy; whoever may write there is believed. Called by one thread at a time, at checks; may block.
class FloorCopy {
 public:
  virtual ~FloorCopy() = default;
  // As it was saved last; nothing: never. Fails as the place does (vault_locked, storage_failed); then it is asked
  // again at the next check, and a folder that knows nothing itself installs nothing until it answers.
  virtual Result<std::optional<Bytes>> load() = 0;
  // Durable when it returns. Fails as the place does; then it is called again at the next check.
  virtual Status save(ByteView floor) = 0;
};

}  // namespace latchkey::update
