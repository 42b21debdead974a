// Whether a vault's file is as new as the server of its checkpoint knows it.
#pragma once

#include <functional>

#include "vault/checkpoint.h"
#include "vault/contents.h"

namespace latchkey::vault {

// The file as it lies in the store now; nothing: it has no anchor any more. Fails: temporarily_unavailable (it has
// another one, of which what was asked knows nothing).
using EpochReader = std::function<Result<std::optional<AnchorCount>>()>;

Result<std::optional<AnchorCount>> epoch_for(const Contents& contents, const CheckpointPlace& place);

// Ok also without an anchor. Fails: vault_rolled_back, temporarily_unavailable (other processes write all the
// time), as `checkpoints` and `read_epoch`.
Status compare_with_server(Checkpoints& checkpoints, const CheckpointCall& call, const EpochReader& read_epoch);

}  // namespace latchkey::vault
