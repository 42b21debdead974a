#include "vault/key_stores/passcode_key_store.h"

#include "vault/key_stores/key_wrap.h"
#include "vault/key_stores/passcode_stretch.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t passcode_parameters_version = 1;

Bytes print(const Stretch& stretch) {
  Bytes out{passcode_parameters_version};
  append_stretch(out, stretch);
  return out;
}

Result<Stretch> parse_stretch(ByteView bytes) {
  ByteReader reader(bytes);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > passcode_parameters_version) return fail(Code::future_version, "passcode slot");
  if (version == 0) return fail(Code::vault_corrupted, "passcode slot: version");
  TRY(const Stretch stretch, take_stretch(reader));
  TRY_DO(reader.expect_end());
  return stretch;
}

Result<WrappingKey> make_wrapping_key(const Prompt& prompt, PasscodeAsk what, const Stretch& stretch) {
  TRY(const Passcode passcode, ask_passcode(prompt, what));
  return crypto::argon2id<WrappingKeyTag>(passcode, stretch.salt, stretch.cost);
}

class PasscodeKeyStore final : public KeyStore {
 public:
  explicit PasscodeKeyStore(std::function<crypto::Argon2Cost()> choose_cost) : choose_cost_(std::move(choose_cost)) {}

  SlotKind kind() const override { return SlotKind::passcode; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::portable; }
  bool asks_for_passcode(const WrappedKey& /*wrapped*/) const override { return true; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    const Stretch stretch = new_stretch(choose_cost_());
    TRY(const auto wrapping, make_wrapping_key(prompt, PasscodeAsk::choose_new, stretch));
    TRY(Bytes sealed, wrap_slot_key(wrapping, kind(), binding, key));
    return WrappedKey{print(stretch), std::move(sealed)};
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    TRY(const Stretch stretch, parse_stretch(wrapped.parameters));
    TRY(const auto wrapping, make_wrapping_key(prompt, PasscodeAsk::enter, stretch));
    auto key = unwrap_slot_key(wrapping, kind(), binding, wrapped.sealed);
    if (!key && key.error().code == Code::authentication_failed) return fail(Code::wrong_passcode);
    return key;
  }

  Status probe(const WrappedKey& wrapped) override {
    TRY_DO(parse_stretch(wrapped.parameters));
    return {};
  }
  Status forget(const WrappedKey& /*wrapped*/) override { return {}; }

 private:
  std::function<crypto::Argon2Cost()> choose_cost_;
};

}  // namespace

std::unique_ptr<KeyStore> make_passcode_key_store(crypto::Argon2Cost cost) {
  return make_passcode_key_store([cost] { return cost; });
}

std::unique_ptr<KeyStore> make_passcode_key_store(std::function<crypto::Argon2Cost()> choose_cost) {
  return std::make_unique<PasscodeKeyStore>(std::move(choose_cost));
}

}  // namespace latchkey::vault
