// The state as bytes: the payload of a slot (docs/formats/device-v1.md).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "update/state.h"

namespace latchkey::update {

// Within State's limits; what exceeds them is our own bug.
Bytes print_state(const State& state);

// Strict: every count within its limit, nothing left over, one form per state. Fails: storage_corrupted.
Result<State> parse_state(ByteView bytes);

}  // namespace latchkey::update
