// The tables of the identity server, as numbered migrations in the dialect SQLite and PostgreSQL share. A migration
// that has been released never changes; add another.
#pragma once

#include <span>

#include "sql/migrations.h"

namespace latchkey::identity {

// 1: clients, authorization codes, token families, keys, security events. 2: accounts and sign-in.
std::span<const sql::Migration> schema();

}  // namespace latchkey::identity
