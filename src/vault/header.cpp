#include "vault/header.h"

#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view magic = "LKVT";
constexpr std::uint16_t header_version = 1;

void append_millis(Bytes& out, std::chrono::milliseconds value) {
  append_be(out, static_cast<std::uint64_t>(value.count()));
}

Result<std::chrono::milliseconds> take_millis(ByteReader& reader) {
  TRY(const auto value, reader.take_integer<std::uint64_t>());
  if (value > static_cast<std::uint64_t>(protocol::limits::lock_policy_time.count()))
    return fail(Code::vault_corrupted, "header: policy");
  return std::chrono::milliseconds(static_cast<std::int64_t>(value));
}

template <class Integer>
Result<Integer> take_below(ByteReader& reader, Integer end) {
  TRY(const auto value, reader.take_integer<Integer>());
  if (value >= end) return fail(Code::future_version, "header: policy");
  return value;
}

Status take_start(ByteReader& reader) {
  TRY(const ByteView start, reader.take(magic.size()));
  if (as_text(start) != magic) return fail(Code::vault_corrupted, "header: magic");
  TRY(const auto version, reader.take_integer<std::uint16_t>());
  if (version == 0) return fail(Code::vault_corrupted, "header: version");
  if (version > header_version) return fail(Code::future_version, "vault");
  return {};
}

Result<crypto::AeadAlgorithm> take_algorithm(ByteReader& reader) {
  TRY(const auto value, reader.take_integer<std::uint8_t>());
  if (value != 1 && value != 2) return fail(Code::vault_corrupted, "header: algorithm");
  return static_cast<crypto::AeadAlgorithm>(value);
}

Result<SecurityLevel> take_level(ByteReader& reader) {
  TRY(const auto value, reader.take_integer<std::uint8_t>());
  if (value < 1 || value > 3) return fail(Code::vault_corrupted, "header: security level");
  return static_cast<SecurityLevel>(value);
}

void append_protection(Bytes& out, const VaultProtection& protection) {
  out.push_back(static_cast<std::uint8_t>(protection.type));
  out.push_back(static_cast<std::uint8_t>(protection.device_security));
  out.push_back(static_cast<std::uint8_t>(protection.minimum_presence));
  out.push_back(static_cast<std::uint8_t>(protection.on_enrolment_change));
  out.push_back(protection.destroy_takes_unlock ? 1 : 0);
}

// A number this version does not know may ask for more than it would do.
Result<VaultProtection> take_protection(ByteReader& reader) {
  VaultProtection protection;
  TRY(const auto type, take_below<std::uint8_t>(reader, 5));
  TRY(const auto device_security, take_below<std::uint8_t>(reader, 4));
  TRY(const auto presence, take_below<std::uint8_t>(reader, 4));
  TRY(const auto enrolment, take_below<std::uint8_t>(reader, 3));
  TRY(const auto destroy, take_below<std::uint8_t>(reader, 2));
  if (presence == 0) return fail(Code::vault_corrupted, "header: presence");
  protection.type = static_cast<VaultType>(type);
  protection.device_security = static_cast<DeviceSecurityType>(device_security);
  if ((protection.type == VaultType::device_security) == (protection.device_security == DeviceSecurityType::none))
    return fail(Code::vault_corrupted, "header: device security");
  protection.minimum_presence = static_cast<PresenceStrength>(presence);
  protection.on_enrolment_change = static_cast<OnEnrolmentChange>(enrolment);
  protection.destroy_takes_unlock = destroy == 1;
  return protection;
}

}  // namespace

Bytes print_header(const Header& header) {
  Bytes out;
  append(out, as_bytes(magic));
  append_be(out, header_version);
  append(out, header.id);
  append_be(out, header.generation);
  out.push_back(static_cast<std::uint8_t>(header.algorithm));
  out.push_back(static_cast<std::uint8_t>(header.minimum_level));
  append_be(out, static_cast<std::uint64_t>(to_unix_millis(header.created_at)));
  append_be(out, static_cast<std::uint64_t>(to_unix_millis(header.rotated_at)));
  append(out, header.device);
  append_millis(out, header.policy.lock_after_idle);
  append_millis(out, header.policy.lock_after_backgrounded);
  append_millis(out, header.policy.maximum_unlocked_time);
  append_millis(out, header.policy.reauthenticate_after);
  append_millis(out, header.policy.rotate_after);
  out.push_back(header.policy.lock_on_screen_off ? 1 : 0);
  append_be(out, header.policy.maximum_attempts);
  out.push_back(static_cast<std::uint8_t>(header.policy.after_attempts));
  append_protection(out, header.protection);
  return out;
}

Result<Header> parse_header(ByteView body) {
  ByteReader reader(body);
  Header header;
  TRY_DO(take_start(reader));
  TRY(header.id, reader.take_array<16>());
  TRY(header.generation, reader.take_integer<std::uint32_t>());
  TRY(header.algorithm, take_algorithm(reader));
  TRY(header.minimum_level, take_level(reader));
  TRY(const auto created_at, reader.take_integer<std::uint64_t>());
  header.created_at = from_unix_millis(static_cast<std::int64_t>(created_at));
  TRY(const auto rotated_at, reader.take_integer<std::uint64_t>());
  header.rotated_at = from_unix_millis(static_cast<std::int64_t>(rotated_at));
  TRY(header.device, reader.take_array<32>());
  TRY(header.policy.lock_after_idle, take_millis(reader));
  TRY(header.policy.lock_after_backgrounded, take_millis(reader));
  TRY(header.policy.maximum_unlocked_time, take_millis(reader));
  TRY(header.policy.reauthenticate_after, take_millis(reader));
  TRY(header.policy.rotate_after, take_millis(reader));
  TRY(const auto screen_off, take_below<std::uint8_t>(reader, 2));
  header.policy.lock_on_screen_off = screen_off == 1;
  TRY(header.policy.maximum_attempts, reader.take_integer<std::uint32_t>());
  TRY(const auto after_attempts, take_below<std::uint8_t>(reader, 2));
  header.policy.after_attempts = static_cast<AfterAttempts>(after_attempts);
  TRY(header.protection, take_protection(reader));
  TRY_DO(reader.expect_end());
  return header;
}

DeviceBinding bind_to_device(const std::optional<DeviceSecret>& device, const VaultId& vault) {
  if (!device) return {};
  return crypto::hmac_sha256(*device, vault);
}

bool is_other_device(const Header& header, const std::optional<DeviceSecret>& device) {
  if (header.device == DeviceBinding{}) return false;
  return !crypto::equal(header.device, bind_to_device(device, header.id));
}

}  // namespace latchkey::vault
