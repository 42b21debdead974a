#include "vault/key_stores/pkcs11_key_store.h"

#include <mutex>

#include "crypto/constant_time.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "protocol/limits/vault.h"
#include "vault/key_stores/key_wrap.h"
#include "vault/key_stores/pkcs11_ec_keys.h"
#include "vault/key_stores/pkcs11_keys.h"
#include "vault/pkcs11/token.h"

namespace latchkey::vault {
namespace {

using pkcs11::Module;
using pkcs11::Session;
using pkcs11::Token;

// All of the parameters are bound, so that altered ones open nothing.
Bytes associated_data(const SlotBinding& binding, ByteView parameters) {
  Bytes out = print_binding(SlotKind::pkcs11, binding);
  append(out, parameters);
  return out;
}
WrappingKey bound_to(const WrappingKey& key, ByteView parameters) {
  return crypto::derive<WrappingKeyTag>(key, "latchkey/v1/vault/pkcs11", parameters);
}

Result<WrappedKey> wrap_with_aes(const Session& session, const Pkcs11Parameters& parameters, const SlotBinding& binding,
                                 const SlotKey& key) {
  Bytes printed = print_pkcs11_parameters(parameters);
  TRY(Bytes sealed, seal_with_token(session, parameters.id, key, associated_data(binding, printed)));
  return WrappedKey{std::move(printed), std::move(sealed)};
}

Result<WrappedKey> wrap_with_rsa(const Session& session, Pkcs11Parameters parameters, const SlotBinding& binding,
                                 const SlotKey& key) {
  const auto wrapping = crypto::random_secret<WrappingKeyTag>(32);
  auto encrypted = encrypt_for_token(session, parameters.mechanism, parameters.id, wrapping);
  if (!encrypted && encrypted.error().code == Code::unsupported) {
    parameters.mechanism = Pkcs11Mechanism::rsa_oaep_sha1;
    encrypted = encrypt_for_token(session, parameters.mechanism, parameters.id, wrapping);
  }
  TRY(parameters.encrypted_key, std::move(encrypted));
  Bytes printed = print_pkcs11_parameters(parameters);
  TRY(Bytes sealed, wrap_slot_key(bound_to(wrapping, printed), SlotKind::pkcs11, binding, key));
  return WrappedKey{std::move(printed), std::move(sealed)};
}

WrappingKey agreed_key(const crypto::SharedSecret& agreed, ByteView parameters) {
  return crypto::derive<WrappingKeyTag>(agreed, "latchkey/v1/vault/pkcs11-ecdh", parameters);
}

// What the token agrees on is compared now: a slot that only software can open is none.
Result<WrappedKey> wrap_with_ecdh(const Session& session, Pkcs11Parameters parameters, const SlotBinding& binding,
                                  const SlotKey& key) {
  TRY(const crypto::P256Public of_token, read_token_point(session, parameters.id));
  const auto once = crypto::P256Key::generate();
  TRY(const auto agreed, once.agree(of_token));
  const auto by_token = agree_with_token(session, parameters.id, once.public_key());
  if (!by_token && by_token.error().code == Code::authentication_failed)
    return fail(Code::unsupported,
                "the token does not give out what its P-256 key agrees on; make the slot with an AES or RSA key");
  TRY_DO(by_token);
  if (!crypto::equal(agreed, *by_token)) return fail(Code::unsupported, "the token's ECDH is not the standard's");
  append(parameters.encrypted_key, of_token);
  append(parameters.encrypted_key, once.public_key());
  Bytes printed = print_pkcs11_parameters(parameters);
  TRY(Bytes sealed, wrap_slot_key(agreed_key(agreed, printed), SlotKind::pkcs11, binding, key));
  return WrappedKey{std::move(printed), std::move(sealed)};
}

Result<WrappedKey> wrap_with(const Session& session, const Pkcs11Parameters& parameters, const SlotBinding& binding,
                             const SlotKey& key) {
  switch (parameters.mechanism) {
    case Pkcs11Mechanism::aes_256_gcm:
      return wrap_with_aes(session, parameters, binding, key);
    case Pkcs11Mechanism::ecdh_p256:
      return wrap_with_ecdh(session, parameters, binding, key);
    case Pkcs11Mechanism::rsa_oaep_sha256:
    case Pkcs11Mechanism::rsa_oaep_sha1:
      break;
  }
  return wrap_with_rsa(session, parameters, binding, key);
}

Result<SlotKey> unwrap_with_ecdh(const Session& session, const Pkcs11Parameters& parameters, ByteView printed,
                                 const SlotBinding& binding, ByteView sealed) {
  const ByteView points = parameters.encrypted_key;
  TRY(const auto agreed, agree_with_token(session, parameters.id, points.last(points.size() / 2)));
  return unwrap_slot_key(agreed_key(agreed, printed), SlotKind::pkcs11, binding, sealed);
}

class Pkcs11KeyStore final : public KeyStore {
 public:
  explicit Pkcs11KeyStore(Pkcs11KeyStoreOptions options) : options_(std::move(options)) {}

