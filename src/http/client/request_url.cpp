#include "http/client/request_url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "protocol/limits/client.h"

namespace latchkey::http {
namespace {

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// curl has normalised every way of writing an IPv4 address to four decimal numbers.
bool is_loopback_ipv4(std::string_view host) {
  int numbers = 0;
  int first = -1;
  while (true) {
    int number = 0;
    const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), number);
    if (error != std::errc() || number < 0 || number > 255) return false;
    if (numbers++ == 0) first = number;
    host.remove_prefix(static_cast<std::size_t>(end - host.data()));
    if (host.empty()) break;
    if (host.front() != '.') return false;
    host.remove_prefix(1);
  }
  return numbers == 4 && first == 127;
}

// curl resolves "localhost" to loopback by itself (RFC 6761 section 6.3), whatever the resolver says.
bool is_loopback(std::string_view host) { return host == "localhost" || host == "[::1]" || is_loopback_ipv4(host); }

}  // namespace

Result<RequestUrl> RequestUrl::parse(const std::string& text) {
  if (text.size() > protocol::limits::request_url_bytes || !is_printable(text))
    return fail(Code::invalid_argument, "not a URL that can be sent");
  Handle handle(curl_url());
  if (!handle) return fail(Code::internal, "out of memory");
  // The exact prefix keeps curl from reading "https:/x" or "HTTPS:x" its own lenient way.
  const bool is_https = text.starts_with("https://");
  if (!is_https && !text.starts_with("http://"))
    return fail(Code::invalid_argument, "the URL is neither https nor http");
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) != CURLUE_OK)
    return fail(Code::invalid_argument, "the URL cannot be parsed");
  std::string host = part_of(handle.get(), CURLUPART_HOST);
  if (host.empty()) return fail(Code::invalid_argument, "the URL has no host");
  if (!is_https && !is_loopback(host)) return fail(Code::http_not_allowed, "plain http to a host that is not loopback");
  return RequestUrl(std::move(handle), std::move(host));
}

}  // namespace latchkey::http
