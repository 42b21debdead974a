#include "vault/key_stores/pkcs11_parameters.h"

#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t pkcs11_parameters_version = 1;

Status check_encrypted_key(const Pkcs11Parameters& parameters) {
  const std::size_t size = parameters.encrypted_key.size();
  const bool fits = parameters.mechanism == Pkcs11Mechanism::aes_256_gcm
                        ? size == 0
                        : size >= protocol::limits::token_wrap_minimum && size <= protocol::limits::token_wrap_maximum;
  if (!fits) return fail(Code::vault_corrupted, "PKCS#11 slot: encrypted key");
  return {};
}

}  // namespace

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
  if (mechanism > static_cast<std::uint8_t>(Pkcs11Mechanism::rsa_oaep_sha1))
    return fail(Code::future_version, "PKCS#11 slot: mechanism");
  parameters.mechanism = static_cast<Pkcs11Mechanism>(mechanism);
  TRY(parameters.id, reader.take_array<16>());
  TRY(const ByteView token, reader.take_block<std::uint8_t>());
  if (token.empty() || token.size() > protocol::limits::token_label_bytes)
    return fail(Code::vault_corrupted, "PKCS#11 slot: token");
  parameters.token = as_text(token);
  TRY(const ByteView key, reader.take_block<std::uint16_t>());
  parameters.encrypted_key.assign(key.begin(), key.end());
  TRY_DO(check_encrypted_key(parameters));
  TRY_DO(reader.expect_end());
  return parameters;
}

}  // namespace latchkey::vault
