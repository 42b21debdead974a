#include "tests/faults/key_homes.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/tpm2_key_store.h"

namespace latchkey::faults {
namespace {

using vault::testing::SoftwareTpm;

std::size_t count_handles(ESYS_CONTEXT* esys, std::uint32_t first) {
  TPMI_YES_NO more = TPM2_NO;
  TPMS_CAPABILITY_DATA* raw = nullptr;
  const TSS2_RC code = Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                                          TPM2_MAX_CAP_HANDLES, &more, &raw);
  if (code != TSS2_RC_SUCCESS) return 0;
  const vault::tpm2::EsysPtr<TPMS_CAPABILITY_DATA> data(raw);
  return data->data.handles.count;
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
  void keep() override {}
  void put_back() override {}
  void settle() override { tpm_->restart(); }
  KeysThere look() const override {
    KeysThere there;
    const Status asked = tpm_->run([&](ESYS_CONTEXT* esys) -> TSS2_RC {
      there.ours = count_handles(esys, TPM2_PERSISTENT_FIRST) + count_handles(esys, TPM2_NV_INDEX_FIRST);
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
