#include "http/server/cached_body.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "http/field_text.h"

namespace latchkey::http {
namespace {

// Weak comparison (RFC 9110 section 8.8.3.2). Our tags have no comma in them, so splitting at commas is enough.
bool names_tag(std::string_view list, std::string_view tag) {
  while (true) {
    const std::size_t comma = list.find(',');
    std::string_view item = trim(list.substr(0, comma));
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == tag) return true;
    if (comma == list.npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_known_to(const Request& request, std::string_view etag) {
  for (const auto field : request.headers)
    if (is_same_name(field.name, "if-none-match") && names_tag(field.value, etag)) return true;
  return false;
}

CachedBody CachedBody::create(std::string bytes, std::string_view content_type, std::chrono::seconds max_age) {
  CachedBody cached;
  cached.etag_ = "\"" + to_base64url(crypto::sha256(as_bytes(bytes))) + "\"";
  cached.bytes_ = std::make_shared<const std::string>(std::move(bytes));
  cached.content_type_ = content_type;
  cached.cache_control_ = max_age.count() > 0 ? "public, max-age=" + std::to_string(max_age.count()) : "no-cache";
  return cached;
}

CachedBody CachedBody::create_immutable(std::string bytes, std::string_view content_type) {
  CachedBody cached = create(std::move(bytes), content_type, {});
  cached.cache_control_ = immutable_caching;
  return cached;
}

Response CachedBody::respond_to(const Request& request) const {
  Response response;
  response.headers.add("Cache-Control", cache_control_);
  response.headers.add("ETag", etag_);
  if (is_known_to(request, etag_)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", content_type_);
  response.body = bytes_;
  return response;
}

}  // namespace latchkey::http
