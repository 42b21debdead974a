#include "vault/key_stores/passcode_key_store.h"

#include "crypto/random.h"
#include "vault/byte_reader.h"
#include "vault/key_stores/key_wrap.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t parameters_version = 1;

struct PasscodeParameters {
  crypto::Argon2Cost cost;
  ByteArray<crypto::argon2_salt_size> salt;
};

Bytes print(const PasscodeParameters& parameters) {
  Bytes out;
  out.push_back(parameters_version);
  append_be(out, parameters.cost.memory_kib);
  append_be(out, parameters.cost.passes);
  append(out, parameters.salt);
  return out;
}

Status check_cost(crypto::Argon2Cost cost) {
  const bool memory_is_sane =
      cost.memory_kib >= crypto::argon2_min_cost.memory_kib && cost.memory_kib <= crypto::argon2_max_memory_kib;
  const bool passes_are_sane = cost.passes >= 1 && cost.passes <= crypto::argon2_max_passes;
  if (!memory_is_sane || !passes_are_sane) return fail(Code::vault_corrupted, "passcode slot: cost out of bounds");
  return {};
}

Result<PasscodeParameters> parse(ByteView bytes) {
  ByteReader reader(bytes);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > parameters_version) return fail(Code::future_version, "passcode slot");
  if (version == 0) return fail(Code::vault_corrupted, "passcode slot: version");
  PasscodeParameters parameters{};
  TRY(parameters.cost.memory_kib, reader.take_integer<std::uint32_t>());
  TRY(parameters.cost.passes, reader.take_integer<std::uint32_t>());
  TRY(parameters.salt, reader.take_array<crypto::argon2_salt_size>());
  TRY_DO(reader.expect_end());
  TRY_DO(check_cost(parameters.cost));
  return parameters;
}

Result<Passcode> ask(const Prompt& prompt, PasscodeAsk what) {
  if (!prompt.ask_passcode) return fail(Code::user_cancelled, "nobody to ask for the passcode");
  TRY(Passcode passcode, prompt.ask_passcode(what));
  if (prompt.stop.stop_requested()) return fail(Code::cancelled);
  return passcode;
}

class PasscodeKeyStore final : public KeyStore {
 public:
  explicit PasscodeKeyStore(crypto::Argon2Cost cost) : cost_(cost) {}

  SlotKind kind() const override { return SlotKind::passcode; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::portable; }

  Result<WrappedKey> wrap(const DataKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    TRY(const Passcode passcode, ask(prompt, PasscodeAsk::choose_new));
    if (passcode.size() < min_passcode_size)
      return fail(Code::invalid_argument, "a passcode has at least 4 characters");
    const PasscodeParameters parameters{cost_, crypto::random_array<crypto::argon2_salt_size>()};
    TRY(const auto wrapping, crypto::argon2id<WrappingKeyTag>(passcode, parameters.salt, parameters.cost));
    TRY(Bytes sealed, wrap_data_key(wrapping, kind(), binding, key));
    return WrappedKey{print(parameters), std::move(sealed)};
  }

  Result<DataKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    TRY(const PasscodeParameters parameters, parse(wrapped.parameters));
    TRY(const Passcode passcode, ask(prompt, PasscodeAsk::enter));
    TRY(const auto wrapping, crypto::argon2id<WrappingKeyTag>(passcode, parameters.salt, parameters.cost));
    auto key = unwrap_data_key(wrapping, kind(), binding, wrapped.sealed);
    if (!key && key.error().code == Code::authentication_failed) return fail(Code::wrong_passcode);
    return key;
  }

  Status probe(const WrappedKey& wrapped) override {
    TRY_DO(parse(wrapped.parameters));
    return {};
  }
  Status forget(const WrappedKey& /*wrapped*/) override { return {}; }

 private:
  crypto::Argon2Cost cost_;
};

}  // namespace

std::unique_ptr<KeyStore> make_passcode_key_store(crypto::Argon2Cost cost) {
  return std::make_unique<PasscodeKeyStore>(cost);
}

}  // namespace latchkey::vault
