#include "protocol/jose/jwks.h"

#include "protocol/limits.h"

namespace latchkey::protocol::jose {
namespace {

bool holds_secret(const json::Value& key) {
  const json::Value* type = key.find("kty");
  return key.find("d") || key.find("k") || (type && type->to_string() == "oct");
}

}  // namespace

Result<Jwks> Jwks::parse(std::string_view text) {
  TRY(const json::Value document,
      json::parse_object(text, {limits::jwks_bytes, limits::jwt_depth, limits::json_members}));
  TRY(const json::Array* listed, json::find_array(document, "keys"));
  if (!listed) return fail(Code::invalid_format, "JWKS without keys");
  if (listed->size() > limits::jwks_keys) return fail(Code::input_too_large, "JWKS");
  Jwks set;
  for (const json::Value& element : *listed) {
    if (!element.is_object()) return fail(Code::invalid_format, "JWKS element is no object");
    if (holds_secret(element)) return fail(Code::invalid_format, "JWKS with a secret key in it");
    const auto jwk = Jwk::from(element);
    if (!jwk) continue;
    if (const Status added = set.add(*jwk); !added && added.error().code == Code::already_exists)
      return fail(Code::invalid_format, "JWKS with the same kid twice");
  }
  return set;
}

Status Jwks::add(const Jwk& jwk) {
  for (const Key& key : keys_)
    if (!jwk.kid().empty() && key.jwk.kid() == jwk.kid()) return fail(Code::already_exists, "kid");
  TRY(auto imported, jwk.import());
  keys_.push_back({jwk, std::move(imported)});
  return {};
}

const Jwks::Key* Jwks::find(std::string_view kid, Algorithm algorithm) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.jwk.algorithm() != algorithm || (!kid.empty() && key.jwk.kid() != kid)) continue;
    if (found) return nullptr;  // without an id: more than one, and guessing is what attackers want
    found = &key;
  }
  return found;
}

std::string Jwks::print() const {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("keys").begin_array();
  for (const Key& key : keys_) key.jwk.print(writer);
  writer.end_array().end_object();
  return out;
}

}  // namespace latchkey::protocol::jose
