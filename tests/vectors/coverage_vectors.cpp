// No file of the folder is passed over in silence.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

const std::set<std::string> files_run{
    "aes_gcm_test.json",
    "chacha20_poly1305_test.json",
    "ecdh_secp256r1_ecpoint_test.json",
    "ecdh_secp256r1_test.json",
    "ecdsa_secp256r1_sha256_p1363_test.json",
    "ecdsa_secp256r1_sha256_test.json",
    "ed25519_test.json",
    "hkdf_sha256_test.json",
    "hmac_sha1_test.json",
    "hmac_sha256_test.json",
    "json_web_crypto_test.json",
    "json_web_key_test.json",
    "json_web_signature_test.json",
    "rsa_pss_2048_sha256_mgf1_32_test.json",
    "rsa_signature_2048_sha256_test.json",
    "x25519_test.json",
};

const std::map<std::string, std::string> files_not_offered{
    {"aes_kwp_test.json", "keys are wrapped with AES-256-GCM; AES-KWP is not offered"},
    {"aes_wrap_test.json", "keys are wrapped with AES-256-GCM; AES-KW is not offered"},
};

TEST(Wycheproof, every_file_is_run_or_named_as_not_offered) {
  const auto folder = wycheproof_folder();
  if (!folder) GTEST_SKIP() << "no Wycheproof files: set LATCHKEY_VECTORS to their folder";
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json" || files_run.contains(name)) continue;
    ASSERT_TRUE(files_not_offered.contains(name)) << name << " is neither run nor named";
    std::printf("%s: not offered (%s)\n", name.c_str(), files_not_offered.at(name).c_str());
  }
}

}  // namespace
}  // namespace latchkey::tests
