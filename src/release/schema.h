// The tables of the release service, as numbered migrations of the series "release" (sql/migrations.h). A migration
// that has been released never changes; add another.
#pragma once

#include <span>

#include "sql/migrations.h"

namespace latchkey::release {

std::span<const sql::Migration> schema();
Status migrate(sql::Database& db);

}  // namespace latchkey::release
