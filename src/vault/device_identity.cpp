#include "vault/device_identity.h"

#include "base/atomic_file.h"
#include "crypto/hmac.h"
#include "protocol/limits.h"

namespace latchkey::vault {
namespace {

constexpr std::size_t machine_id_size = 32;  // hex digits

// machine-id(5): the id itself is confidential; programs use a keyed hash of it with an id of their own.
class MachineIdentity final : public DeviceIdentity {
 public:
  std::optional<DeviceSecret> find() const override {
    for (const char* path : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
      const auto text = read_file(path, protocol::limits::machine_id_file_bytes);
      if (text && text->size() >= machine_id_size)
        return crypto::hmac_sha256(ByteView(*text).first(machine_id_size), as_bytes("latchkey/v1/vault/device"));
    }
    return std::nullopt;
  }
};

class FixedIdentity final : public DeviceIdentity {
 public:
  explicit FixedIdentity(std::optional<DeviceSecret> secret) : secret_(secret) {}
  std::optional<DeviceSecret> find() const override { return secret_; }

 private:
  std::optional<DeviceSecret> secret_;
};

}  // namespace

std::unique_ptr<DeviceIdentity> make_machine_identity() { return std::make_unique<MachineIdentity>(); }
std::unique_ptr<DeviceIdentity> make_fixed_identity(std::optional<DeviceSecret> secret) {
  return std::make_unique<FixedIdentity>(secret);
}

}  // namespace latchkey::vault
