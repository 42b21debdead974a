// The wrap that software key stores share: AES-256-GCM of the data key, bound to the slot.
#pragma once

#include "vault/key_store.h"

namespace latchkey::vault {

using WrappingKey = Secret<struct WrappingKeyTag>;  // 32 bytes

Result<Bytes> wrap_data_key(const WrappingKey& key, SlotKind kind, const SlotBinding& binding, const DataKey& data_key);
// Fails: authentication_failed (wrong key, altered, or another slot's).
Result<DataKey> unwrap_data_key(const WrappingKey& key, SlotKind kind, const SlotBinding& binding, ByteView sealed);

}  // namespace latchkey::vault
