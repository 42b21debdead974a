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

}  // namespace

Result<UnverifiedJws> UnverifiedJws::parse(std::string_view compact, EmbeddedKey embedded) {
  if (compact.size() > limits::jwt_bytes) return fail(Code::input_too_large, "JWS");
  const std::size_t first = compact.find('.'), second = compact.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos ||
      compact.find('.', second + 1) != std::string_view::npos)
    return fail(Code::invalid_format, "JWS: not three parts");
  TRY(const WipedString header, decode(compact.substr(0, first)));
  TRY(const json::Value object,
      json::parse_object(header, {limits::jws_header_bytes, limits::jwt_depth, limits::jwt_members}));
  UnverifiedJws jws;
  TRY(jws.header_, read_header(object, embedded));
  jws.text_ = compact;
  jws.payload_begin_ = first + 1;
  jws.signature_begin_ = second + 1;
  return jws;
}

Result<WipedString> UnverifiedJws::verify(const crypto::VerifyingKey& key) const {
  if (key.algorithm() != header_.algorithm) return fail(Code::signature_invalid, "alg is not the key's");
  const std::string_view text = text_;
  const std::string_view encoded = text.substr(signature_begin_);
  std::array<std::uint8_t, limits::signature_bytes> buffer;
  const std::size_t size = encoded.size() * 3 / 4;
  if (size > buffer.size()) return fail(Code::signature_invalid, "too long");
  const MutableBytes signature(buffer.data(), size);
  if (!parse_base64url_into(encoded, signature)) return fail(Code::signature_invalid, "not base64url");
  TRY_DO(key.verify(as_bytes(text.substr(0, signature_begin_ - 1)), signature));
  return decode(text.substr(payload_begin_, signature_begin_ - 1 - payload_begin_));
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
  std::string text;
  text.reserve(encoded_header_.size() + (payload.size() + limits::signature_bytes) * 4 / 3 + 8);
  text = encoded_header_;
  append_base64url(text, as_bytes(payload));
  TRY(const crypto::Signature signature, key_->sign(as_bytes(text)));
  text.push_back('.');
  append_base64url(text, signature.view());
  return WipedString(text);
}

}  // namespace latchkey::protocol::jose
