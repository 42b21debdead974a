// Whether a vault's file is as new as the server of its checkpoint knows it.
#pragma once

#include <functional>

#include "vault/checkpoint.h"
#include "vault/contents.h"

namespace latchkey::vault {

// The file as it lies in the store now; nothing: it has no such checkpoint any more.
using EpochReader = std::function<Result<std::optional<AnchorCount>>()>;

std::optional<AnchorCount> epoch_for(const Contents& contents, const CheckpointPlace& place);

// Ok also without such a checkpoint. Fails: vault_rolled_back, temporarily_unavailable (other processes write all the
// time), as `checkpoints` and `read_epoch`.
Status compare_with_server(Checkpoints& checkpoints, const CheckpointCall& call, const EpochReader& read_epoch);

}  // namespace latchkey::vault
