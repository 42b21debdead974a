// How many devices an address may bring that were never heard of. Whoever invents devices can vote a release down; this
// makes it cost addresses. In memory, forgotten by a restart.
#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "base/time.h"
#include "http/address.h"
#include "protocol/limits.h"

namespace latchkey::release {

struct NewDeviceLimits {
  int burst = protocol::limits::new_devices;
  std::chrono::milliseconds interval = protocol::limits::new_device_interval;
  std::size_t addresses = protocol::limits::new_device_addresses;
};

// Thread-safe. An IPv6 /64 counts as one address.
class NewDevices final {
 public:
  explicit NewDevices(NewDeviceLimits limits = {}) : limits_(limits) {}

  // False: the address has used its budget up.
  bool admit(const http::Address& address, Instant now);

 private:
  NewDeviceLimits limits_;
  std::mutex mutex_;
  std::map<http::Address, Instant> full_at_;  // when the budget is whole again
};

}  // namespace latchkey::release
