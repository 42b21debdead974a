// One short conversation with the TPM through ESYS (TSS 2.0 ESAPI 1.00, TPM 2.0 Library Part 3): what the key store and
// the rollback anchor share. Everything that goes over the bus is authenticated, and encrypted where it is secret, by
// sessions that are salted with the TPM's own storage key.
#pragma once

#include <tss2/tss2_esys.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "vault/tpm2/tpm2_location.h"

namespace latchkey::vault::tpm2 {

// busy (try again at once), wrong_passcode, locked_out, key_invalidated (PCR policy), storage_full (NV space), else
// temporarily_unavailable with the TPM's number.
Error to_error(TSS2_RC code);
// The TPM's own code without the numbers of handle, parameter or session; 0 for errors of other layers.
TPM2_RC tpm_code(TSS2_RC code);

struct EsysFree {
  void operator()(void* at) const { Esys_Free(at); }
};
template <class T>
using EsysPtr = std::unique_ptr<T, EsysFree>;

class Connection final {
 public:
  // Fails: unsupported (there is no such device), temporarily_unavailable.
  static Result<Connection> open(const std::string& tcti);
  Connection(Connection&&) = default;
  Connection& operator=(Connection&&) = default;

  ESYS_CONTEXT* esys() const { return esys_.get(); }

 private:
  struct CloseTcti {
    void operator()(TSS2_TCTI_CONTEXT* tcti) const;
  };
  struct CloseEsys {
    void operator()(ESYS_CONTEXT* esys) const { Esys_Finalize(&esys); }
  };
  using TctiPtr = std::unique_ptr<TSS2_TCTI_CONTEXT, CloseTcti>;
  using EsysContextPtr = std::unique_ptr<ESYS_CONTEXT, CloseEsys>;

  Connection(TctiPtr tcti, EsysContextPtr esys) : tcti_(std::move(tcti)), esys_(std::move(esys)) {}
  TctiPtr tcti_;
  EsysContextPtr esys_;
};

// An object or a session inside the TPM, flushed when it goes: there is room for three. The connection outlives it.
class Transient final {
 public:
  Transient(ESYS_CONTEXT* esys, ESYS_TR handle) : esys_(esys), handle_(handle) {}
  ~Transient();
  Transient(Transient&& other) noexcept
      : esys_(other.esys_), handle_(std::exchange(other.handle_, ESYS_TR{ESYS_TR_NONE})) {}
  Transient& operator=(Transient&&) = delete;

  ESYS_TR get() const { return handle_; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR handle_;
};

inline constexpr std::size_t name_size = 34;  // SHA-256 name: algorithm(2) | digest(32)

// The ECC P-256 storage key of the owner hierarchy: derived anew each time from the TPM's seed, so its name is the same
// until the TPM is cleared, and no other TPM has it.
struct StorageKey {
  Transient handle;
  ByteArray<name_size> name;
};
Result<StorageKey> create_storage_key(Connection& connection);

// A session salted with the storage key, encrypting parameters with AES-128-CFB. `type`: TPM2_SE_HMAC or
// TPM2_SE_POLICY.
Result<Transient> start_session(Connection& connection, const StorageKey& salt_key, TPM2_SE type);
// What it does in the next commands beside authorising: TPMA_SESSION_DECRYPT (the first parameter goes encrypted),
// TPMA_SESSION_ENCRYPT (comes encrypted), TPMA_SESSION_AUDIT (authenticates a command that asks for no authorisation).
Status use_session_for(Connection& connection, const Transient& session, TPMA_SESSION uses);

// How long to wait for a busy TPM.
struct Patience {
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  std::stop_token stop = {};
};
// Runs `work` on a connection of its own; again, from the beginning, as long as it fails with busy. A command that
// answers busy was not carried out. Fails: cancelled, unsupported, temporarily_unavailable, and as the work does.
Status with_tpm(const std::string& tcti, const Patience& patience, const std::function<Status(Connection&)>& work);

}  // namespace latchkey::vault::tpm2
