// Tells one device from another, so that a vault put back on another one is recognised for what it is instead of
// looking broken.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault {

using DeviceSecret = ByteArray<32>;  // stable on this device, different on any other; never stored as it is

// Thread-safe. Nothing when the device has no stable identity: vaults made there are not bound.
class DeviceIdentity {
 public:
  virtual ~DeviceIdentity() = default;
  virtual std::optional<DeviceSecret> find() const = 0;
};

// From /etc/machine-id, hashed as machine-id(5) asks. Survives updates, not a new installation of the system.
std::unique_ptr<DeviceIdentity> make_machine_identity();
// For tests, and for shells that keep an installation id of their own.
std::unique_ptr<DeviceIdentity> make_fixed_identity(std::optional<DeviceSecret> secret);

}  // namespace latchkey::vault
