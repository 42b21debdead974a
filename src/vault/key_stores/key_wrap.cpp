#include "vault/key_stores/key_wrap.h"

#include "base/registers.h"
#include "crypto/aead.h"

namespace latchkey::vault {

Result<Bytes> wrap_slot_key(const WrappingKey& key, SlotKind kind, const SlotBinding& binding,
                            const SlotKey& slot_key) {
  const DeadStackGuard guard;
  TRY(const auto aead, crypto::Aead::create(crypto::AeadAlgorithm::aes_256_gcm, key));
  return aead.seal(slot_key.reveal(), print_binding(kind, binding));
}

Result<SlotKey> unwrap_slot_key(const WrappingKey& key, SlotKind kind, const SlotBinding& binding, ByteView sealed) {
  if (sealed.size() != slot_key_size + crypto::Aead::overhead) return fail(Code::authentication_failed, "slot");
  const DeadStackGuard guard;
  TRY(const auto aead, crypto::Aead::create(crypto::AeadAlgorithm::aes_256_gcm, key));
  return aead.open_secret<SlotKeyTag>(sealed, print_binding(kind, binding));
}

}  // namespace latchkey::vault
