// What crosses the bus to the TPM, recorded by the TSS's own pcap module.
#include "vault/key_stores/tpm2_sealing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "crypto/constant_time.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "tests/support/vault/software_tpm.h"

namespace latchkey::vault {
namespace {

using testing::SoftwareTpm;

class Tpm2Bus : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftwareTpm::is_installed()) GTEST_SKIP() << "swtpm is not installed: ./dev setup";
    tpm = std::make_unique<SoftwareTpm>();
    ASSERT_EQ(::setenv("TCTI_PCAP_FILE", record().c_str(), 1), 0);  // NOLINT(concurrency-mt-unsafe)
  }
  std::string record() const { return folder.file("bus.pcap").string(); }
  bool crossed_the_bus(ByteView bytes) const {
    std::ifstream in(record(), std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    EXPECT_FALSE(all.empty());
    return all.find(as_text(bytes)) != std::string::npos;
  }
  Status on_recorded_bus(const std::function<Status(tpm2::Connection&)>& work) const {
    return tpm2::with_tpm("pcap:" + tpm->tcti(), {}, work);
  }

  testing::TemporaryFolder folder;
  std::unique_ptr<SoftwareTpm> tpm;
};

TEST_F(Tpm2Bus, carries_neither_the_secret_nor_what_the_pin_became) {
  for (const PcrMask pcrs : {PcrMask{0}, PcrMask{0x81}}) {
    const auto secret = crypto::random_secret<SealedSecretTag>(sealed_secret_size);
    const auto pin = std::optional(crypto::random_secret<StretchedPasscodeTag>(32));
    Tpm2Parameters parameters{};
    parameters.pcrs = pcrs;
    parameters.pin = new_stretch(crypto::argon2_min_cost);
    const Status done = on_recorded_bus([&](tpm2::Connection& connection) -> Status {
      TRY_DO(seal_in_tpm(connection, secret, pin, parameters));
      TRY(const SealedSecret unsealed, unseal_in_tpm(connection, parameters, pin));
      EXPECT_TRUE(crypto::equal(unsealed, secret));
      return {};
    });
    ASSERT_TRUE(done.has_value()) << to_string(done.error());
    EXPECT_TRUE(crossed_the_bus(parameters.storage_key)) << "the recording holds what did cross";
    // Eight bytes of it anywhere would be too many.
    EXPECT_FALSE(crossed_the_bus(secret.reveal().first(8)));
    EXPECT_FALSE(crossed_the_bus(secret.reveal().last(8)));
    EXPECT_FALSE(crossed_the_bus(pin->reveal().first(8)));
    const auto auth = crypto::derive<struct Tpm2AuthTag>(*pin, "latchkey/v1/vault/tpm2-auth");
    EXPECT_FALSE(crossed_the_bus(auth.reveal().first(8)));
  }
}

}  // namespace
}  // namespace latchkey::vault
