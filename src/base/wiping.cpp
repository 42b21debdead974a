#include "base/wiping.h"

#include <cstring>

namespace latchkey {

void secure_wipe(MutableBytes bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace latchkey
