#include "vault/exchange/age/stanzas.h"

#include <algorithm>
#include <charconv>

#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/scrypt.h"
#include "protocol/limits/vault.h"
#include "vault/exchange/age/base64.h"

namespace latchkey::vault::age {
namespace {

using WrapKey = Secret<struct AgeWrapKeyTag>;

constexpr std::string_view x25519_kind = "X25519";
constexpr std::string_view x25519_label = "age-encryption.org/v1/X25519";
constexpr std::string_view scrypt_kind = "scrypt";
constexpr std::string_view scrypt_label = "age-encryption.org/v1/scrypt";
constexpr std::size_t salt_size = 16;
constexpr std::size_t body_size = file_key_size + crypto::Aead::tag_size;
constexpr crypto::Aead::Nonce no_nonce{};  // a wrap key wraps once

tl::unexpected<Error> broken_stanza(std::string_view what) {
  return fail(Code::invalid_format, "age stanza: " + std::string(what));
}

Result<Bytes> wrap(const FileKey& key, const WrapKey& wrap_key) {
  TRY(const auto aead, crypto::Aead::create(crypto::AeadAlgorithm::chacha20_poly1305, wrap_key));
  Bytes body(body_size);
  TRY_DO(aead.seal_into(no_nonce, key.reveal(), {}, body));
  return body;
}

Result<std::optional<FileKey>> unwrap(ByteView body, const WrapKey& wrap_key) {
  TRY(const auto aead, crypto::Aead::create(crypto::AeadAlgorithm::chacha20_poly1305, wrap_key));
  FileKey key = FileKey::zeroed(file_key_size);
  if (!aead.open_into(no_nonce, body, {}, key.reveal_to_write())) return std::optional<FileKey>();
  return std::optional(std::move(key));
}

Result<WrapKey> x25519_wrap_key(const Identity& own, const Recipient& peer, const Recipient& share,
                                const Recipient& recipient) {
  TRY(const auto shared, own.agree(peer));
  Bytes salt(share.begin(), share.end());
  append(salt, recipient);
  auto wrap_key = WrapKey::zeroed(crypto::Aead::key_size);
  TRY_DO(crypto::hkdf_sha256(shared.reveal(), salt, as_bytes(x25519_label), wrap_key.reveal_to_write()));
  return wrap_key;
}

Result<WrapKey> scrypt_wrap_key(const Passphrase& passphrase, ByteView salt, unsigned work_factor) {
  Bytes labelled(scrypt_label.begin(), scrypt_label.end());
  append(labelled, salt);
  auto wrap_key = WrapKey::zeroed(crypto::Aead::key_size);
  TRY_DO(crypto::scrypt(passphrase.reveal(), labelled, {work_factor}, wrap_key.reveal_to_write()));
  return wrap_key;
}

Result<Recipient> parse_share(const Stanza& stanza) {
  if (stanza.arguments.size() != 2) return broken_stanza("X25519: arguments");
  const auto bytes = parse_base64(stanza.arguments[1]);
  Recipient share;
  if (!bytes || bytes->size() != share.size()) return broken_stanza("X25519: share");
  // Of this length always: opening longer ones under many keys at once is a partitioning oracle.
  if (stanza.body.size() != body_size) return broken_stanza("X25519: body");
  std::copy(bytes->begin(), bytes->end(), share.begin());
  return share;
}

struct ScryptArguments {
  Bytes salt;
  unsigned work_factor = 0;
};
Result<ScryptArguments> parse_scrypt(const Stanza& stanza) {
  if (stanza.arguments.size() != 3) return broken_stanza("scrypt: arguments");
  auto salt = parse_base64(stanza.arguments[1]);
  if (!salt || salt->size() != salt_size) return broken_stanza("scrypt: salt");
  if (stanza.body.size() != body_size) return broken_stanza("scrypt: body");
  const std::string& digits = stanza.arguments[2];
  if (digits.size() > 2 || digits.front() < '1' || digits.front() > '9') return broken_stanza("scrypt: work factor");
  ScryptArguments arguments{*std::move(salt)};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), arguments.work_factor);
  if (error != std::errc() || end != digits.data() + digits.size()) return broken_stanza("scrypt: work factor");
  return arguments;
}

}  // namespace

Result<Stanza> wrap_for_recipient(const FileKey& key, const Recipient& recipient) {
  const Identity ephemeral = Identity::generate();
  const Recipient& share = ephemeral.public_key();
  TRY(const WrapKey wrap_key, x25519_wrap_key(ephemeral, recipient, share, recipient));
  TRY(Bytes body, wrap(key, wrap_key));
  return Stanza{{std::string(x25519_kind), to_base64(share)}, std::move(body)};
}

Result<Stanza> wrap_for_passphrase(const FileKey& key, const Passphrase& passphrase, unsigned work_factor) {
  if (passphrase.is_empty()) return fail(Code::invalid_argument, "an empty passphrase");
  if (work_factor < 1 || work_factor > protocol::limits::age_work_factor)
    return fail(Code::invalid_argument, "work factor");
  const auto salt = crypto::random_array<salt_size>();
  TRY(const WrapKey wrap_key, scrypt_wrap_key(passphrase, salt, work_factor));
  TRY(Bytes body, wrap(key, wrap_key));
  return Stanza{{std::string(scrypt_kind), to_base64(salt), std::to_string(work_factor)}, std::move(body)};
}

Result<bool> is_for_passphrase(std::span<const Stanza> stanzas) {
  const auto is_scrypt = [](const Stanza& stanza) { return stanza.arguments.front() == scrypt_kind; };
  if (std::none_of(stanzas.begin(), stanzas.end(), is_scrypt)) return false;
  // Else whoever knows a passphrase could not tell who else can read the file.
  if (stanzas.size() != 1) return broken_stanza("scrypt is not alone");
  TRY_DO(parse_scrypt(stanzas.front()));
  return true;
}

Result<std::optional<FileKey>> unwrap_with_identities(std::span<const Stanza> stanzas,
                                                      std::span<const Identity> identities) {
  std::optional<FileKey> found;
  for (const Stanza& stanza : stanzas) {
    if (stanza.arguments.front() != x25519_kind) continue;
    TRY(const Recipient share, parse_share(stanza));  // of every stanza, also after the right one
    for (const Identity& identity : identities) {
      const auto wrap_key = x25519_wrap_key(identity, share, share, identity.public_key());
      if (!wrap_key) return broken_stanza("X25519: a share of low order");
      TRY(auto key, unwrap(stanza.body, *wrap_key));
      if (key && !found) found = std::move(key);
    }
  }
  return found;
}

Result<std::optional<FileKey>> unwrap_with_passphrase(const Stanza& stanza, const Passphrase& passphrase) {
  TRY(const ScryptArguments arguments, parse_scrypt(stanza));
  if (arguments.work_factor > protocol::limits::age_work_factor)
    return fail(Code::input_too_large, "age stanza: work factor");
  TRY(const WrapKey wrap_key, scrypt_wrap_key(passphrase, arguments.salt, arguments.work_factor));
  return unwrap(stanza.body, wrap_key);
}

}  // namespace latchkey::vault::age
