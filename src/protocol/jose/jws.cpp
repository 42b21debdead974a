#include "protocol/jose/jws.h"

#include "base/base64url.h"
#include "protocol/limits.h"

namespace latchkey::protocol::jose {
namespace {

// Each has been the way into somebody's server: extensions to honour, unencoded payloads, compression, keys by URL or
// certificate.
constexpr std::string_view refused_members[] = {"crit", "b64", "zip", "jku", "x5u", "x5c", "x5t", "x5t#S256"};

Result<JwsHeader> read_header(const json::Value& object, EmbeddedKey embedded) {
  for (const std::string_view name : refused_members)
    if (object.find(name)) return fail(Code::invalid_format, "JWS header with " + std::string(name));
  JwsHeader header;
  TRY(const auto algorithm, json::get_string(object, "alg"));
  TRY(header.algorithm, parse_algorithm(algorithm));
  TRY(const auto typ, json::find_string(object, "typ"));
  header.typ = typ.value_or("");
  TRY(const auto kid, json::find_string(object, "kid"));
  if (kid && kid->size() > limits::kid_bytes) return fail(Code::input_too_large, "kid");
  header.kid = kid.value_or("");
  TRY(const json::Value* jwk, json::find_object(object, "jwk"));
  if ((jwk != nullptr) != (embedded == EmbeddedKey::required))
    return fail(Code::invalid_format, jwk ? "JWS header with jwk" : "JWS header without jwk");
  if (jwk) {
    TRY(header.jwk, Jwk::from(*jwk));
    if (header.jwk->algorithm() != header.algorithm) return fail(Code::invalid_format, "alg does not fit the jwk");
  }
  return header;
}

Result<WipedString> decode(std::string_view text) {
  WipedString out;
  // 4 characters hold 3 bytes; a rest of 2 or 3 holds 1 or 2.
  out.resize(text.size() / 4 * 3 + (text.size() % 4 == 0 ? 0 : text.size() % 4 - 1));
  TRY_DO(parse_base64url_into(text, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
  return out;
}

std::size_t signature_size(const crypto::SigningKey& key) {
  return key.algorithm() == Algorithm::rs256 ? limits::signature_bytes : 64;
}

}  // namespace

Result<JwsHeader> parse_jws_header(std::string_view encoded, EmbeddedKey embedded) {
  TRY(const WipedString header, decode(encoded));
  TRY(const json::Value object,
      json::parse_object(header, {limits::jws_header_bytes, limits::jwt_depth, limits::jwt_members}));
  return read_header(object, embedded);
}

Result<CompactJws> CompactJws::split(std::string_view text) {
  if (text.size() > limits::jwt_bytes) return fail(Code::input_too_large, "JWS");
  const std::size_t first = text.find('.'), second = text.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos ||
      text.find('.', second + 1) != std::string_view::npos)
    return fail(Code::invalid_format, "JWS: not three parts");
  return CompactJws{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1),
                    text.substr(0, second)};
}

Result<WipedString> CompactJws::verify(const crypto::VerifyingKey& key) const {
  std::array<std::uint8_t, limits::signature_bytes> buffer;
  const std::size_t size = signature.size() * 3 / 4;
  if (size > buffer.size()) return fail(Code::signature_invalid, "too long");
  const MutableBytes bytes(buffer.data(), size);
  if (!parse_base64url_into(signature, bytes)) return fail(Code::signature_invalid, "not base64url");
  TRY_DO(key.verify(as_bytes(signed_text), bytes));
  return decode(payload);
}

Result<UnverifiedJws> UnverifiedJws::parse(std::string_view compact, EmbeddedKey embedded) {
  TRY(const CompactJws parts, CompactJws::split(compact));
  UnverifiedJws jws;
  TRY(jws.header_, parse_jws_header(parts.header, embedded));
  jws.text_ = compact;
  return jws;
}

Result<WipedString> UnverifiedJws::verify(const crypto::VerifyingKey& key) const {
  if (key.algorithm() != header_.algorithm) return fail(Code::signature_invalid, "alg is not the key's");
  TRY(const CompactJws parts, CompactJws::split(text_));
  return parts.verify(key);
}

JwsSigner::JwsSigner(const crypto::SigningKey& key, const JwsSignerOptions& options) : key_(&key) {
  std::string header;
  json::Writer writer(header);
  writer.begin_object();
  if (!options.typ.empty()) writer.member("typ", options.typ);
  writer.member("alg", wire_word(key.algorithm()));
  if (!options.kid.empty()) writer.member("kid", options.kid);
  if (options.embedded == EmbeddedKey::required) Jwk::of(key).print_bare(writer.key("jwk"));
  writer.end_object();
  encoded_header_ = to_base64url(as_bytes(header)) + ".";
}

Result<WipedString> JwsSigner::sign(std::string_view payload) const {
  WipedString text;
  text.reserve(encoded_header_.size() + (payload.size() + signature_size(*key_)) * 4 / 3 + 8);
  text.append(encoded_header_);
  append_base64url(text, as_bytes(payload));
  TRY(const crypto::Signature signature, key_->sign(as_bytes(text)));
  text.push_back('.');
  append_base64url(text, signature.view());
  return text;
}

}  // namespace latchkey::protocol::jose
