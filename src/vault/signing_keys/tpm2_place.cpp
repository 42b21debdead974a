#include "vault/signing_keys/tpm2_place.h"

#include <algorithm>

#include "crypto/digest.h"
#include "vault/attempt_gate.h"
#include "vault/key_stores/tpm2_parameters.h"
#include "vault/tpm2/tpm2_objects.h"

namespace latchkey::vault {
namespace {

using tpm2::Connection;
using tpm2::EsysPtr;

constexpr std::string_view signing_auth_label = "latchkey/v1/vault/tpm2-signing-auth";
constexpr std::size_t scalar_size = 32;

// Signs what it is given, but only under its auth value; not exempt from dictionary-attack protection.
TPM2B_PUBLIC key_template() {
  TPM2B_PUBLIC key{};
  key.publicArea.type = TPM2_ALG_ECC;
  key.publicArea.nameAlg = TPM2_ALG_SHA256;
  key.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT;
  TPMS_ECC_PARMS& ecc = key.publicArea.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_NULL;
  ecc.scheme.scheme = TPM2_ALG_ECDSA;
  ecc.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  return key;
}

// A TPM may leave out leading zeroes.
Status put_scalar(const TPM2B_ECC_PARAMETER& number, MutableBytes out) {
  if (number.size > scalar_size) return fail(Code::vault_corrupted, "TPM key: a number");
  std::ranges::fill(out, std::uint8_t{0});
  std::copy_n(std::begin(number.buffer), number.size, out.end() - number.size);
  return {};
}

Status make_key(Connection& connection, const StretchedPasscode& pin, Tpm2Parameters& parameters) {
  TRY(const tpm2::StorageKey storage_key, tpm2::create_storage_key(connection));
  tpm2::Wiped<TPM2B_SENSITIVE_CREATE> sensitive;
  tpm2::set_auth(sensitive.sensitive.userAuth, pin, signing_auth_label);
  TRY(const tpm2::CreatedObject made, tpm2::create_object(connection, storage_key, sensitive, key_template()));
  parameters.storage_key = storage_key.name;
  parameters.sealed_private = made.private_part;
  parameters.sealed_public = made.public_part;
  return {};
}

Result<crypto::Signature> sign_with(Connection& connection, const tpm2::Transient& key, const tpm2::Transient& session,
                                    const crypto::Sha256Digest& hash) {
  TPM2B_DIGEST digest{};
  digest.size = static_cast<UINT16>(hash.size());
  std::ranges::copy(hash, std::begin(digest.buffer));
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_ECDSA;
  scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  TPMT_TK_HASHCHECK no_ticket{};  // a key that is not restricted signs what was hashed elsewhere (Part 3, 20.2)
  no_ticket.tag = TPM2_ST_HASHCHECK;
  no_ticket.hierarchy = TPM2_RH_NULL;
  TPMT_SIGNATURE* raw = nullptr;
  TRY_DO(tpm2::check(Esys_Sign(connection.esys(), key.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &digest,
                               &scheme, &no_ticket, &raw)));
  const EsysPtr<TPMT_SIGNATURE> made(raw);
  crypto::Signature signature(2 * scalar_size);
  TRY_DO(put_scalar(made->signature.ecdsa.signatureR, signature.writable().first(scalar_size)));
  TRY_DO(put_scalar(made->signature.ecdsa.signatureS, signature.writable().last(scalar_size)));
  return signature;
}

Result<crypto::Signature> sign_in_tpm(Connection& connection, const Tpm2Parameters& parameters,
                                      const StretchedPasscode& pin, const crypto::Sha256Digest& hash) {
  TRY(const tpm2::StorageKey storage_key, tpm2::create_storage_key(connection));
  TRY_DO(tpm2::check_is_same_tpm(storage_key, parameters.storage_key));
  TRY(const tpm2::Transient session, tpm2::start_session(connection, storage_key, TPM2_SE_HMAC));
  TRY(const tpm2::Transient key,
      tpm2::load_object(connection, storage_key, session, parameters.sealed_public, parameters.sealed_private));
  tpm2::Wiped<TPM2B_AUTH> auth;
  tpm2::set_auth(auth, pin, signing_auth_label);
  TRY_DO(tpm2::check(Esys_TR_SetAuth(connection.esys(), key.get(), &auth)));
  auto signature = sign_with(connection, key, session, hash);
  auth.wipe();
  static_cast<void>(Esys_TR_SetAuth(connection.esys(), key.get(), &auth));  // over the TSS's own copy
  return signature;
}

class Tpm2Place final : public KeyPlace {
 public:
  Tpm2Place(const Clock& clock, Tpm2PlaceOptions options) : options_(std::move(options)), gate_(clock) {}

