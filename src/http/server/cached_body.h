// A response made once and sent many times: JWKS, discovery, assets. Nothing is copied or hashed per request.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace latchkey::http {

inline constexpr std::string_view immutable_caching = "public, max-age=31536000, immutable";  // RFC 8246

class CachedBody final {
 public:
  // The ETag is the SHA-256 of `bytes`. `max_age` zero: "no-cache", so that each use asks whether it still holds.
  static CachedBody create(std::string bytes, std::string_view content_type, std::chrono::seconds max_age);

  // For what never changes under its name (the name has its hash or version): a year, and never asked for again.
  static CachedBody create_immutable(std::string bytes, std::string_view content_type);

  // 200 with the bytes, or 304 when If-None-Match names them (RFC 9110 section 13.1.2).
  Response respond_to(const Request& request) const;

  const std::string& bytes() const { return *bytes_; }
  const std::string& etag() const { return etag_; }

 private:
  CachedBody() = default;

  std::shared_ptr<const std::string> bytes_;
  std::string etag_;
  std::string content_type_;
  std::string cache_control_;
};

// Whether If-None-Match names `etag`: then 304 is the answer (RFC 9110 section 13.1.2).
bool is_known_to(const Request& request, std::string_view etag);

}  // namespace latchkey::http
