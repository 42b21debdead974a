#include "vault/key_stores/recovery_code_key_store.h"

#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "vault/byte_reader.h"
#include "vault/key_stores/key_wrap.h"
#include "vault/key_stores/passcode_stretch.h"
#include "vault/key_stores/recovery_code.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t recovery_parameters_version = 1;
constexpr std::size_t salt_size = 16;

Bytes make_parameters() {
  Bytes out{recovery_parameters_version};
  append(out, crypto::random_array<salt_size>());
  return out;
}

Status check_parameters(ByteView parameters) {
  ByteReader reader(parameters);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > recovery_parameters_version) return fail(Code::future_version, "recovery slot");
  if (version == 0) return fail(Code::vault_corrupted, "recovery slot: version");
  TRY_DO(reader.take(salt_size));
  return reader.expect_end();
}

WrappingKey make_wrapping_key(const RecoverySecret& secret, ByteView parameters) {
  return crypto::derive<WrappingKeyTag>(secret, "latchkey/v1/vault/recovery-code", parameters);
}

class RecoveryCodeKeyStore final : public KeyStore {
 public:
  SlotKind kind() const override { return SlotKind::recovery_code; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::portable; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    if (!prompt.show_recovery_code) return fail(Code::invalid_argument, "nobody to show the recovery code to");
    const RecoverySecret secret = make_recovery_secret();
    Bytes parameters = make_parameters();
    TRY(Bytes sealed, wrap_slot_key(make_wrapping_key(secret, parameters), kind(), binding, key));
    TRY_DO(prompt.show_recovery_code(print_recovery_code(secret)));
    return WrappedKey{std::move(parameters), std::move(sealed)};
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    TRY_DO(check_parameters(wrapped.parameters));
    TRY(const Passcode typed, ask_passcode(prompt, PasscodeAsk::enter));
    TRY(const RecoverySecret secret, parse_recovery_code(typed.reveal()));
    auto key = unwrap_slot_key(make_wrapping_key(secret, wrapped.parameters), kind(), binding, wrapped.sealed);
    if (!key && key.error().code == Code::authentication_failed) return fail(Code::wrong_passcode);
    return key;
  }

  Status probe(const WrappedKey& wrapped) override { return check_parameters(wrapped.parameters); }
  Status forget(const WrappedKey& /*wrapped*/) override { return {}; }
};

}  // namespace

std::unique_ptr<KeyStore> make_recovery_code_key_store() { return std::make_unique<RecoveryCodeKeyStore>(); }

}  // namespace latchkey::vault