  SigningKeyPlace place() const override { return SigningKeyPlace::tpm2; }
  KeyProtection protection() const override { return {SecurityLevel::separate_hardware, true}; }

  Result<SigningKeyBody> make(const Prompt& prompt) override {
    Tpm2Parameters parameters{};
    parameters.pin = new_stretch(options_.pin_cost);
    TRY(const auto pin, ask_pin(parameters, prompt, PasscodeAsk::choose_new));
    TRY_DO(tpm2::with_tpm(options_.tcti, {prompt.timeout, prompt.stop},
                          [&](Connection& connection) { return make_key(connection, pin, parameters); }));
    TRY(const Bytes printed, print_tpm2_parameters(parameters));
    return SigningKeyBody::copy_of(printed);
  }

  Result<crypto::VerifyingKey> get_public_key(const SigningKeyBody& body) override {
    TRY(const Tpm2Parameters parameters, parse(body));
    const TPMS_ECC_POINT& point = parameters.sealed_public.publicArea.unique.ecc;
    crypto::EcPublic numbers;
    TRY_DO(put_scalar(point.x, numbers.x));
    TRY_DO(put_scalar(point.y, numbers.y));
    auto key = crypto::VerifyingKey::from_parameters(crypto::SignatureAlgorithm::es256, numbers);
    if (!key) return fail(Code::vault_corrupted, "TPM key: not on its curve");
    return key;
  }

  Result<crypto::Signature> sign(const SigningKeyBody& body, ByteView message, const Prompt& prompt) override {
    TRY(const Tpm2Parameters parameters, parse(body));
    TRY_DO(gate_.check());
    TRY(const auto pin, ask_pin(parameters, prompt, PasscodeAsk::enter));
    crypto::Signature signature;
    const Status done =
        tpm2::with_tpm(options_.tcti, {prompt.timeout, prompt.stop}, [&](Connection& connection) -> Status {
          TRY(signature, sign_in_tpm(connection, parameters, pin, crypto::sha256(message)));
          return {};
        });
    if (!done && done.error().code == Code::wrong_passcode) TRY_DO(gate_.note_failure());
    TRY_DO(done);
    gate_.note_success();
    return signature;
  }

 private:
  static Result<Tpm2Parameters> parse(const SigningKeyBody& body) {
    TRY(Tpm2Parameters parameters, parse_tpm2_parameters(body.reveal()));
    const TPMT_PUBLIC& key = parameters.sealed_public.publicArea;
    const bool is_signing_key = parameters.pin && parameters.pcrs == 0 && key.type == TPM2_ALG_ECC &&
                                key.parameters.eccDetail.curveID == TPM2_ECC_NIST_P256 &&
                                (key.objectAttributes & TPMA_OBJECT_SIGN_ENCRYPT) != 0;
    if (!is_signing_key) return fail(Code::vault_corrupted, "TPM key: of another kind");
    return parameters;
  }

  static Result<StretchedPasscode> ask_pin(const Tpm2Parameters& parameters, const Prompt& prompt, PasscodeAsk what) {
    TRY(const Passcode pin, ask_passcode(prompt, what));
    return stretch_passcode(pin, *parameters.pin);
  }

  Tpm2PlaceOptions options_;
  AttemptGate gate_;
};

}  // namespace

std::unique_ptr<KeyPlace> make_tpm2_place(const Clock& clock, Tpm2PlaceOptions options) {
  return std::make_unique<Tpm2Place>(clock, std::move(options));
}

}  // namespace latchkey::vault
