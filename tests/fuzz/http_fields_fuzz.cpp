// Links: http_server
// Fields of requests that the server looks into: Cookie, X-Forwarded-For, Range, If-None-Match, and what stands in
// them. Every line of the input is one field of the name in question.
#include "http/cookie.h"
#include "http/server/byte_range.h"
#include "http/server/cached_body.h"
#include "http/server/guards.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::http;
using fuzz::holds;

namespace {

Headers lines_as(std::string_view name, std::string_view text) {
  Headers headers;
  while (!text.empty() && headers.size() < 16) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    headers.add(name, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return headers;
}

void check_cookies(std::string_view text) {
  Headers headers = lines_as("Cookie", text);
  // A copy: views end with the next change of the headers.
  const std::optional<std::string> found(find_cookie(headers, "__Host-session"));
  if (found) {
    holds(found->find(';') == found->npos, "a value ends at its cookie's end");
    holds(text.find("__Host-session=" + *found) != text.npos, "the value is as sent, under the whole name");
  }
  headers.add("cookie", "__Host-session=planted, by somebody else");
  holds(!found || *found == "planted, by somebody else" || !find_cookie(headers, "__Host-session"),
        "of two that differ none is taken");
  const auto printed = print_set_cookie({.name = "__Host-session", .value = text});
  if (!printed) return;
  const std::string_view value = std::string_view(*printed).substr(15);
  holds(value.substr(0, value.find(';')) == text, "a value that is printed ends where it ended");
  Headers sent;
  sent.add("Cookie", printed->substr(0, printed->find(';')));
  holds(find_cookie(sent, "__Host-session") == text, "and comes back");
}

void check_address(std::string_view text) {
  const auto address = Address::parse(text);
  if (address) {
    holds(Address::parse(to_string(*address)) == *address, "an address is printed as what it is");
    holds(AddressRange::parse(text)->contains(*address), "one address is a range");
    holds(!address->is_loopback() || !address->is_public(), "loopback is not public");
    holds(address->subscriber().subscriber() == address->subscriber(), "a subscriber is one");
  }
  const auto range = AddressRange::parse(text);
  holds(!range || range->contains(*Address::parse(text.substr(0, text.find('/')))), "a range holds its first address");
}

// What is ours to choose is the peer; what a stranger wrote before the proxy's own entry must not count.
void check_forwarded(std::string_view text) {
  static const Address proxy = Address::parse("10.0.0.1").value();
  static const Address stranger = Address::parse("203.0.113.7").value();
  static const AddressRange trusted[] = {AddressRange::parse("10.0.0.0/8").value()};
  Headers headers = lines_as("X-Forwarded-For", text);
  holds(client_address(stranger, headers, trusted) == stranger, "strangers name nobody");
  const Address named = client_address(proxy, headers, trusted);
  holds(named == proxy || !text.empty(), "nobody is named by nothing");
  headers.add("x-forwarded-for", to_string(stranger));
  holds(client_address(proxy, headers, trusted) == stranger, "the last that no proxy wrote itself");
}

void check_range(std::string_view text) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    const AskedRange asked = parse_range(text, size);
    const auto* const range = std::get_if<ByteRange>(&asked);
    if (range == nullptr) continue;
    holds(range->first <= range->last && range->last < size, "a range within the body");
    const std::string canonical = "bytes=" + std::to_string(range->first) + "-" + std::to_string(range->last);
    holds(parse_range(canonical, size) == asked, "the range that was taken is one");
  }
  holds(text.starts_with("bytes=") || parse_range(text, 1000) == AskedRange(WholeBody{}), "bytes only");
}

void check_tags(std::string_view text) {
  Request request;
  request.headers = lines_as("If-None-Match", text);
  holds(!is_known_to(request, "\"tag\"") || text.find("\"tag\"") != text.npos || text.find('*') != text.npos,
        "a tag is known only if it is named");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_cookies(text);
  check_address(text);
  check_forwarded(text);
  check_range(text);
  check_tags(text);
  return 0;
}
