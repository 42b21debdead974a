#include "protocol/jose/jwk.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "protocol/limits.h"

namespace latchkey::protocol::jose {
namespace {

// d, p... make a private key; k a symmetric one; x5* are certificates, which this layer never follows.
constexpr std::string_view refused_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5u", "x5c"};

Result<ByteArray<32>> get_32_bytes(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::get_string(object, name));
  ByteArray<32> bytes{};
  TRY_DO(parse_base64url_into(text, bytes));
  return bytes;
}

// An RFC 7518 Base64urlUInt: no leading zeroes.
Result<Bytes> get_number(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::get_string(object, name));
  if (text.size() > crypto::max_rsa_bits / 6 + 1) return fail(Code::input_too_large, "JWK number");
  TRY(Bytes bytes, parse_base64url(text));
  if (bytes.empty() || bytes[0] == 0) return fail(Code::invalid_format, "JWK number with leading zeroes");
  return bytes;
}

struct Parameters {
  Algorithm algorithm;
  crypto::PublicParameters numbers;
};

Result<Parameters> read_ec(const json::Value& object) {
  TRY(const auto curve, json::get_string(object, "crv"));
  if (curve != "P-256") return fail(Code::unsupported, "curve");
  TRY(const auto x, get_32_bytes(object, "x"));
  TRY(const auto y, get_32_bytes(object, "y"));
  return Parameters{Algorithm::es256, crypto::EcPublic{x, y}};
}

Result<Parameters> read_okp(const json::Value& object) {
  TRY(const auto curve, json::get_string(object, "crv"));
  if (curve != "Ed25519") return fail(Code::unsupported, "curve");
  TRY(const auto x, get_32_bytes(object, "x"));
  return Parameters{Algorithm::ed25519, crypto::OkpPublic{x}};
}

Result<Parameters> read_rsa(const json::Value& object) {
  TRY(Bytes n, get_number(object, "n"));
  TRY(Bytes e, get_number(object, "e"));
  return Parameters{Algorithm::rs256, crypto::RsaPublic{std::move(n), std::move(e)}};
}

Result<Parameters> read_parameters(const json::Value& object) {
  TRY(const auto type, json::get_string(object, "kty"));
  if (type == "EC") return read_ec(object);
  if (type == "OKP") return read_okp(object);
  if (type == "RSA") return read_rsa(object);
  return fail(Code::unsupported, "key type");
}

// The key's one algorithm: that of its type, which `alg` may confirm. Only an RSA key has a choice to make.
Result<Algorithm> settle_algorithm(const json::Value& object, Algorithm by_type) {
  TRY(const auto word, json::find_string(object, "alg"));
  if (!word) return by_type;
  TRY(const Algorithm named, parse_algorithm(*word));
  if (named == by_type || (by_type == Algorithm::rs256 && named == Algorithm::ps256)) return named;
  return fail(Code::unsupported, "alg does not fit the key type");
}

Status check_purpose(const json::Value& object) {
  TRY(const auto use, json::find_string(object, "use"));
  if (use && *use != "sig") return fail(Code::unsupported, "key is not for signatures");
  if (!object.find("key_ops")) return {};
  TRY(const auto operations, json::find_strings(object, "key_ops"));
  for (const std::string& operation : operations)
    if (operation == "verify") return {};
  return fail(Code::unsupported, "key is not for verifying");
}

std::string digest_in_base64url(std::string_view text) { return to_base64url(crypto::sha256(as_bytes(text))); }

// Calls `put(name, value)` for each public member, in the lexicographic order RFC 7638 section 3.2 hashes them in.
template <class Put>
void for_each_member(const crypto::PublicParameters& parameters, Put put) {
  if (const auto* ec = std::get_if<crypto::EcPublic>(&parameters)) {
    put("crv", "P-256");
    put("kty", "EC");
    put("x", to_base64url(ec->x));
    put("y", to_base64url(ec->y));
  } else if (const auto* okp = std::get_if<crypto::OkpPublic>(&parameters)) {
    put("crv", "Ed25519");
    put("kty", "OKP");
    put("x", to_base64url(okp->x));
  } else if (const auto* rsa = std::get_if<crypto::RsaPublic>(&parameters)) {
    put("e", to_base64url(rsa->e));
    put("kty", "RSA");
    put("n", to_base64url(rsa->n));
  }
}

}  // namespace

Result<Jwk> Jwk::parse(std::string_view text) {
  TRY(const json::Value object,
      json::parse_object(text, {limits::jws_header_bytes, limits::jwt_depth, limits::jwt_members}));
  return from(object);
}

Result<Jwk> Jwk::from(const json::Value& object) {
  if (!object.is_object()) return fail(Code::invalid_format, "JWK is no object");
  for (const std::string_view name : refused_members)
    if (object.find(name)) return fail(Code::invalid_format, "JWK with more than a public key");
  TRY_DO(check_purpose(object));
  TRY(Parameters parameters, read_parameters(object));
  Jwk jwk;
  TRY(jwk.algorithm_, settle_algorithm(object, parameters.algorithm));
  TRY(const auto kid, json::find_string(object, "kid"));
  if (kid && kid->size() > limits::kid_bytes) return fail(Code::input_too_large, "kid");
  jwk.kid_ = kid.value_or("");
  jwk.parameters_ = std::move(parameters.numbers);
  jwk.compute_thumbprint();
  return jwk;
}

Jwk Jwk::of(const crypto::VerifyingKey& key) {
  Jwk jwk;
  jwk.algorithm_ = key.algorithm();
  jwk.parameters_ = key.parameters();
  jwk.compute_thumbprint();
  jwk.kid_ = jwk.thumbprint_;
  return jwk;
}

Jwk Jwk::of(const crypto::SigningKey& key) { return of(key.verifying_key()); }

void Jwk::compute_thumbprint() {
  std::string text;
  json::Writer writer(text);
  print_bare(writer);
  thumbprint_ = digest_in_base64url(text);
}

Result<crypto::VerifyingKey> Jwk::import() const {
  return crypto::VerifyingKey::from_parameters(algorithm_, parameters_);
}

template <class Text>
void Jwk::print_bare(json::BasicWriter<Text>& writer) const {
  writer.begin_object();
  for_each_member(parameters_, [&](std::string_view name, std::string_view value) { writer.member(name, value); });
  writer.end_object();
}

template <class Text>
void Jwk::print(json::BasicWriter<Text>& writer) const {
  writer.begin_object();
  for_each_member(parameters_, [&](std::string_view name, std::string_view value) { writer.member(name, value); });
  if (!kid_.empty()) writer.member("kid", kid_);
  writer.member("use", "sig").member("alg", wire_word(algorithm_)).end_object();
}

template void Jwk::print_bare(json::BasicWriter<std::string>&) const;
template void Jwk::print_bare(json::BasicWriter<WipedString>&) const;
template void Jwk::print(json::BasicWriter<std::string>&) const;
template void Jwk::print(json::BasicWriter<WipedString>&) const;

}  // namespace latchkey::protocol::jose
