#include "protocol/release/tuf/tuf_key.h"

#include "base/hex.h"
#include "crypto/digest.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/release/tuf/canonical_json.h"
#include "protocol/release/tuf/pem.h"

namespace latchkey::protocol::tuf {
namespace {

using crypto::SignatureAlgorithm;
using OptionalKey = std::optional<crypto::VerifyingKey>;

struct Kind {
  SignatureAlgorithm algorithm;
  std::string_view type;
  std::string_view scheme;
};
constexpr Kind kinds[] = {{SignatureAlgorithm::ed25519, "ed25519", "ed25519"},
                          {SignatureAlgorithm::es256, "ecdsa", "ecdsa-sha2-nistp256"}};

Result<crypto::VerifyingKey> parse_public(SignatureAlgorithm algorithm, std::string_view text) {
  if (algorithm == SignatureAlgorithm::ed25519) {
    TRY(const auto x, parse_hex_array<32>(text));
    return crypto::VerifyingKey::from_parameters(algorithm, crypto::OkpPublic{x});
  }
  TRY(const Bytes spki, parse_public_key_pem(text));
  return crypto::VerifyingKey::from_spki(algorithm, spki);
}

std::string print_public(const crypto::VerifyingKey& key) {
  if (key.algorithm() == SignatureAlgorithm::ed25519) return to_hex(std::get<crypto::OkpPublic>(key.parameters()).x);
  return print_public_key_pem(key.to_spki());
}

Result<OptionalKey> read_key(const json::Value& object) {
  TRY(const auto type, json::get_string(object, "keytype"));
  TRY(const auto scheme, json::get_string(object, "scheme"));
  TRY(const json::Value* values, json::find_object(object, "keyval"));
  if (values == nullptr) return fail(Code::invalid_format, "keyval");
  TRY(const auto text, json::get_string(*values, "public"));
  for (const Kind& kind : kinds) {
    if (type != kind.type || scheme != kind.scheme) continue;
    auto key = parse_public(kind.algorithm, text);
    if (!key) return fail(Code::invalid_format, "keyval: public");
    return OptionalKey(std::move(*key));
  }
  return OptionalKey();
}

KeyId id_of(std::string_view canonical) { return KeyId(to_hex(crypto::sha256(as_bytes(canonical)))); }

}  // namespace

TufKey::TufKey(KeyId id, std::string json, OptionalKey key)
    : id_(std::move(id)), json_(std::move(json)), key_(std::move(key)) {}

Result<TufKey> TufKey::from(const json::Value& object) {
  if (!object.is_object()) return fail(Code::invalid_format, "key");
  TRY(OptionalKey key, read_key(object));
  TRY(const std::string canonical, to_canonical(object));
  return TufKey(id_of(canonical), std::string(json::print(object)), std::move(key));
}

Result<TufKey> TufKey::of(const crypto::VerifyingKey& key) {
  for (const Kind& kind : kinds) {
    if (key.algorithm() != kind.algorithm) continue;
    std::string text;
    json::Writer writer(text);
    writer.begin_object().member("keytype", kind.type).key("keyval").begin_object();
    writer.member("public", print_public(key)).end_object().member("scheme", kind.scheme).end_object();
    TRY(const auto object, json::parse_object(text));
    return from(object);
  }
  return fail(Code::unsupported, "TUF keys are ed25519 or P-256");
}

Status TufKey::verify(std::string_view canonical_signed, ByteView signature) const {
  if (!key_) return fail(Code::signature_invalid, "a key of an unknown type");
  if (key_->algorithm() != SignatureAlgorithm::es256) return key_->verify(as_bytes(canonical_signed), signature);
  const auto raw = crypto::parse_ecdsa_der(signature);
  if (!raw) return fail(Code::signature_invalid);
  return key_->verify(as_bytes(canonical_signed), *raw);
}

Result<KeyMap> parse_keys(const json::Value& object) {
  const json::Object* members = object.to_object();
  if (members == nullptr) return fail(Code::invalid_format, "keys");
  if (members->size() > limits::tuf_keys) return fail(Code::input_too_large, "keys");
  KeyMap keys;
  for (const json::Member& member : *members) {
    TRY(TufKey key, TufKey::from(member.value));
    if (key.id().value() != std::string_view(member.name))
      return fail(Code::invalid_format, "a key's id is not its hash");
    keys.emplace(key.id(), std::move(key));
  }
  return keys;
}

Result<Bytes> sign(const crypto::SigningKey& key, std::string_view canonical_signed) {
  if (key.algorithm() != SignatureAlgorithm::ed25519 && key.algorithm() != SignatureAlgorithm::es256)
    return fail(Code::unsupported, "TUF keys are ed25519 or P-256");
  TRY(const crypto::Signature signature, key.sign(as_bytes(canonical_signed)));
  if (key.algorithm() == SignatureAlgorithm::es256) return crypto::to_ecdsa_der(signature.view());
  return Bytes(signature.view().begin(), signature.view().end());
}

}  // namespace latchkey::protocol::tuf
