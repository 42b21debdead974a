// The wrap that software key stores share: AES-256-GCM of the slot's key, bound to the slot.
#pragma once

#include "vault/key_store.h"

namespace latchkey::vault {

using WrappingKey = Secret<struct WrappingKeyTag>;  // 32 bytes

Result<Bytes> wrap_slot_key(const WrappingKey& key, SlotKind kind, const SlotBinding& binding, const SlotKey& slot_key);
// Fails: authentication_failed (wrong key, altered, or another slot's).
Result<SlotKey> unwrap_slot_key(const WrappingKey& key, SlotKind kind, const SlotBinding& binding, ByteView sealed);

}  // namespace latchkey::vault
