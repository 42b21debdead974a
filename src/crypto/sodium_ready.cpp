#include "crypto/sodium_ready.h"

#include <sodium.h>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {

void make_sodium_ready() {
  static const int outcome = sodium_init();
  openssl::must(outcome >= 0);
}

}  // namespace latchkey::crypto
