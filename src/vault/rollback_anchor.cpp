#include "vault/rollback_anchor.h"

namespace latchkey::vault {

AnchorVerdict compare(AnchorCount in_file, AnchorCount in_anchor) {
  if (in_file < in_anchor) return AnchorVerdict::rolled_back;
  const AnchorCount ahead = in_file - in_anchor;
  if (ahead == 0) return AnchorVerdict::current;
  return ahead == 1 ? AnchorVerdict::one_ahead : AnchorVerdict::impossible;
}

}  // namespace latchkey::vault
