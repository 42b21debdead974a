// Absolute URIs (RFC 3986), strictly: ASCII only, no white space or controls, percent codes complete, at most
// limits::uri_bytes. The text is kept as given: comparing redirect URIs is comparing strings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::protocol::uri {

class Uri final {
 public:
  // Fails: invalid_format, input_too_large.
  static Result<Uri> parse(std::string_view text);

  const std::string& text() const { return text_; }
  const std::string& scheme() const { return scheme_; }  // lower case
  bool has_authority() const { return has_authority_; }
  bool has_userinfo() const { return has_userinfo_; }
  const std::string& host() const { return host_; }  // lower case; IPv6 in its brackets; empty without authority
  std::optional<std::uint16_t> port() const { return port_; }
  // The written port or the scheme's own; 0 when there is none.
  std::uint16_t effective_port() const;
  std::string_view path() const { return cut(path_); }  // as written, "" when empty
  std::optional<std::string_view> query() const;        // without '?'
  bool has_fragment() const { return fragment_.has_value(); }

  bool is_http() const { return scheme_ == "http" || scheme_ == "https"; }
  // The host is 127.0.0.0/8 in dotted form, [::1] or localhost. Says nothing about what a name resolves to.
  bool is_loopback() const;
  // The host is a loopback address, not a name (RFC 8252 section 7.3).
  bool is_loopback_address() const;

  // "https://host" or "https://host:port", default ports left out. Only for http(s).
  std::string origin() const;
  // The text up to the query: what a DPoP `htu` names. Normalised as RFC 9449 section 4.3 point 9 asks (RFC 3986
  // sections 6.2.2, 6.2.3): scheme and host in lower case, default port left out, empty path as "/", percent codes in
  // upper case, unreserved characters decoded, dot segments removed.
  std::string normalised_without_query() const;

 private:
  struct Range {
    std::size_t begin = 0, size = 0;
  };
  std::string_view cut(Range range) const { return std::string_view(text_).substr(range.begin, range.size); }

  std::string text_, scheme_, host_;
  bool has_authority_ = false, has_userinfo_ = false;
  std::optional<std::uint16_t> port_;
  Range path_;
  std::optional<Range> query_, fragment_;
  friend class Parser;
};

// Percent codes for one component: all but unreserved characters (RFC 3986 section 2.3). Wiped: a password
// in a query is encoded too.
WipedString percent_encode(std::string_view text);
// Fails: invalid_format on an incomplete code or on NUL. '+' stays '+'.
Result<std::string> percent_decode(std::string_view text);

// `base` with `query` (already encoded) appended behind '?' or '&'; a fragment is not expected in `base`.
WipedString with_query(std::string_view base, std::string_view query);

// An issuer: https, or http on a loopback host; no query, fragment or userinfo (RFC 8414 section 2). Fails:
// invalid_format, http_not_allowed.
Status check_issuer(std::string_view text);

// Where this server may post things: https with a host, or http on a loopback host; no fragment, no userinfo. Fails:
// invalid_argument with the reason.
Status check_service_url(std::string_view text);

}  // namespace latchkey::protocol::uri
