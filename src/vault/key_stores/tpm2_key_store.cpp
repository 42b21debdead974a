#include "vault/key_stores/tpm2_key_store.h"

#include "base/wiping.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "vault/key_stores/key_wrap.h"
#include "vault/key_stores/passcode_stretch.h"
#include "vault/key_stores/tpm2_parameters.h"
#include "vault/key_stores/tpm2_sealing.h"

namespace latchkey::vault {
namespace {

// What the slot's key is wrapped with: the TPM's part and the user's part, and all of the parameters, so that altered
// ones open nothing.
WrappingKey make_wrapping_key(const SealedSecret& sealed, const std::optional<StretchedPasscode>& pin,
                              ByteView parameters) {
  const std::size_t pin_size = pin ? pin->size() : 0;
  auto both = Secret<struct Tpm2WrappingInputTag>::zeroed(sealed.size() + pin_size);
  std::ranges::copy(sealed.reveal(), both.reveal_to_write().begin());
  if (pin) std::ranges::copy(pin->reveal(), both.reveal_to_write().subspan(sealed.size()).begin());
  return crypto::derive<WrappingKeyTag>(both, "latchkey/v1/vault/tpm2", parameters);
}

Result<PcrMask> mask_of(const std::vector<unsigned>& pcrs) {
  PcrMask mask = 0;
  for (const unsigned pcr : pcrs) {
    if (pcr >= 24) return fail(Code::invalid_argument, "PCRs are numbered 0 to 23");
    mask |= PcrMask{1} << pcr;
  }
  return mask;
}

class Tpm2KeyStore final : public KeyStore {
 public:
  explicit Tpm2KeyStore(Tpm2KeyStoreOptions options) : options_(std::move(options)) {}

  SlotKind kind() const override { return SlotKind::tpm2; }
  SecurityLevel level() const override { return SecurityLevel::separate_hardware; }
  Portability portability() const override { return Portability::this_device_only; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    Tpm2Parameters parameters{};
    TRY(parameters.pcrs, mask_of(options_.pcrs));
    if (options_.pin == Tpm2Pin::asked) parameters.pin = new_stretch(options_.pin_cost);
    TRY(const auto pin, ask_pin(parameters, prompt, PasscodeAsk::choose_new));
    const auto secret = crypto::random_secret<SealedSecretTag>(sealed_secret_size);
    TRY_DO(tpm2::with_tpm(options_.tcti, patience_of(prompt), [&](tpm2::Connection& connection) {
      return seal_in_tpm(connection, secret, pin, parameters);
    }));
    TRY(Bytes printed, print_tpm2_parameters(parameters));
    TRY(Bytes sealed, wrap_slot_key(make_wrapping_key(secret, pin, printed), kind(), binding, key));
    return WrappedKey{std::move(printed), std::move(sealed)};
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    TRY(const Tpm2Parameters parameters, parse_tpm2_parameters(wrapped.parameters));
    TRY(const auto pin, ask_pin(parameters, prompt, PasscodeAsk::enter));
    SealedSecret secret;
    TRY_DO(tpm2::with_tpm(options_.tcti, patience_of(prompt), [&](tpm2::Connection& connection) -> Status {
      TRY(secret, unseal_in_tpm(connection, parameters, pin));
      return {};
    }));
    return unwrap_slot_key(make_wrapping_key(secret, pin, wrapped.parameters), kind(), binding, wrapped.sealed);
  }

  Status probe(const WrappedKey& wrapped) override {
    TRY(const Tpm2Parameters parameters, parse_tpm2_parameters(wrapped.parameters));
    return tpm2::with_tpm(options_.tcti, {},
                          [&](tpm2::Connection& connection) { return check_in_tpm(connection, parameters); });
  }

  Status forget(const WrappedKey& /*wrapped*/) override { return {}; }

  bool needs_recovery_slot(const WrappedKey& wrapped) const override {
    const auto parameters = parse_tpm2_parameters(wrapped.parameters);
    return parameters && parameters->pcrs != 0;
  }
  bool asks_for_passcode(const WrappedKey& wrapped) const override {
    const auto parameters = parse_tpm2_parameters(wrapped.parameters);
    return parameters && parameters->pin;
  }

 private:
  static tpm2::Patience patience_of(const Prompt& prompt) { return {prompt.timeout, prompt.stop}; }

  static Result<std::optional<StretchedPasscode>> ask_pin(const Tpm2Parameters& parameters, const Prompt& prompt,
                                                          PasscodeAsk what) {
    if (!parameters.pin) return std::optional<StretchedPasscode>{};
    TRY(const Passcode pin, ask_passcode(prompt, what));
    TRY(StretchedPasscode stretched, stretch_passcode(pin, *parameters.pin));
    return std::optional<StretchedPasscode>(std::move(stretched));
  }

  Tpm2KeyStoreOptions options_;
};

}  // namespace

std::unique_ptr<KeyStore> make_tpm2_key_store(Tpm2KeyStoreOptions options) {
  return std::make_unique<Tpm2KeyStore>(std::move(options));
}

}  // namespace latchkey::vault
