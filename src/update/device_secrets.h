// What makes a device one device: the key of its state, the id its place in rollouts comes from, the key its reports
// are signed with. None of it is ever sent. A host with a key store of its own fills the struct from there.
#pragma once

#include "crypto/signature.h"
#include "protocol/release/names.h"
#include "update/state_slots.h"

namespace latchkey::update {

struct DeviceSecrets {
  StateKey state_key;
  protocol::release::DeviceId id;
  crypto::SigningKey report_key;  // Ed25519
};

// From the file `device` of the engine's folder (mode 0600); made anew when it is missing or damaged, which makes the
// state unreadable, too: the device begins again. Fails: storage_failed, storage_full, crypto_failed.
Result<DeviceSecrets> open_device_secrets(Vfs& vfs);

// The same without making anything: nothing when the file is missing or damaged. Fails: storage_failed.
Result<std::optional<DeviceSecrets>> find_device_secrets(Vfs& vfs);

}  // namespace latchkey::update
