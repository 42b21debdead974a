#include "vault/key_stores/tpm2_parameters.h"

#include <tss2/tss2_mu.h>

#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t tpm2_parameters_version = 1;
constexpr std::uint8_t has_pin = 1;
constexpr std::uint8_t has_pcrs = 2;

// Reads one TPM2B off the front, strictly: what it is printed to must be what was read.
template <class Blob, class Unmarshal, class Marshal>
Status take_blob(ByteReader& reader, Blob& blob, Unmarshal unmarshal, Marshal marshal) {
  TRY(const ByteView body, reader.take_block<std::uint16_t>());
  if (body.size() > protocol::limits::tpm_object_bytes)
    return fail(Code::vault_corrupted, "TPM slot: size of an object");
  Bytes whole;
  append_be(whole, static_cast<std::uint16_t>(body.size()));
  append(whole, body);
  std::size_t read = 0;
  if (unmarshal(whole.data(), whole.size(), &read, &blob) != TSS2_RC_SUCCESS || read != whole.size())
    return fail(Code::vault_corrupted, "TPM slot: object");
  Bytes again(sizeof(Blob));
  std::size_t written = 0;
  if (marshal(&blob, again.data(), again.size(), &written) != TSS2_RC_SUCCESS)
    return fail(Code::vault_corrupted, "TPM slot: object");
  again.resize(written);
  if (again != whole) return fail(Code::vault_corrupted, "TPM slot: object");
  return {};
}

template <class Blob, class Marshal>
Status append_blob(Bytes& to, const Blob& blob, Marshal marshal) {
  Bytes bytes(sizeof(Blob));
  std::size_t written = 0;
  if (marshal(&blob, bytes.data(), bytes.size(), &written) != TSS2_RC_SUCCESS ||
      written > protocol::limits::tpm_object_bytes + 2)
    return fail(Code::crypto_failed, "TPM object");
  append(to, ByteView(bytes).first(written));
  return {};
}

}  // namespace

Result<Bytes> print_tpm2_parameters(const Tpm2Parameters& parameters) {
  Bytes out{tpm2_parameters_version};
  out.push_back(static_cast<std::uint8_t>((parameters.pin ? has_pin : 0) | (parameters.pcrs != 0 ? has_pcrs : 0)));
  if (parameters.pin) append_stretch(out, *parameters.pin);
  if (parameters.pcrs != 0) append_be(out, parameters.pcrs);
  append(out, parameters.storage_key);
  TRY_DO(append_blob(out, parameters.sealed_public, Tss2_MU_TPM2B_PUBLIC_Marshal));
  TRY_DO(append_blob(out, parameters.sealed_private, Tss2_MU_TPM2B_PRIVATE_Marshal));
  return out;
}

Result<Tpm2Parameters> parse_tpm2_parameters(ByteView bytes) {
  ByteReader reader(bytes);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > tpm2_parameters_version) return fail(Code::future_version, "TPM slot");
  if (version == 0) return fail(Code::vault_corrupted, "TPM slot: version");
  TRY(const auto flags, reader.take_integer<std::uint8_t>());
  if (flags > (has_pin | has_pcrs)) return fail(Code::future_version, "TPM slot: flags");
  Tpm2Parameters parameters{};
  if ((flags & has_pin) != 0) {
    TRY(parameters.pin, take_stretch(reader));
  }
  if ((flags & has_pcrs) != 0) {
    TRY(parameters.pcrs, reader.take_integer<PcrMask>());
    if (parameters.pcrs == 0 || parameters.pcrs > all_pcrs) return fail(Code::vault_corrupted, "TPM slot: PCRs");
  }
  TRY(parameters.storage_key, reader.take_array<tpm2::name_size>());
  TRY_DO(take_blob(reader, parameters.sealed_public, Tss2_MU_TPM2B_PUBLIC_Unmarshal, Tss2_MU_TPM2B_PUBLIC_Marshal));
  TRY_DO(take_blob(reader, parameters.sealed_private, Tss2_MU_TPM2B_PRIVATE_Unmarshal, Tss2_MU_TPM2B_PRIVATE_Marshal));
  TRY_DO(reader.expect_end());
  return parameters;
}

}  // namespace latchkey::vault
