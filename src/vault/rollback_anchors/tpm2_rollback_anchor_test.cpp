// The real swtpm, started here.
#include "vault/rollback_anchors/tpm2_rollback_anchor.h"

#include <gtest/gtest.h>

#include "tests/support/vault/software_tpm.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::SoftwareTpm;

class Tpm2RollbackAnchorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftwareTpm::is_installed()) GTEST_SKIP() << "swtpm is not installed: ./dev setup";
    tpm = std::make_unique<SoftwareTpm>();
    anchors = make_tpm2_rollback_anchor(tpm->tcti());
  }
  std::unique_ptr<SoftwareTpm> tpm;
  std::unique_ptr<RollbackAnchor> anchors;
};

TEST_F(Tpm2RollbackAnchorTest, keeps_its_count_when_the_machine_restarts) {
  const auto made = anchors->create();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  ASSERT_TRUE(anchors->increment(made->parameters).has_value());
  tpm->restart();
  EXPECT_EQ(make_tpm2_rollback_anchor(tpm->tcti())->read(made->parameters), Result<AnchorCount>(made->count + 1));
}

TEST_F(Tpm2RollbackAnchorTest, is_missing_from_a_tpm_that_was_cleared_or_is_another) {
  const auto made = anchors->create();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  ASSERT_TRUE(tpm->clear().has_value());
  EXPECT_EQ(code_of(anchors->read(made->parameters)), Code::key_missing);
  EXPECT_TRUE(anchors->remove(made->parameters).has_value());
  tpm->replace();
  EXPECT_EQ(code_of(make_tpm2_rollback_anchor(tpm->tcti())->read(made->parameters)), Code::key_missing);
}

// What an attacker who may talk to the TPM can try: the same index, of a kind that can be set to any number.
TEST_F(Tpm2RollbackAnchorTest, an_ordinary_index_in_its_place_is_not_believed_and_not_removed) {
  const auto made = anchors->create();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  ASSERT_TRUE(anchors->remove(made->parameters).has_value());
  const ByteView parameters(made->parameters);
  ASSERT_TRUE(tpm->run([&](ESYS_CONTEXT* esys) {
                   TPM2B_NV_PUBLIC forged{};
                   forged.nvPublic.nvIndex = read_be<TPM2_HANDLE>(parameters.subspan(1));
                   forged.nvPublic.nameAlg = TPM2_ALG_SHA256;
                   forged.nvPublic.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA;
                   forged.nvPublic.dataSize = 8;
                   forged.nvPublic.authPolicy.size = 32;
                   std::ranges::copy(parameters.subspan(5, 32), std::begin(forged.nvPublic.authPolicy.buffer));
                   const TPM2B_AUTH no_auth{};
                   ESYS_TR handle = ESYS_TR_NONE;
                   return Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                              &no_auth, &forged, &handle);
                 })
                  .has_value());
  EXPECT_EQ(code_of(anchors->read(parameters)), Code::key_missing);
  EXPECT_EQ(code_of(anchors->increment(parameters)), Code::key_missing);
  EXPECT_TRUE(anchors->remove(parameters).has_value());
  EXPECT_TRUE(tpm->run([&](ESYS_CONTEXT* esys) {
                   ESYS_TR handle = ESYS_TR_NONE;
                   return Esys_TR_FromTPMPublic(esys, read_be<TPM2_HANDLE>(parameters.subspan(1)), ESYS_TR_NONE,
                                                ESYS_TR_NONE, ESYS_TR_NONE, &handle);
                 })
                  .has_value());
}

TEST_F(Tpm2RollbackAnchorTest, a_tpm_that_does_not_answer_is_no_missing_counter) {
  const auto made = anchors->create();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  tpm->stop();
  EXPECT_EQ(code_of(anchors->read(made->parameters)), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(anchors->remove(made->parameters)), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(make_tpm2_rollback_anchor("device:/nonexistent/tpmrm0")->create()), Code::unsupported);
}

}  // namespace

}  // namespace latchkey::vault
