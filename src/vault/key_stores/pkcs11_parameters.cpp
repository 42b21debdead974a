#include "vault/key_stores/pkcs11_parameters.h"

#include "crypto/key_agreement.h"
#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t pkcs11_parameters_version = 1;

bool fits(Pkcs11Mechanism mechanism, std::size_t size) {
  switch (mechanism) {
    case Pkcs11Mechanism::aes_256_gcm:
      return size == 0;
    case Pkcs11Mechanism::ecdh_p256:
      return size == 2 * std::tuple_size_v<crypto::P256Public>;
    default:
      return size >= protocol::limits::token_wrap_minimum && size <= protocol::limits::token_wrap_maximum;
  }
}

}  // namespace

Result<Pkcs11Mechanism> parse_pkcs11_mechanism(std::string_view name) {
  if (name == "aes") return Pkcs11Mechanism::aes_256_gcm;
  if (name == "rsa") return Pkcs11Mechanism::rsa_oaep_sha256;
  if (name == "ec") return Pkcs11Mechanism::ecdh_p256;
  return fail(Code::invalid_argument, "a token's key is aes, rsa or ec");
}

Bytes print_pkcs11_parameters(const Pkcs11Parameters& parameters) {
  Bytes out{pkcs11_parameters_version, static_cast<std::uint8_t>(parameters.mechanism)};
  append(out, parameters.id);
  out.push_back(static_cast<std::uint8_t>(parameters.token.size()));
  append(out, as_bytes(parameters.token));
  append_be(out, static_cast<std::uint16_t>(parameters.encrypted_key.size()));
  append(out, parameters.encrypted_key);
  return out;
}

Result<Pkcs11Parameters> parse_pkcs11_parameters(ByteView bytes) {
  ByteReader reader(bytes);
  Pkcs11Parameters parameters{};
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > pkcs11_parameters_version) return fail(Code::future_version, "PKCS#11 slot");
  TRY(const auto mechanism, reader.take_integer<std::uint8_t>());
  if (version == 0 || mechanism == 0) return fail(Code::vault_corrupted, "PKCS#11 slot: version");
  if (mechanism > static_cast<std::uint8_t>(Pkcs11Mechanism::ecdh_p256))
    return fail(Code::future_version, "PKCS#11 slot: mechanism");
  parameters.mechanism = static_cast<Pkcs11Mechanism>(mechanism);
  TRY(parameters.id, reader.take_array<16>());
  TRY(const ByteView token, reader.take_block<std::uint8_t>());
  if (token.empty() || token.size() > protocol::limits::token_label_bytes)
    return fail(Code::vault_corrupted, "PKCS#11 slot: token");
  parameters.token = as_text(token);
  TRY(const ByteView key, reader.take_block<std::uint16_t>());
  parameters.encrypted_key.assign(key.begin(), key.end());
  if (!fits(parameters.mechanism, key.size())) return fail(Code::vault_corrupted, "PKCS#11 slot: encrypted key");
  TRY_DO(reader.expect_end());
  return parameters;
}

}  // namespace latchkey::vault
