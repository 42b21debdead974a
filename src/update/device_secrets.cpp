#include "update/device_secrets.h"

#include "base/wiping.h"
#include "crypto/random.h"
#include "protocol/limits.h"
#include "update/byte_reader.h"

namespace latchkey::update {
namespace {

constexpr std::uint8_t secrets_version = 1;

Result<DeviceSecrets> parse(ByteView bytes) {
  ByteReader from(bytes);
  TRY(const auto found, from.take_integer<std::uint8_t>());
  if (found != secrets_version) return fail(Code::future_version, "device secrets");
  TRY(const ByteView key, from.take(32));
  TRY(const auto id, from.take_array<16>());
  TRY(const auto size, from.take_integer<std::uint16_t>());
  TRY(const ByteView der, from.take(size));
  TRY_DO(from.expect_end());
  TRY(auto report_key, crypto::SigningKey::from_pkcs8(crypto::SignatureAlgorithm::ed25519, der));
  return DeviceSecrets{StateKey::copy_of(key), protocol::release::DeviceId(id), std::move(report_key)};
}

Result<DeviceSecrets> make(Vfs& vfs) {
  TRY(auto report_key, crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519));
  TRY(const auto der, report_key.to_pkcs8());
  const auto state_key = crypto::random_secret<StateKeyTag>(32);
  WipedBytes bytes{secrets_version};
  const auto put = [&](ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  put(state_key.reveal());
  put(crypto::random_array<16>());
  const std::uint8_t size[] = {static_cast<std::uint8_t>(der.size() >> 8), static_cast<std::uint8_t>(der.size())};
  put(size);
  put(der.reveal());
  TRY_DO(write_whole(vfs, "device", bytes));
  return parse(bytes);
}

}  // namespace

Result<std::optional<DeviceSecrets>> find_device_secrets(Vfs& vfs) {
  auto bytes = read_whole(vfs, "device", protocol::limits::device_secrets_bytes);
  if (!bytes && (bytes.error().code == Code::not_found || bytes.error().code == Code::input_too_large))
    return std::nullopt;
  if (!bytes) return tl::unexpected(bytes.error());
  auto parsed = parse(*bytes);
  secure_wipe(*bytes);
  if (!parsed) return std::nullopt;
  return std::optional<DeviceSecrets>(*std::move(parsed));
}

Result<DeviceSecrets> open_device_secrets(Vfs& vfs) {
  TRY(auto found, find_device_secrets(vfs));
  if (found) return *std::move(found);
  return make(vfs);
}

}  // namespace latchkey::update
