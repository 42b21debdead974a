#include "protocol/release/tuf/envelope.h"

#include <algorithm>

#include "base/hex.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/release/tuf/canonical_json.h"

namespace latchkey::protocol::tuf {
namespace {

Result<EnvelopeSignature> read_signature(const json::Value& object) {
  if (!object.is_object()) return fail(Code::invalid_format, "signatures");
  TRY(const auto key_id, json::get_string(object, "keyid"));
  TRY(const auto hex, json::get_string(object, "sig"));
  auto signature = parse_hex(hex);
  if (!signature) return fail(Code::invalid_format, "sig");
  return EnvelopeSignature{KeyId(std::string(key_id)), std::move(*signature)};
}

Result<std::vector<EnvelopeSignature>> read_signatures(const json::Value& file) {
  TRY(const json::Array* array, json::find_array(file, "signatures"));
  if (array == nullptr) return fail(Code::invalid_format, "signatures");
  if (array->size() > limits::tuf_signatures) return fail(Code::input_too_large, "signatures");
  std::vector<EnvelopeSignature> signatures;
  for (const json::Value& element : *array) {
    TRY(EnvelopeSignature one, read_signature(element));
    // Not merely counted once (TUF 1.0.34 section 4.2.1): whoever writes this means to be counted twice.
    const bool is_second =
        std::ranges::any_of(signatures, [&](const auto& other) { return other.key_id == one.key_id; });
    if (is_second) return fail(Code::invalid_format, "one key signed twice");
    signatures.push_back(std::move(one));
  }
  return signatures;
}

}  // namespace

Result<Envelope> Envelope::parse(ByteView file, std::size_t max_bytes) {
  TRY(const json::Value object, json::parse_object(as_text(file), {max_bytes, limits::tuf_depth, limits::tuf_members}));
  Envelope envelope;
  TRY(const json::Value* content, json::find_object(object, "signed"));
  if (content == nullptr) return fail(Code::invalid_format, "signed");
  envelope.signed_ = *content;
  TRY(envelope.canonical_, to_canonical(envelope.signed_));
  TRY(envelope.signatures_, read_signatures(object));
  return envelope;
}

Result<Envelope> Envelope::of(std::string_view signed_json) {
  const json::Limits bounds{signed_json.size(), limits::tuf_depth, limits::tuf_members};
  Envelope envelope;
  TRY(envelope.signed_, json::parse_object(signed_json, bounds));
  TRY(envelope.canonical_, to_canonical(envelope.signed_));
  return envelope;
}

Status Envelope::sign(const crypto::SigningKey& key) {
  TRY(const TufKey public_key, TufKey::of(key.verifying_key()));
  TRY(Bytes signature, tuf::sign(key, canonical_));
  return add({public_key.id(), std::move(signature)});
}

Status Envelope::add(EnvelopeSignature signature) {
  const auto same = std::ranges::find(signatures_, signature.key_id, &EnvelopeSignature::key_id);
  if (same != signatures_.end()) {
    *same = std::move(signature);
    return {};
  }
  if (signatures_.size() >= limits::tuf_signatures) return fail(Code::input_too_large, "signatures");
  signatures_.push_back(std::move(signature));
  return {};
}

std::size_t Envelope::count_valid(const RoleKeys& role, const KeyMap& keys) const {
  std::set<Bytes> signers;
  for (const EnvelopeSignature& one : signatures_) {
    const auto key = keys.find(one.key_id);
    if (!role.key_ids.contains(one.key_id) || key == keys.end()) continue;
    if (key->second.verify(canonical_, one.signature)) signers.insert(key->second.verifying_key()->to_spki());
  }
  return signers.size();
}

Status Envelope::check_threshold(const RoleKeys& role, const KeyMap& keys) const {
  const std::size_t valid = count_valid(role, keys);
  if (role.threshold != 0 && valid >= role.threshold) return {};
  return fail(Code::signature_invalid, std::to_string(valid) + " of " + std::to_string(role.threshold) + " signatures");
}

std::string Envelope::print() const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("signatures").begin_array();
  for (const EnvelopeSignature& one : signatures_)
    writer.begin_object().member("keyid", one.key_id.value()).member("sig", to_hex(one.signature)).end_object();
  writer.end_array()
      .key("signed")
      .raw(json::print(signed_))
      .end_object();  // canonical JSON may hold raw control characters
  return out + "\n";
}

}  // namespace latchkey::protocol::tuf
