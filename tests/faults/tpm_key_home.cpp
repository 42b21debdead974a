#include "tests/faults/key_homes.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/tpm2_key_store.h"
#include "vault/signing_keys/tpm2_place.h"

namespace latchkey::faults {
namespace {

using vault::testing::SoftwareTpm;

std::vector<TPM2_HANDLE> list_handles(ESYS_CONTEXT* esys, std::uint32_t first) {
  TPMI_YES_NO more = TPM2_NO;
  TPMS_CAPABILITY_DATA* raw = nullptr;
  const TSS2_RC code = Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                                          TPM2_MAX_CAP_HANDLES, &more, &raw);
  if (code != TSS2_RC_SUCCESS) return {};
  const vault::tpm2::EsysPtr<TPMS_CAPABILITY_DATA> data(raw);
  return {data->data.handles.handle, data->data.handles.handle + data->data.handles.count};
}

// TPM2_FlushContext as it goes over the wire (Library Part 3, 28.4): ESYS flushes only what it has made itself.
TSS2_RC flush(ESYS_CONTEXT* esys, TPM2_HANDLE handle) {
  Bytes command;
  append_be(command, std::uint16_t{TPM2_ST_NO_SESSIONS});
  append_be(command, std::uint32_t{14});  // its size
  append_be(command, std::uint32_t{TPM2_CC_FlushContext});
  append_be(command, handle);
  TSS2_TCTI_CONTEXT* tcti = nullptr;
  Bytes answer(64);
  std::size_t size = answer.size();
  TSS2_RC code = Esys_GetTcti(esys, &tcti);
  if (code == TSS2_RC_SUCCESS) code = Tss2_Tcti_Transmit(tcti, command.size(), command.data());
  if (code == TSS2_RC_SUCCESS) code = Tss2_Tcti_Receive(tcti, &size, answer.data(), TSS2_TCTI_TIMEOUT_BLOCK);
  return code;
}

// Nothing of a slot stays in a TPM: what it needs lies sealed in the vault's file.
class TpmHome final : public KeyHome {
 public:
  vault::SlotKind kind() const override { return vault::SlotKind::tpm2; }
  std::string why_not() override {
    if (!SoftwareTpm::is_installed()) return "swtpm is not installed";
    tpm_ = std::make_unique<SoftwareTpm>();
    return {};
  }
  std::unique_ptr<vault::KeyStore> make_store() const override {
    return vault::make_tpm2_key_store({.tcti = tpm_->tcti(), .pin = vault::Tpm2Pin::none});
  }
  std::unique_ptr<vault::KeyPlace> make_key_place(const Clock& clock) const override {
    return vault::make_tpm2_place(clock, {.tcti = tpm_->tcti(), .pin_cost = crypto::argon2_min_cost});
  }
  void keep() override {}
  void put_back() override {}
  void settle() override {
    const Status settled = tpm_->run([](ESYS_CONTEXT* esys) {
      TSS2_RC code = TSS2_RC_SUCCESS;
      for (const std::uint32_t first : {TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST, TPM2_ACTIVE_SESSION_FIRST})
        for (const TPM2_HANDLE handle : list_handles(esys, first))
          if (code == TSS2_RC_SUCCESS) code = flush(esys, handle);
      return code;
    });
    EXPECT_TRUE(settled) << to_string(settled.error());
  }
  KeysThere look() const override {
    KeysThere there;
    const Status asked = tpm_->run([&](ESYS_CONTEXT* esys) -> TSS2_RC {
      there.ours = list_handles(esys, TPM2_PERSISTENT_FIRST).size() + list_handles(esys, TPM2_NV_INDEX_FIRST).size();
      return TSS2_RC_SUCCESS;
    });
    there.is_foreign_untouched = asked.has_value();
    return there;
  }
  bool keeps_keys() const override { return false; }

 private:
  std::unique_ptr<SoftwareTpm> tpm_;
};

}  // namespace

std::unique_ptr<KeyHome> make_tpm_home() { return std::make_unique<TpmHome>(); }

}  // namespace latchkey::faults
