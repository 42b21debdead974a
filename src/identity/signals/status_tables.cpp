#include "identity/schema.h"

namespace latchkey::identity {

sql::Migration make_status_tables() {
  return {4,
          "status lists",
          {// NULL: born before there were lists; its access tokens say nothing of a status
           "ALTER TABLE families ADD COLUMN status_index BIGINT",
           // used: how many indexes were given; needed_until: when the last family with one has long ended
           "CREATE TABLE status_lists (number BIGINT PRIMARY KEY, used BIGINT NOT NULL, needed_until BIGINT NOT NULL)",
           "CREATE TABLE ended_statuses (status_index BIGINT PRIMARY KEY, ended_at BIGINT NOT NULL)",
           "CREATE INDEX ended_statuses_by_time ON ended_statuses (ended_at)"}};
}

}  // namespace latchkey::identity
