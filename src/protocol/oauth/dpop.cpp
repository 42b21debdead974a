#include "protocol/oauth/dpop.h"

#include "base/base64url.h"
#include "crypto/constant_time.h"
#include "crypto/digest.h"
#include "protocol/json_writer.h"
#include "protocol/oauth/wire.h"
#include "protocol/uri.h"

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view dpop_typ = "dpop+jwt";

tl::unexpected<Error> refused_proof(std::string_view check) { return fail(Code::invalid_dpop_proof, check); }

template <class T>
Result<T> as_proof_error(Result<T> read) {
  if (!read) return refused_proof(read.error().detail);
  return read;
}

std::string access_token_hash(std::string_view token) { return to_base64url(crypto::sha256(as_bytes(token))); }

// The URL without query and fragment, as it stands (RFC 9449 section 4.2).
Result<std::string_view> target_uri(std::string_view url) {
  const auto parsed = uri::Uri::parse(url);
  if (!parsed || !parsed->is_http() || parsed->has_userinfo()) return fail(Code::invalid_argument, "URL");
  return url.substr(0, url.find_first_of("?#"));
}

bool is_text_within(const std::optional<std::string_view>& text, std::size_t max) {
  return text && !text->empty() && text->size() <= max && is_visible_ascii(*text);
}

using ProofKeyPtr = std::shared_ptr<const ProofKey>;

Result<ProofKeyPtr> read_key(std::string_view encoded_header) {
  TRY(const auto header, as_proof_error(jose::parse_jws_header(encoded_header, jose::EmbeddedKey::required)));
  if (header.typ != dpop_typ) return refused_proof("typ");
  TRY(auto key, as_proof_error(header.jwk->import()));
  return std::make_shared<const ProofKey>(std::move(key), header.jwk->thumbprint());
}

Status check_target(const json::Value& payload, const DpopExpectation& expected) {
  TRY(const auto method, json::get_string(payload, "htm"));
  if (method != expected.method) return refused_proof("htm");
  TRY(const auto url, json::get_string(payload, "htu"));
  if (url == expected.url) return {};  // as most write it
  // RFC 9449 section 4.3 point 9: query and fragment are ignored.
  const auto named = uri::Uri::parse(url), wanted = uri::Uri::parse(expected.url);
  if (!named || !named->is_http() || named->has_userinfo() || !wanted) return refused_proof("htu");
  if (named->normalised_without_query() != wanted->normalised_without_query()) return refused_proof("htu");
  return {};
}

Status check_access_token(const json::Value& payload, const DpopExpectation& expected) {
  TRY(const auto hash, json::find_string(payload, "ath"));
  if (!expected.access_token) return {};
  if (!hash) return refused_proof("ath is missing");
  if (!crypto::equal(*hash, access_token_hash(*expected.access_token))) return refused_proof("ath");
  return {};
}

Result<DpopProof> read_proof(const json::Value& payload, const DpopExpectation& expected, Instant now) {
  DpopProof proof;
  TRY(const auto jti, json::find_string(payload, "jti"));
  if (!is_text_within(jti, limits::dpop_jti_bytes)) return refused_proof("jti");
  proof.jti = *jti;
  TRY(const auto nonce, json::find_string(payload, "nonce"));
  if (nonce && !is_text_within(nonce, limits::dpop_nonce_bytes)) return refused_proof("nonce");
  if (nonce) proof.nonce = std::string(*nonce);
  TRY(const auto seconds, json::get_integer(payload, "iat"));
  if (seconds < 0 || seconds > limits::numeric_date_maximum) return refused_proof("iat");
  proof.issued_at = from_unix_seconds(seconds);
  proof.fresh_until = proof.issued_at + expected.age;
  if (proof.fresh_until <= now) return refused_proof("iat is too old");
  if (proof.issued_at > now + expected.skew) return refused_proof("iat is in the future");
  return proof;
}

}  // namespace

DpopProver::DpopProver(const crypto::SigningKey& key)
    : signer_(key, {std::string(dpop_typ), "", jose::EmbeddedKey::required}),
      thumbprint_(jose::Jwk::of(key).thumbprint()) {}

Result<WipedString> DpopProver::prove(const DpopTarget& target, const ByteArray<16>& jti, Instant now) const {
  TRY(const auto url, target_uri(target.url));
  std::string payload;
  json::Writer writer(payload);
  writer.begin_object().member("jti", to_base64url(jti)).member("htm", target.method).member("htu", url);
  writer.member("iat", to_unix_seconds(now));
  if (target.access_token) writer.member("ath", access_token_hash(*target.access_token));
  writer.member("nonce", target.nonce).end_object();
  return signer_.sign(payload);
}

Result<DpopProof> verify_dpop_proof(std::string_view header, const DpopExpectation& expected, Instant now,
                                    ProofKeyCache* cache) {
  if (header.size() > limits::dpop_proof_bytes) return refused_proof("too long");
  TRY(const auto jws, as_proof_error(jose::CompactJws::split(header)));
  ProofKeyPtr key = cache != nullptr ? cache->find(jws.header) : nullptr;
  const bool is_known = key != nullptr;
  if (!is_known) {
    TRY(key, read_key(jws.header));
  }
  TRY(const WipedString text, as_proof_error(jws.verify(key->key)));
  // Kept only now: whoever has no private key must not be able to push others' keys out.
  if (cache != nullptr && !is_known) cache->keep(jws.header, key);
  TRY(const json::Value payload,
      as_proof_error(json::parse_object(text, {limits::dpop_proof_bytes, limits::jwt_depth, limits::jwt_members})));
  TRY_DO(as_proof_error(check_target(payload, expected)));
  TRY_DO(as_proof_error(check_access_token(payload, expected)));
  TRY(DpopProof proof, as_proof_error(read_proof(payload, expected, now)));
  proof.thumbprint = key->thumbprint;
  return proof;
}

}  // namespace latchkey::protocol::oauth
