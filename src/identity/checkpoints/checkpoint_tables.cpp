#include "identity/schema.h"

namespace latchkey::identity {

sql::Migration make_checkpoint_tables() {
  return {6,
          "checkpoints of vaults",
          {// vault_id: 16 bytes, chosen by the device; counter only grows while the row is there
           "CREATE TABLE vault_checkpoints (user_id TEXT NOT NULL, client_id TEXT NOT NULL, vault_id BYTEA NOT NULL, "
           "counter BIGINT NOT NULL, changed_at BIGINT NOT NULL, PRIMARY KEY (user_id, client_id, vault_id))"}};
}

}  // namespace latchkey::identity