  SlotKind kind() const override { return SlotKind::pkcs11; }
  SecurityLevel level() const override { return SecurityLevel::separate_hardware; }
  Portability portability() const override { return Portability::portable; }
  bool asks_for_passcode(const WrappedKey& /*wrapped*/) const override { return true; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    if (options_.token.empty() || options_.token.size() > protocol::limits::token_label_bytes)
      return fail(Code::configuration_invalid, "the label of a PKCS#11 token has 1 to 32 bytes");
    TRY(Module module, ready_module());
    TRY(const Token token, find_token(module, options_.token));
    TRY(const Pkcs11Mechanism mechanism,
        options_.mechanism ? Result<Pkcs11Mechanism>(*options_.mechanism) : choose_mechanism(module, token));
    TRY(const Session session, Session::open(module, token, prompt));
    const Pkcs11Parameters parameters{mechanism, crypto::random_array<16>(), options_.token, {}};
    TRY_DO(tell_of_key(parameters, prompt));
    Status made = generate_token_key(session, mechanism, parameters.id);
    auto wrapped = made ? wrap_with(session, parameters, binding, key) : tl::unexpected(made.error());
    if (!wrapped && destroy_token_key(session, parameters.id) && prompt.key_notice.unmade) prompt.key_notice.unmade();
    return wrapped;
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    TRY(const Pkcs11Parameters parameters, parse_pkcs11_parameters(wrapped.parameters));
    TRY(Module module, ready_module());
    TRY(const Token token, find_token(module, parameters.token));
    TRY(const Session session, Session::open(module, token, prompt));
    if (parameters.mechanism == Pkcs11Mechanism::aes_256_gcm)
      return open_with_token(session, parameters.id, wrapped.sealed, associated_data(binding, wrapped.parameters));
    if (parameters.mechanism == Pkcs11Mechanism::ecdh_p256)
      return unwrap_with_ecdh(session, parameters, wrapped.parameters, binding, wrapped.sealed);
    TRY(const WrappingKey wrapping,
        decrypt_with_token(session, parameters.mechanism, parameters.id, parameters.encrypted_key));
    return unwrap_slot_key(bound_to(wrapping, wrapped.parameters), kind(), binding, wrapped.sealed);
  }

  Status probe(const WrappedKey& wrapped) override {
    TRY(const Pkcs11Parameters parameters, parse_pkcs11_parameters(wrapped.parameters));
    TRY(Module module, ready_module());
    TRY(const Token token, find_token(module, parameters.token));
    if ((token.flags & CKF_USER_PIN_LOCKED) != 0) return tl::unexpected(pkcs11::to_error(CKR_PIN_LOCKED));
    return {};
  }

  Status forget(const WrappedKey& wrapped) override {
    TRY(const Pkcs11Parameters parameters, parse_pkcs11_parameters(wrapped.parameters));
    TRY(Module module, ready_module());
    TRY(const Token token, find_token(module, parameters.token));
    Prompt prompt;
    prompt.ask_passcode = options_.ask_pin_to_forget;
    TRY(const Session session, Session::open(module, token, prompt));
    return destroy_token_key(session, parameters.id);
  }

 private:
  // Any mechanism's objects are found by their id.
  static Status tell_of_key(Pkcs11Parameters parameters, const Prompt& prompt) {
    parameters.mechanism = Pkcs11Mechanism::aes_256_gcm;
    if (!prompt.key_notice.about_to_make) return {};
    return prompt.key_notice.about_to_make(SlotKind::pkcs11, print_pkcs11_parameters(parameters));
  }

  Result<Module> ready_module() {
    const std::lock_guard hold(mutex_);
    if (!module_) {
      TRY(module_, Module::load(options_.module));
    }
    TRY_DO(module_->initialise());
    return *module_;
  }

  Pkcs11KeyStoreOptions options_;
  std::mutex mutex_;
  std::optional<Module> module_;
};

}  // namespace

std::unique_ptr<KeyStore> make_pkcs11_key_store(Pkcs11KeyStoreOptions options) {
  return std::make_unique<Pkcs11KeyStore>(std::move(options));
}

}  // namespace latchkey::vault
