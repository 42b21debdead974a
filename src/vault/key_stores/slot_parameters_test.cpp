// The layouts of docs/formats/vault-v1.md, byte by byte, for the stores whose parameters have parts.
#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/key_stores/pkcs11_parameters.h"
#include "vault/key_stores/tpm2_parameters.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

Tpm2Parameters sample_tpm2() {
  Tpm2Parameters parameters{};
  parameters.pin = Stretch{{65536, 3}, {1, 2, 3}};
  parameters.pcrs = 0x81;
  parameters.storage_key = {0, 0x0b, 9};
  parameters.sealed_public.publicArea.type = TPM2_ALG_KEYEDHASH;
  parameters.sealed_public.publicArea.nameAlg = TPM2_ALG_SHA256;
  parameters.sealed_public.publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  parameters.sealed_private.size = 3;
  parameters.sealed_private.buffer[0] = 7;
  return parameters;
}

TEST(Tpm2Parameters, have_one_form) {
  const auto printed = print_tpm2_parameters(sample_tpm2());
  ASSERT_TRUE(printed.has_value());
  EXPECT_EQ(to_hex(ByteView(*printed).first(14)),
            "0103"
            "00010000"
            "00000003"
            "01020300");
  EXPECT_EQ(to_hex(ByteView(*printed).subspan(26, 7)),
            "00000081"
            "000b09");
  EXPECT_EQ(to_hex(ByteView(*printed).last(5)),
            "0003"
            "070000");
  const auto read = parse_tpm2_parameters(*printed);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(read->pin->cost, (crypto::Argon2Cost{65536, 3}));
  EXPECT_EQ(read->pcrs, 0x81U);
  EXPECT_EQ(*print_tpm2_parameters(*read), *printed);
}

TEST(Tpm2Parameters, without_pin_and_pcrs_are_shorter) {
  Tpm2Parameters plain = sample_tpm2();
  plain.pin.reset();
  plain.pcrs = 0;
  const auto printed = print_tpm2_parameters(plain);
  ASSERT_TRUE(printed.has_value());
  EXPECT_EQ(printed->size() + 28, print_tpm2_parameters(sample_tpm2())->size());
  EXPECT_TRUE(parse_tpm2_parameters(*printed).has_value());
}

TEST(Tpm2Parameters, out_of_bounds_are_refused) {
  const Bytes good = *print_tpm2_parameters(sample_tpm2());
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Bytes bad = good;
    bad[at] = value;
    return code_of(parse_tpm2_parameters(bad));
  };
  EXPECT_EQ(changed(0, 0), Code::vault_corrupted);
  EXPECT_EQ(changed(0, 2), Code::future_version);
  EXPECT_EQ(changed(1, 4), Code::future_version);
  EXPECT_EQ(changed(2, 0xff), Code::vault_corrupted) << "memory";
  EXPECT_EQ(changed(6, 0xff), Code::vault_corrupted) << "passes";
  EXPECT_EQ(changed(26, 1), Code::vault_corrupted) << "a PCR that does not exist";
  EXPECT_EQ(changed(29, 0), Code::vault_corrupted) << "no PCRs";
  EXPECT_EQ(changed(64, 0xff), Code::vault_corrupted) << "size of the public part";
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_tpm2_parameters(ByteView(good).first(size)).has_value()) << size;
}

TEST(Pkcs11Parameters, have_one_form) {
  const Pkcs11Parameters aes{Pkcs11Mechanism::aes_256_gcm, {1, 2}, "My card", {}};
  const Bytes printed = print_pkcs11_parameters(aes);
  EXPECT_EQ(to_hex(printed),
            "0101"
            "01020000000000000000000000000000"
            "07"
            "4d792063617264"
            "0000");
  const auto read = parse_pkcs11_parameters(printed);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->token, "My card");
  const Pkcs11Parameters rsa{Pkcs11Mechanism::rsa_oaep_sha256, {1}, "T", Bytes(384)};
  EXPECT_EQ(parse_pkcs11_parameters(print_pkcs11_parameters(rsa))->encrypted_key.size(), 384U);
  const Pkcs11Parameters ec{Pkcs11Mechanism::ecdh_p256, {1}, "T", Bytes(130, 4)};
  EXPECT_EQ(to_hex(ByteView(print_pkcs11_parameters(ec)).first(23)),
            "0104"
            "01000000000000000000000000000000"
            "01"
            "54"
            "0082"
            "04");
  EXPECT_EQ(parse_pkcs11_parameters(print_pkcs11_parameters(ec))->encrypted_key, Bytes(130, 4));
}

TEST(Pkcs11Parameters, out_of_bounds_are_refused) {
  const auto with = [](Pkcs11Mechanism mechanism, std::string token, std::size_t key_size) {
    return code_of(
        parse_pkcs11_parameters(print_pkcs11_parameters({mechanism, {1}, std::move(token), Bytes(key_size)})));
  };
  EXPECT_EQ(with(Pkcs11Mechanism::aes_256_gcm, "T", 1), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::aes_256_gcm, "", 0), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::aes_256_gcm, std::string(33, 'T'), 0), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::rsa_oaep_sha1, "T", 255), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::rsa_oaep_sha1, "T", 1025), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::ecdh_p256, "T", 129), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::ecdh_p256, "T", 131), Code::vault_corrupted);
  EXPECT_EQ(with(Pkcs11Mechanism::ecdh_p256, "T", 256), Code::vault_corrupted);
  EXPECT_EQ(with(static_cast<Pkcs11Mechanism>(5), "T", 0), Code::future_version);
  EXPECT_EQ(with(static_cast<Pkcs11Mechanism>(0), "T", 0), Code::vault_corrupted);
}

TEST(Pkcs11Mechanisms, have_names) {
  EXPECT_EQ(parse_pkcs11_mechanism("aes").value(), Pkcs11Mechanism::aes_256_gcm);
  EXPECT_EQ(parse_pkcs11_mechanism("rsa").value(), Pkcs11Mechanism::rsa_oaep_sha256);
  EXPECT_EQ(parse_pkcs11_mechanism("ec").value(), Pkcs11Mechanism::ecdh_p256);
  EXPECT_EQ(code_of(parse_pkcs11_mechanism("des")), Code::invalid_argument);
  EXPECT_EQ(code_of(parse_pkcs11_mechanism("")), Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::vault
