#include "protocol/status_list.h"

#include "base/base64url.h"
#include "protocol/deflate.h"
#include "protocol/jose/jwt.h"
#include "protocol/json_writer.h"

namespace latchkey::protocol {
namespace {

tl::unexpected<Error> refused(std::string_view why) { return fail(Code::invalid_token, why); }

Status check_times(const StatusListClaims& claims, Instant now) {
  if (claims.issued_at > now + limits::clock_skew) return refused("iat in the future");
  if (claims.expires_at + limits::clock_skew <= now) return refused("expired");
  return {};
}

Result<StatusListClaims> read_claims(const jose::Claims& claims, std::string_view uri, Instant now) {
  StatusListClaims read;
  TRY(const auto subject, claims.get_string("sub"));
  if (subject != uri) return refused("another list");
  read.uri = subject;
  TRY(read.issued_at, claims.get_time("iat"));
  // Optional in the draft, but a list without an end could be put back for ever.
  TRY(read.expires_at, claims.get_time("exp"));
  TRY_DO(check_times(read, now));
  const auto ttl = json::find_integer(claims.object(), "ttl");
  if (!ttl || (*ttl && (**ttl <= 0 || **ttl > limits::numeric_date_maximum))) return refused("ttl");
  read.ttl = std::chrono::seconds(ttl->value_or(0));
  return read;
}

Result<StatusList> read_list(const jose::Claims& claims) {
  const auto object = json::find_object(claims.object(), "status_list");
  if (!object || !*object) return refused("status_list");
  const auto bits = json::find_integer(**object, "bits");
  if (!bits || *bits != 1) return refused("bits");
  const auto text = json::get_string(**object, "lst");
  if (!text) return refused("lst");
  auto list = StatusList::parse(*text);
  if (!list) return refused("lst: " + list.error().detail);
  return list;
}

}  // namespace

Result<StatusList> StatusList::parse(std::string_view lst) {
  TRY(const Bytes packed, parse_base64url(lst));
  StatusList list(0);
  TRY(list.bytes_, decompress(packed, limits::status_list_bytes));
  return list;
}

Result<std::string> StatusList::print() const {
  TRY(const Bytes packed, compress(bytes_));
  return to_base64url(packed);
}

void StatusList::set(std::size_t index) {
  bytes_[index / 8] = static_cast<std::uint8_t>(bytes_[index / 8] | (1U << (index % 8)));
}

Result<bool> StatusList::is_set(std::int64_t index) const {
  if (index < 0 || static_cast<std::uint64_t>(index) >= size()) return fail(Code::not_found, "beyond the status list");
  const auto at = static_cast<std::size_t>(index);
  return (bytes_[at / 8] >> (at % 8) & 1U) != 0;
}

Result<std::string> print_status_list_claims(const StatusListClaims& claims, const StatusList& list) {
  TRY(const std::string packed, list.print());
  std::string text;
  json::Writer writer(text);
  writer.begin_object().member("sub", claims.uri);
  writer.member("iat", to_unix_seconds(claims.issued_at)).member("exp", to_unix_seconds(claims.expires_at));
  if (claims.ttl.count() > 0) writer.member("ttl", claims.ttl.count());
  writer.key("status_list").begin_object().member("bits", 1).member("lst", packed).end_object();
  writer.end_object();
  return text;
}

Result<VerifiedStatusList> verify_status_list(std::string_view token, const jose::Jwks& keys, std::string_view uri,
                                              Instant now) {
  const auto jws = jose::UnverifiedJws::parse(token);
  if (!jws) return refused(jws.error().detail);
  if (!typ_matches(jose::JwtUse::status_list, jws->header().typ)) return refused("typ");
  const auto* key = keys.find(jws->header().kid, jws->header().algorithm);
  if (key == nullptr) return fail(Code::not_found, "no key for the status list");
  const auto payload = jws->verify(key->key);
  if (!payload) return refused("signature");
  auto object = json::parse_object(*payload, {limits::jwt_bytes, limits::jwt_depth, limits::jwt_members});
  if (!object) return refused("payload");
  const jose::Claims claims(*std::move(object));
  TRY(auto read, read_claims(claims, uri, now));
  TRY(auto list, read_list(claims));
  return VerifiedStatusList{std::move(read), std::move(list)};
}

}  // namespace latchkey::protocol
