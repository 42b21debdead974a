#include "vault/tpm2/tpm2_objects.h"

#include <algorithm>

#include "crypto/hkdf.h"

namespace latchkey::vault::tpm2 {

// TPMs drop zeroes at the end of an auth value (Part 1, 19.6.4.3), so the last byte never is one.
void set_auth(TPM2B_AUTH& auth, const StretchedPasscode& pin, std::string_view label) {
  const auto key = crypto::derive<struct Tpm2AuthTag>(pin, label);
  std::ranges::copy(key.reveal(), std::begin(auth.buffer));
  auth.size = static_cast<UINT16>(key.size());
  auth.buffer[auth.size - 1] |= 1;
}

Status check_is_same_tpm(const StorageKey& storage_key, const ByteArray<name_size>& expected) {
  if (storage_key.name != expected) return fail(Code::key_missing, "the TPM was cleared, or it is another one");
  return {};
}

Result<CreatedObject> create_object(Connection& connection, const StorageKey& storage_key,
                                    const TPM2B_SENSITIVE_CREATE& sensitive, const TPM2B_PUBLIC& wanted) {
  TRY(const Transient session, start_session(connection, storage_key, TPM2_SE_HMAC));
  TRY_DO(use_session_for(connection, session, TPMA_SESSION_DECRYPT));
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  TPM2B_PRIVATE* private_part = nullptr;
  TPM2B_PUBLIC* public_part = nullptr;
  TRY_DO(check(Esys_Create(connection.esys(), storage_key.handle.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                           &sensitive, &wanted, &no_data, &no_pcrs, &private_part, &public_part, nullptr, nullptr,
                           nullptr)));
  const EsysPtr<TPM2B_PRIVATE> owned_private(private_part);
  const EsysPtr<TPM2B_PUBLIC> owned_public(public_part);
  return CreatedObject{*owned_public, *owned_private};
}

Result<Transient> load_object(Connection& connection, const StorageKey& storage_key, const Transient& session,
                              const TPM2B_PUBLIC& public_part, const TPM2B_PRIVATE& private_part) {
  ESYS_TR handle = ESYS_TR_NONE;
  const TSS2_RC code = Esys_Load(connection.esys(), storage_key.handle.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                 &private_part, &public_part, &handle);
  // A parameter it does not take (format 1): the right TPM finds its own object altered.
  if ((tpm_code(code) & TPM2_RC_FMT1) != 0) return fail(Code::authentication_failed, "TPM: altered object");
  TRY_DO(check(code));
  return Transient(connection.esys(), handle);
}

}  // namespace latchkey::vault::tpm2
