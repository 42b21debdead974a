#include "vault/tpm2/tpm2_connection.h"

#include <fmt/format.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::vault::tpm2 {
namespace {

constexpr std::string_view device_prefix = "device:";
constexpr std::chrono::milliseconds first_pause{5};
constexpr std::chrono::milliseconds longest_pause{200};

bool is_busy(TPM2_RC code) {
  switch (code) {
    case TPM2_RC_RETRY:
    case TPM2_RC_YIELDED:
    case TPM2_RC_TESTING:
    case TPM2_RC_OBJECT_MEMORY:
    case TPM2_RC_SESSION_MEMORY:
    case TPM2_RC_MEMORY:
    case TPM2_RC_SESSION_HANDLES:
    case TPM2_RC_OBJECT_HANDLES:
    case TPM2_RC_NV_RATE:
    case TPM2_RC_NV_UNAVAILABLE:
      return true;
    default:
      return false;
  }
}

TPM2B_PUBLIC storage_key_template() {
  TPM2B_PUBLIC key{};
  key.publicArea.type = TPM2_ALG_ECC;
  key.publicArea.nameAlg = TPM2_ALG_SHA256;
  key.publicArea.objectAttributes = TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |
                                    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                    TPMA_OBJECT_NODA;
  TPMS_ECC_PARMS& ecc = key.publicArea.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_AES;
  ecc.symmetric.keyBits.aes = 128;
  ecc.symmetric.mode.aes = TPM2_ALG_CFB;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  return key;
}

void pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock hold(mutex);
  woken.wait_for(hold, stop, time, [] { return false; });
}

// A TPM does one thing at a time; without a resource manager a second connection waits for seconds, not milliseconds.
Status attempt(const std::string& tcti, std::chrono::steady_clock::time_point until,
               const std::function<Status(Connection&)>& work) {
  static std::timed_mutex one_at_a_time;
  const std::unique_lock alone(one_at_a_time, until);
  if (!alone) return fail(Code::temporarily_unavailable, "the TPM is busy");
  TRY(Connection connection, Connection::open(tcti));
  return work(connection);
}

}  // namespace

bool is_present(const std::string& tcti) {
  return !tcti.starts_with(device_prefix) || ::access(tcti.c_str() + device_prefix.size(), F_OK) == 0;
}

TPM2_RC tpm_code(TSS2_RC code) {
  const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
  if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER) return 0;
  const TSS2_RC number = code & 0xffffU;
  return (number & TPM2_RC_FMT1) != 0 ? (number & 0xbfU) : number;  // Part 2, 6.6.3: bit 6 and 8-11 say which one
}

Error to_error(TSS2_RC code) {
  const TPM2_RC number = tpm_code(code);
  if (is_busy(number)) return {Code::busy, "the TPM is busy"};
  switch (number) {
    case TPM2_RC_AUTH_FAIL:
    case TPM2_RC_BAD_AUTH:
      return {Code::wrong_passcode, {}};
    case TPM2_RC_LOCKOUT:
      return {Code::locked_out, "the TPM refuses every PIN for now"};
    case TPM2_RC_POLICY_FAIL:
    case TPM2_RC_PCR_CHANGED:
      return {Code::key_invalidated,
              "the TPM measured another boot: firmware, boot loader or their settings were changed"};
    case TPM2_RC_NV_SPACE:
      return {Code::storage_full, "the TPM has no room left"};
    default:
      return {Code::temporarily_unavailable, fmt::format("the TPM answered {:#x}", code)};
  }
}

void Connection::CloseTcti::operator()(TSS2_TCTI_CONTEXT* tcti) const { Tss2_TctiLdr_Finalize(&tcti); }

Result<Connection> Connection::open(const std::string& tcti) {
  if (!is_present(tcti)) return fail(Code::unsupported, "there is no TPM here");
  TSS2_TCTI_CONTEXT* raw_tcti = nullptr;
  if (Tss2_TctiLdr_Initialize(tcti.c_str(), &raw_tcti) != TSS2_RC_SUCCESS)
    return fail(Code::temporarily_unavailable, "the TPM cannot be reached");
  TctiPtr owned_tcti(raw_tcti);
  ESYS_CONTEXT* raw_esys = nullptr;
  if (Esys_Initialize(&raw_esys, raw_tcti, nullptr) != TSS2_RC_SUCCESS)
    return fail(Code::temporarily_unavailable, "the TPM cannot be reached");
  return Connection(std::move(owned_tcti), EsysContextPtr(raw_esys));
}

Transient::~Transient() {
  if (handle_ != ESYS_TR_NONE) static_cast<void>(Esys_FlushContext(esys_, handle_));
}

Result<StorageKey> create_storage_key(Connection& connection) {
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_PUBLIC key = storage_key_template();
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR handle = ESYS_TR_NONE;
  const TSS2_RC code =
      Esys_CreatePrimary(connection.esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth,
                         &key, &no_data, &no_pcrs, &handle, nullptr, nullptr, nullptr, nullptr);
  if (tpm_code(code) == TPM2_RC_BAD_AUTH || tpm_code(code) == TPM2_RC_AUTH_FAIL)
    return fail(Code::temporarily_unavailable, "the TPM's owner hierarchy has a password");
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(to_error(code));
  StorageKey made{Transient(connection.esys(), handle), {}};
  TPM2B_NAME* raw = nullptr;
  if (Esys_TR_GetName(connection.esys(), handle, &raw) != TSS2_RC_SUCCESS)
    return fail(Code::temporarily_unavailable, "the TPM's storage key has no name");
  const EsysPtr<TPM2B_NAME> name(raw);
  if (name->size != name_size) return fail(Code::temporarily_unavailable, "the TPM's storage key has a strange name");
  std::copy_n(std::begin(name->name), name_size, made.name.begin());
  return made;
}

Result<Transient> start_session(Connection& connection, const StorageKey& salt_key, TPM2_SE type) {
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  ESYS_TR handle = ESYS_TR_NONE;
  const TSS2_RC code =
      Esys_StartAuthSession(connection.esys(), salt_key.handle.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            ESYS_TR_NONE, nullptr, type, &cipher, TPM2_ALG_SHA256, &handle);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(to_error(code));
  Transient session(connection.esys(), handle);
  TRY_DO(use_session_for(connection, session, 0));
  return session;
}

Status use_session_for(Connection& connection, const Transient& session, TPMA_SESSION uses) {
  constexpr TPMA_SESSION all =
      TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT | TPMA_SESSION_AUDIT;
  const TSS2_RC code =
      Esys_TRSess_SetAttributes(connection.esys(), session.get(), uses | TPMA_SESSION_CONTINUESESSION, all);
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(to_error(code));
  return {};
}

Status with_tpm(const std::string& tcti, const Patience& patience, const std::function<Status(Connection&)>& work) {
  const auto until = std::chrono::steady_clock::now() + patience.timeout;
  for (auto next_pause = first_pause;; next_pause = std::min(next_pause * 2, longest_pause)) {
    if (patience.stop.stop_requested()) return fail(Code::cancelled);
    Status answer = attempt(tcti, until, work);
    if (answer || answer.error().code != Code::busy) return answer;
    if (std::chrono::steady_clock::now() + next_pause > until)
      return fail(Code::temporarily_unavailable, "the TPM is busy");
    pause(next_pause, patience.stop);
  }
}

}  // namespace latchkey::vault::tpm2
