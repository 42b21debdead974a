#include "protocol/release/key_wrap.h"

#include <algorithm>
#include <cstdlib>

#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace latchkey::protocol::release {
namespace {

using WrappingKey = Secret<struct WrappingKeyTag>;

constexpr std::size_t key_size = 32;
constexpr std::string_view content_label = "latchkey file key v1";
constexpr std::string_view recipient_label = "latchkey file key v1 x25519";
constexpr std::string_view content_id_label = "latchkey content key id v1";
constexpr std::string_view recipient_id_domain{"latchkey recipient v1\0", 22};

static_assert(wrapped_key_size == key_size + crypto::Aead::overhead);

// The roots are of one size and last, so the app's length needs no room of its own.
Bytes context_of(const KeyPurpose& purpose) {
  Bytes context;
  append(context, as_bytes(purpose.app));
  append(context, purpose.base);
  append(context, purpose.target);
  return context;
}

WrappingKey wrapping_key(const ContentKey& key, const KeyPurpose& purpose) {
  return crypto::derive<WrappingKeyTag>(key, content_label, context_of(purpose));
}

WrappingKey wrapping_key(const crypto::SharedSecret& shared, const crypto::X25519Public& ephemeral,
                         const crypto::X25519Public& recipient, const KeyPurpose& purpose) {
  Bytes context;
  append(context, ephemeral);
  append(context, recipient);
  append(context, context_of(purpose));
  return crypto::derive<WrappingKeyTag>(shared, recipient_label, context);
}

Result<ByteArray<wrapped_key_size>> seal(const WrappingKey& key, const FileKey& file_key) {
  if (file_key.size() != key_size) return fail(Code::invalid_argument, "a file key has 32 bytes");
  TRY(const auto aead, crypto::Aead::create(crypto::AeadAlgorithm::chacha20_poly1305, key));
  TRY(const Bytes sealed, aead.seal(file_key.reveal(), {}));
  ByteArray<wrapped_key_size> wrapped{};
  std::copy(sealed.begin(), sealed.end(), wrapped.begin());
  return wrapped;
}

Result<FileKey> open(const WrappingKey& key, const ByteArray<wrapped_key_size>& wrapped) {
  TRY(const auto aead, crypto::Aead::create(crypto::AeadAlgorithm::chacha20_poly1305, key));
  return aead.open_secret<FileKeyTag>(wrapped, {});
}

// Nothing when the ring lacks the key.
std::optional<Result<FileKey>> try_open(const KeyForContent& wrapped, const KeyRing& ring, const KeyPurpose& purpose) {
  for (const ContentKey& key : ring.content_keys)
    if (id_of(key) == wrapped.content_key) return open(wrapping_key(key, purpose), wrapped.wrapped);
  return std::nullopt;
}

std::optional<Result<FileKey>> try_open(const KeyForRecipient& wrapped, const KeyRing& ring,
                                        const KeyPurpose& purpose) {
  if (!ring.recipient || id_of(ring.recipient->public_key()) != wrapped.recipient) return std::nullopt;
  const auto shared = ring.recipient->agree(wrapped.ephemeral);
  if (!shared) return fail(Code::authentication_failed, "the ephemeral key is of low order");
  return open(wrapping_key(*shared, wrapped.ephemeral, ring.recipient->public_key(), purpose), wrapped.wrapped);
}

}  // namespace

FileKey make_file_key() { return crypto::random_secret<FileKeyTag>(key_size); }
ContentKey make_content_key() { return crypto::random_secret<ContentKeyTag>(key_size); }

KeyId id_of(const ContentKey& key) {
  if (key.size() != key_size) std::abort();
  KeyId id;
  crypto::derive_into(key.reveal(), content_id_label, {}, id);
  return id;
}

KeyId id_of(const crypto::X25519Public& recipient) {
  Bytes bytes(recipient_id_domain.begin(), recipient_id_domain.end());
  append(bytes, recipient);
  const auto digest = crypto::sha256(bytes);
  KeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

Result<WrappedKey> wrap_file_key(const FileKey& file_key, const ContentKey& key, const KeyPurpose& purpose) {
  TRY(const auto wrapped, seal(wrapping_key(key, purpose), file_key));
  return KeyForContent{id_of(key), wrapped};
}

Result<WrappedKey> wrap_file_key(const FileKey& file_key, const crypto::X25519Public& recipient,
                                 const KeyPurpose& purpose) {
  const auto ephemeral = crypto::X25519Key::generate();
  TRY(const auto shared, ephemeral.agree(recipient));
  TRY(const auto wrapped, seal(wrapping_key(shared, ephemeral.public_key(), recipient, purpose), file_key));
  return KeyForRecipient{id_of(recipient), ephemeral.public_key(), wrapped};
}

Result<FileKey> unwrap_file_key(std::span<const WrappedKey> wrapped, const KeyRing& ring, const KeyPurpose& purpose) {
  for (const WrappedKey& one : wrapped) {
    auto opened = std::visit([&](const auto& key) { return try_open(key, ring, purpose); }, one);
    if (opened) return std::move(*opened);
  }
  return fail(Code::key_missing, "the release is encrypted for other keys");
}

}  // namespace latchkey::protocol::release
