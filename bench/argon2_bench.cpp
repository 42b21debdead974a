// The bare cost of one password hash with the server's parameters, per CPU-second: what a login cannot be faster than.
// Links: crypto
#include <ctime>
#include <iostream>

#include "crypto/argon2id.h"

namespace {

double cpu_seconds() {
  timespec at{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

}  // namespace

int main() {
  using namespace latchkey;
  constexpr int rounds = 60;
  const double before = cpu_seconds();
  for (int i = 0; i < rounds; ++i) {
    if (!crypto::hash_password(as_bytes("four words make a bench"), crypto::argon2_server_cost)) return 1;
  }
  std::cout << R"({"name":"bare Argon2id","value":)" << rounds / (cpu_seconds() - before)
            << R"(,"unit":"per CPU-second"})" << "\n";
}
