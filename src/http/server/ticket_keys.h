// Keys that seal TLS session tickets: a new one every hour, the one before it still opens tickets for another hour, and
// then a recording of a resumed handshake can be opened by nobody.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>

#include "base/bytes.h"
#include "base/secret.h"

namespace latchkey::http {

struct TicketKey {
  ByteArray<16> name;
  Secret<struct TicketCipherKeyTag> cipher_key;  // AES-256
  Secret<struct TicketMacKeyTag> mac_key;        // HMAC-SHA-256
};

// Thread-safe.
class TicketKeys final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The key new tickets are sealed with.
  std::shared_ptr<const TicketKey> current(Time now);
  // The key of that name, while it may still open tickets; else null.
  std::shared_ptr<const TicketKey> find(ByteView name, Time now);

 private:
  void rotate(Time now);

  std::mutex mutex_;
  Time made_{};
  std::shared_ptr<const TicketKey> current_;
  std::shared_ptr<const TicketKey> previous_;
};

}  // namespace latchkey::http
