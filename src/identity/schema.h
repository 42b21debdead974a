// The tables of the identity server, as numbered migrations in the dialect SQLite and PostgreSQL share. A migration
// that has been released never changes; add another.
#pragma once

#include <span>

#include "sql/migrations.h"

namespace latchkey::identity {

// 1: clients, authorization codes, token families, keys, security events. 2: accounts and sign-in. 3: indexes. 4:
// status lists. 5: outbox. 6: checkpoints of vaults.
std::span<const sql::Migration> schema();

// What schema() is made of, in its order.
sql::Migration make_token_tables();
sql::Migration make_account_tables();
sql::Migration make_housekeeping_indexes();
sql::Migration make_status_tables();
sql::Migration make_signal_tables();
sql::Migration make_checkpoint_tables();

}  // namespace latchkey::identity
