// Which part of a body a request asks for (RFC 9110 section 14): one range at most. Several ranges, other units and
// malformed fields are ignored, as the RFC allows: the whole is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "http/message.h"

namespace latchkey::http {

struct WholeBody {
  friend bool operator==(const WholeBody&, const WholeBody&) = default;
};
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::uint64_t size() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};
struct NoSuchRange {
  friend bool operator==(const NoSuchRange&, const NoSuchRange&) = default;
};
using AskedRange = std::variant<WholeBody, ByteRange, NoSuchRange>;

// `field` is the value of Range, `size` that of the whole body.
AskedRange parse_range(std::string_view field, std::uint64_t size);

// Looks at Range and If-Range; the latter must be `etag` itself, a strong one (RFC 9110 section 13.1.5).
AskedRange find_range(const Request& request, std::string_view etag, std::uint64_t size);

// 200, 206 or 416 with Accept-Ranges and Content-Range, without body, for a whole of `size` bytes.
Response describe_range(const AskedRange& asked, std::uint64_t size);

// 200, 206 or 416 with Accept-Ranges, Content-Range and the bytes of `whole` that were asked for; the caller adds ETag
// and the like.
Response range_response(const AskedRange& asked, std::shared_ptr<const BodySource> whole);

}  // namespace latchkey::http
