// Links: protocol
// uri::Uri, normalising, and the matching of redirect URIs. The input is one URI, or two with a newline between them.
#include "protocol/redirect_uri.h"
#include "protocol/uri.h"
#include "tests/fuzz/property.h"

namespace uri = latchkey::protocol::uri;
using latchkey::fuzz::holds;

namespace {

void check_accepted(std::string_view text, const uri::Uri& parsed) {
  holds(parsed.text() == text, "the text is kept");
  for (const char c : text)
    holds(c > 0x20 && c < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>', "only URI characters");
  if (!parsed.is_http()) return;
  holds(!parsed.host().empty(), "http has a host");
  const std::string normal = parsed.normalised_without_query();
  const auto again = uri::Uri::parse(normal);
  holds(again && !again->query() && !again->has_fragment(), "the normal form is a URI without query");
  holds(again->normalised_without_query() == normal, "normalising settles");
  holds(again->origin() == parsed.origin(), "normalising keeps the origin");
  holds(normal.find("/../") == std::string::npos, "no dot segments are left");
}

void check_registrable(std::string_view text) {
  if (!uri::check_redirect_uri(text)) return;
  const auto parsed = uri::Uri::parse(text);
  holds(parsed && !parsed->has_fragment() && !parsed->has_userinfo(), "registrable: no fragment, no user");
  holds(parsed->scheme() != "javascript" && parsed->scheme() != "data", "registrable: no script");
  holds(parsed->scheme() != "http" || parsed->is_loopback(), "registrable: http on loopback only");
}

void check_match(std::string_view registered, std::string_view requested) {
  if (!uri::redirect_uri_matches(registered, requested) || registered == requested) return;
  const auto left = uri::Uri::parse(registered), right = uri::Uri::parse(requested);
  holds(left && right, "unequal texts match only as URIs");
  holds(left->is_loopback_address() && right->is_loopback_address(), "only loopback addresses vary");
  holds(left->host() == right->host() && left->path() == right->path() && left->query() == right->query(),
        "only in the port");
  holds(left->scheme() == "http" && right->scheme() == "http", "only over http");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  if (const auto parsed = uri::Uri::parse(text)) check_accepted(text, *parsed);
  check_registrable(text);
  if (const std::size_t line = text.find('\n'); line != std::string_view::npos)
    check_match(text.substr(0, line), text.substr(line + 1));
  const auto decoded = uri::percent_decode(uri::percent_encode(text));
  holds(decoded.has_value() == (text.find('\0') == std::string_view::npos), "percent codes take all but NUL");
  holds(!decoded || *decoded == text, "percent codes come back");
  return 0;
}
