#include "vault/key_stores/tpm2_sealing.h"

#include <algorithm>

#include "vault/tpm2/tpm2_objects.h"

namespace latchkey::vault {
namespace {

using tpm2::check;
using tpm2::Connection;
using tpm2::EsysPtr;
using tpm2::StorageKey;
using tpm2::to_error;
using tpm2::Transient;
using tpm2::Wiped;

constexpr std::string_view sealing_auth_label = "latchkey/v1/vault/tpm2-auth";

TPML_PCR_SELECTION selection_of(PcrMask pcrs) {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
  selection.pcrSelections[0].sizeofSelect = 3;
  for (unsigned i = 0; i < 3; ++i) selection.pcrSelections[0].pcrSelect[i] = static_cast<BYTE>(pcrs >> (8 * i));
  return selection;
}

// PolicyPCR skips what the TPM does not have: a policy over a bank that is switched off would hold always.
Status check_measured(Connection& connection, PcrMask pcrs) {
  TPMS_CAPABILITY_DATA* raw = nullptr;
  TRY_DO(check(Esys_GetCapability(connection.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_PCRS, 0, 1,
                                  nullptr, &raw)));
  const EsysPtr<TPMS_CAPABILITY_DATA> capability(raw);
  const TPML_PCR_SELECTION& banks = capability->data.assignedPCR;
  PcrMask measured = 0;
  for (const TPMS_PCR_SELECTION& bank : std::span(banks.pcrSelections).first(banks.count))
    if (bank.hash == TPM2_ALG_SHA256)
      for (unsigned i = 0; i < std::min<unsigned>(bank.sizeofSelect, 3); ++i)
        measured |= static_cast<PcrMask>(bank.pcrSelect[i]) << (8 * i);
  if ((pcrs & ~measured) != 0) return fail(Code::unsupported, "the TPM does not measure those PCRs with SHA-256");
  return {};
}

// PolicyPCR over what is measured now, then PolicyAuthValue when there is a PIN.
Status run_policy(Connection& connection, const Transient& session, PcrMask pcrs, bool has_pin) {
  const TPM2B_DIGEST whatever_it_is{};
  const TPML_PCR_SELECTION selection = selection_of(pcrs);
  TRY_DO(check(Esys_PolicyPCR(connection.esys(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                              &whatever_it_is, &selection)));
  if (!has_pin) return {};
  return check(Esys_PolicyAuthValue(connection.esys(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE));
}

Result<TPM2B_DIGEST> policy_now(Connection& connection, const StorageKey& storage_key, PcrMask pcrs, bool has_pin) {
  TRY(const Transient session, tpm2::start_session(connection, storage_key, TPM2_SE_POLICY));
  TRY_DO(run_policy(connection, session, pcrs, has_pin));
  TPM2B_DIGEST* raw = nullptr;
  TRY_DO(check(Esys_PolicyGetDigest(connection.esys(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &raw)));
  const EsysPtr<TPM2B_DIGEST> digest(raw);
  return *digest;
}

// A PIN is what dictionary-attack protection is for; without one there is nothing to guess, and others' guesses must
// not lock us out. With PCRs the policy is the only way in.
TPM2B_PUBLIC sealed_template(const Tpm2Parameters& parameters) {
  TPM2B_PUBLIC sealed{};
  sealed.publicArea.type = TPM2_ALG_KEYEDHASH;
  sealed.publicArea.nameAlg = TPM2_ALG_SHA256;
  sealed.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                       (parameters.pcrs == 0 ? TPMA_OBJECT_USERWITHAUTH : 0) |
                                       (parameters.pin ? 0 : TPMA_OBJECT_NODA);
  sealed.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  return sealed;
}

Result<Transient> load(Connection& connection, const StorageKey& storage_key, const Transient& session,
                       const Tpm2Parameters& parameters) {
  return tpm2::load_object(connection, storage_key, session, parameters.sealed_public, parameters.sealed_private);
}

// The answer was decrypted in the TSS's own buffer, which is freed as it is. The same command shape once more leaves
// random bytes where the secret was.
Status overwrite_buffers(Connection& connection, const Transient& session) {
  TPM2B_DIGEST* raw = nullptr;
  TRY_DO(check(Esys_GetRandom(connection.esys(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, sealed_secret_size, &raw)));
  const EsysPtr<TPM2B_DIGEST> random(raw);
  return {};
}

Result<SealedSecret> unseal(Connection& connection, const Transient& object, const Transient& session) {
  TPM2B_SENSITIVE_DATA* raw = nullptr;
  TRY_DO(check(Esys_Unseal(connection.esys(), object.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &raw)));
  const EsysPtr<TPM2B_SENSITIVE_DATA> data(raw);
  const MutableBytes bytes(data->buffer, data->size);
  auto secret = SealedSecret::copy_of(bytes);
  secure_wipe(bytes);
  if (secret.size() != sealed_secret_size) return fail(Code::authentication_failed, "TPM slot: size of the secret");
  return secret;
}

Result<SealedSecret> unseal_with(Connection& connection, const Transient& object, const Transient& session,
                                 const std::optional<StretchedPasscode>& pin) {
  Wiped<TPM2B_AUTH> auth;
  if (pin) tpm2::set_auth(auth, *pin, sealing_auth_label);
  TRY_DO(check(Esys_TR_SetAuth(connection.esys(), object.get(), &auth)));
  TRY_DO(tpm2::use_session_for(connection, session, TPMA_SESSION_ENCRYPT));
  auto secret = unseal(connection, object, session);
  auth.wipe();
  static_cast<void>(Esys_TR_SetAuth(connection.esys(), object.get(), &auth));  // over the TSS's own copy
  return secret;
}

Status check_not_locked_out(Connection& connection) {
  TPMS_CAPABILITY_DATA* raw = nullptr;
  TRY_DO(check(Esys_GetCapability(connection.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
                                  TPM2_PT_PERMANENT, 1, nullptr, &raw)));
  const EsysPtr<TPMS_CAPABILITY_DATA> capability(raw);
  const TPML_TAGGED_TPM_PROPERTY& properties = capability->data.tpmProperties;
  if (properties.count == 0 || properties.tpmProperty[0].property != TPM2_PT_PERMANENT) return {};
  if ((properties.tpmProperty[0].value & TPMA_PERMANENT_INLOCKOUT) == 0) return {};
  return tl::unexpected(to_error(TPM2_RC_LOCKOUT));
}

}  // namespace

Status seal_in_tpm(Connection& connection, const SealedSecret& secret, const std::optional<StretchedPasscode>& pin,
                   Tpm2Parameters& parameters) {
  if (parameters.pcrs != 0) TRY_DO(check_measured(connection, parameters.pcrs));
  TRY(const StorageKey storage_key, tpm2::create_storage_key(connection));
  TPM2B_PUBLIC sealed = sealed_template(parameters);
  if (parameters.pcrs != 0) {
    TRY(sealed.publicArea.authPolicy, policy_now(connection, storage_key, parameters.pcrs, pin.has_value()));
  }
  Wiped<TPM2B_SENSITIVE_CREATE> sensitive;
  if (pin) tpm2::set_auth(sensitive.sensitive.userAuth, *pin, sealing_auth_label);
  std::ranges::copy(secret.reveal(), std::begin(sensitive.sensitive.data.buffer));
  sensitive.sensitive.data.size = static_cast<UINT16>(secret.size());
  TRY(const tpm2::CreatedObject made, tpm2::create_object(connection, storage_key, sensitive, sealed));
  parameters.storage_key = storage_key.name;
  parameters.sealed_private = made.private_part;
  parameters.sealed_public = made.public_part;
  return {};
}

Result<SealedSecret> unseal_in_tpm(Connection& connection, const Tpm2Parameters& parameters,
                                   const std::optional<StretchedPasscode>& pin) {
  TRY(const StorageKey storage_key, tpm2::create_storage_key(connection));
  TRY_DO(tpm2::check_is_same_tpm(storage_key, parameters.storage_key));
  TRY(const Transient session, tpm2::start_session(connection, storage_key, TPM2_SE_HMAC));
  TRY(const Transient object, load(connection, storage_key, session, parameters));
  SealedSecret secret;
  if (parameters.pcrs == 0) {
    TRY(secret, unseal_with(connection, object, session, pin));
  } else {
    TRY(const Transient policy, tpm2::start_session(connection, storage_key, TPM2_SE_POLICY));
    TRY_DO(run_policy(connection, policy, parameters.pcrs, pin.has_value()));
    TRY(secret, unseal_with(connection, object, policy, pin));
  }
  TRY_DO(tpm2::use_session_for(connection, session, TPMA_SESSION_ENCRYPT));
  TRY_DO(overwrite_buffers(connection, session));
  return secret;
}

Status check_in_tpm(Connection& connection, const Tpm2Parameters& parameters) {
  TRY(const StorageKey storage_key, tpm2::create_storage_key(connection));
  TRY_DO(tpm2::check_is_same_tpm(storage_key, parameters.storage_key));
  TRY(const Transient session, tpm2::start_session(connection, storage_key, TPM2_SE_HMAC));
  TRY_DO(load(connection, storage_key, session, parameters));
  if (parameters.pcrs != 0) {
    TRY(const TPM2B_DIGEST now, policy_now(connection, storage_key, parameters.pcrs, parameters.pin.has_value()));
    const TPM2B_DIGEST& then = parameters.sealed_public.publicArea.authPolicy;
    if (!std::ranges::equal(std::span(now.buffer).first(now.size), std::span(then.buffer).first(then.size)))
      return tl::unexpected(to_error(TPM2_RC_POLICY_FAIL));
  }
  return parameters.pin ? check_not_locked_out(connection) : Status{};
}

}  // namespace latchkey::vault
