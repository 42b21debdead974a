#include "identity/schema.h"

namespace latchkey::identity {

sql::Migration make_signal_tables() {
  return {5,
          "what the end of a session is told to",
          {// Empty: takes no logouts
           "ALTER TABLE clients ADD COLUMN backchannel_logout_uri TEXT NOT NULL DEFAULT ''",
           // Those of the configuration, known here to every process that ends sessions
           "CREATE TABLE event_receivers (url TEXT PRIMARY KEY)",
           // outbox.h tells what the columns mean; id: the `jti`
           "CREATE TABLE outbox (id TEXT PRIMARY KEY, signal BIGINT NOT NULL, receiver TEXT NOT NULL, "
           "user_id TEXT NOT NULL, client_id TEXT NOT NULL, sid TEXT NOT NULL, reason BIGINT NOT NULL, "
           "ended_at BIGINT NOT NULL, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL)",
           "CREATE INDEX outbox_by_receiver ON outbox (signal, receiver, next_at)",
           "CREATE INDEX outbox_by_time ON outbox (next_at)", "CREATE INDEX outbox_by_end ON outbox (ended_at)"}};
}

}  // namespace latchkey::identity
