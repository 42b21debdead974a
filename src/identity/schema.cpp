#include "identity/schema.h"

#include <array>

namespace latchkey::identity {

std::span<const sql::Migration> schema() {
  static const std::array migrations{make_token_tables(),  make_account_tables(), make_housekeeping_indexes(),
                                     make_status_tables(), make_signal_tables(),  make_checkpoint_tables()};
  return migrations;
}

}  // namespace latchkey::identity
