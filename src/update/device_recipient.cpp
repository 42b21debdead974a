#include "update/device_recipient.h"

#include "base/wiping.h"
#include "update/byte_reader.h"

namespace latchkey::update {
namespace {

constexpr std::uint8_t recipient_version = 1;
constexpr std::size_t recipient_file_bytes = 1 + 32 + 32;  // version, private and public half
constexpr const char* recipient_file = "recipient";

Result<crypto::X25519Key> parse_recipient_file(ByteView bytes) {
  ByteReader from(bytes);
  TRY(const auto version, from.take_integer<std::uint8_t>());
  if (version != recipient_version) return fail(Code::future_version, "the device's recipient key");
  TRY(const ByteView scalar, from.take(32));
  TRY(const auto expected, from.take_array<32>());
  TRY_DO(from.expect_end());
  TRY(auto key, crypto::X25519Key::from_private(scalar));
  if (key.public_key() != expected) return fail(Code::storage_corrupted, "the device's recipient key");
  return key;
}

}  // namespace

Result<std::optional<crypto::X25519Key>> find_device_recipient(Vfs& vfs) {
  auto bytes = read_whole(vfs, recipient_file, recipient_file_bytes);
  if (!bytes && bytes.error().code == Code::not_found) return std::nullopt;
  if (!bytes && bytes.error().code == Code::input_too_large)
    return fail(Code::storage_corrupted, "the device's recipient key");
  if (!bytes) return tl::unexpected(bytes.error());
  auto key = parse_recipient_file(*bytes);
  secure_wipe(*bytes);
  if (!key) return tl::unexpected(key.error());
  return std::optional(*std::move(key));
}

Result<crypto::X25519Key> open_device_recipient(Vfs& vfs) {
  TRY(auto found, find_device_recipient(vfs));
  if (found) return *std::move(found);
  auto key = crypto::X25519Key::generate();
  WipedBytes bytes{recipient_version};
  const auto put = [&](ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  bytes.reserve(recipient_file_bytes);
  put(key.reveal_private());
  put(key.public_key());
  TRY_DO(write_whole(vfs, recipient_file, bytes));
  return key;
}

}  // namespace latchkey::update
