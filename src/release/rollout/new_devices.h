// How many devices an address, and a network, may bring that were never heard of. Whoever invents devices can have a
// release paused, or drown what others say; this makes it cost addresses. In memory, forgotten by a restart.
#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "base/time.h"
#include "http/address.h"
#include "protocol/limits.h"

namespace latchkey::release {

struct NewDeviceBudget {
  int burst = 0;                       // at once
  std::chrono::milliseconds interval;  // then one each
};

struct NewDeviceLimits {
  NewDeviceBudget of_address{protocol::limits::new_devices, protocol::limits::new_device_interval};
  NewDeviceBudget of_network{protocol::limits::new_devices_of_network,
                             protocol::limits::new_device_of_network_interval};
  std::size_t addresses = protocol::limits::new_device_addresses;  // counted at a time, and as many networks
};

// Thread-safe. An IPv6 /64 counts as one address; networks are those of http::Address.
class NewDevices final {
 public:
  explicit NewDevices(NewDeviceLimits limits = {}) : limits_(limits) {}

  // False: the address, or its network, has used its budget up.
  bool admit(const http::Address& address, Instant now);

 private:
  using FullAt = std::map<http::Address, Instant>;  // when the budget is whole again
  bool take(FullAt& full_at, const NewDeviceBudget& budget, const http::Address& address, Instant now) const;

  NewDeviceLimits limits_;
  std::mutex mutex_;
  FullAt addresses_;
  FullAt networks_;
};

}  // namespace latchkey::release
