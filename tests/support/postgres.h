// A real PostgreSQL server of the test program's own: made in a temporary folder the first time a test asks, reached
// through a Unix socket only, stopped and removed when the program ends (however it ends).
#pragma once

#include <string>

namespace latchkey::tests {

struct PostgresOffer {
  std::string connection;  // for sql::open_postgres: an empty schema nobody else uses
  std::string missing;     // else why there is none: skip the test with this reason
};

// Fails the program when the binaries are there and the server does not start.
PostgresOffer offer_postgres();

}  // namespace latchkey::tests
