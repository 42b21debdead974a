#include "vault/signing_keys/signing_key_record.h"

#include <algorithm>

#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t head_size = 3 + crypto::sha256_size;

}  // namespace

RecordValue print_signing_key_record(const SigningKeyRecord& record) {
  auto value = RecordValue::zeroed(head_size + record.body.size());
  const MutableBytes out = value.reveal_to_write();
  out[0] = record_version;
  out[1] = static_cast<std::uint8_t>(record.place);
  out[2] = static_cast<std::uint8_t>(record.method);
  std::ranges::copy(record.enrolment, out.begin() + 3);
  std::ranges::copy(record.body.reveal(), out.begin() + static_cast<std::ptrdiff_t>(head_size));
  return value;
}

Result<SigningKeyRecord> parse_signing_key_record(ByteView value) {
  const auto refuse = [] { return fail(Code::vault_corrupted, "signing key"); };
  ByteReader reader(value);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > record_version) return fail(Code::future_version, "signing key");
  TRY(const auto place, reader.take_integer<std::uint8_t>());
  TRY(const auto method, reader.take_integer<std::uint8_t>());
  if (version != record_version || place < 1 || place > static_cast<std::uint8_t>(SigningKeyPlace::tpm2))
    return refuse();
  if (method < 1 || method > static_cast<std::uint8_t>(PresenceMethod::scripted)) return refuse();
  SigningKeyRecord record{static_cast<SigningKeyPlace>(place), static_cast<PresenceMethod>(method), {}, {}};
  TRY(record.enrolment, reader.take_array<crypto::sha256_size>());
  const ByteView body = reader.take_rest();
  if (body.size() > protocol::limits::signing_key_body_bytes) return refuse();
  if (!body.empty()) record.body = SigningKeyBody::copy_of(body);
  return record;
}

}  // namespace latchkey::vault
