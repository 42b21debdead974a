// Seals the private keys that lie in the database. A port: the wiring gives the server's key-encryption key.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::release {

// Thread-safe. `label` names the row: a sealed key moved to another row does not open.
class KeySeal {
 public:
  virtual ~KeySeal() = default;
  virtual Result<Bytes> seal(std::string_view label, ByteView secret) const = 0;
  virtual Result<WipedBytes> unseal(std::string_view label, ByteView sealed) const = 0;  // Fails: authentication_failed
};

}  // namespace latchkey::release
