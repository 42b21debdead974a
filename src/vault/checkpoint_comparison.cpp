#include "vault/checkpoint_comparison.h"

namespace latchkey::vault {
namespace {

// Other processes may go on while this one asks; each round somebody else did.
constexpr int max_rounds = 8;

}  // namespace

Result<std::optional<AnchorCount>> epoch_for(const Contents& contents, const CheckpointPlace& place) {
  const auto& anchor = contents.anchor();
  if (!anchor) return std::optional<AnchorCount>();
  const auto found = parse_checkpoint_place(*anchor);
  if (!found || found->server != place.server)
    return fail(Code::temporarily_unavailable, "the server of its checkpoint is another one now");
  return std::optional(contents.manifest().epoch);
}

// A count below the file's epoch is a step whose end got lost, another process on its way, or a server that was
// restored from an older backup: the count is moved up. No file can be ahead by being old.
Status compare_with_server(Checkpoints& checkpoints, const CheckpointCall& call, const EpochReader& read_epoch) {
  const auto counted = checkpoints.read(call);
  if (!counted && counted.error().code == Code::key_missing) {
    TRY(const auto epoch, read_epoch());
    if (!epoch) return {};  // another process dropped it meanwhile
  }
  TRY(AnchorCount count, counted);
  for (int round = 0; round < max_rounds; ++round) {
    TRY(const auto epoch, read_epoch());
    if (!epoch || *epoch == count) return {};
    if (*epoch < count) return fail(Code::vault_rolled_back, "the server of its checkpoint has seen a newer file");
    TRY(count, checkpoints.move(call, *epoch));
  }
  return fail(Code::temporarily_unavailable, "other processes write all the time");
}

}  // namespace latchkey::vault
