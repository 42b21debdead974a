// Links: http_client update
// What a client reads before and beside a response's body: URLs it is told to fetch, lines of the head, Retry-After,
// Date, Age, pins of keys. Every parser gets the input.
#include "http/address.h"
#include "http/client/field_syntax.h"
#include "http/client/pinned_keys.h"
#include "http/client/request_url.h"
#include "protocol/uri.h"
#include "tests/fuzz/property.h"
#include "update/clock_hint.h"
#include "update/fetcher.h"

using namespace latchkey;
using namespace latchkey::http;
using fuzz::holds;

namespace {

// The host without the brackets of IPv6.
std::string_view bare(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

void check_url(const std::string& text) {
  const auto url = RequestUrl::parse(text);
  if (!url) return;
  holds(text.size() <= 8192 && text.find_first_of(" \r\n\t") == text.npos, "nothing splits the request line");
  holds(!url->host().empty(), "there is a host");
  const auto address = Address::parse(bare(url->host()));
  const bool is_loopback = url->host() == "localhost" || (address && address->is_loopback());
  holds(text.starts_with("https://") || is_loopback, "nothing goes out in the clear");
  // What our own reader of URIs, which decides whom to trust, takes for one host must not be another one for curl.
  const auto uri = protocol::uri::Uri::parse(text);
  if (!uri || !uri->is_http()) return;
  holds(!uri->has_userinfo(), "no user name is sent");
  const auto same = Address::parse(bare(uri->host()));
  holds(!same || (address && *address == *same), "one address for both readers");
  holds(!uri->is_loopback() || is_loopback, "one loopback for both readers");
}

void check_line(std::string_view line) {
  const auto field = parse_field(line);
  if (!field) return;
  holds(is_field_name(field->name) && is_field_value(field->value), "only what a field is made of");
  holds(line.starts_with(field->name), "a name stands at the front");
  holds(field->value.find_first_of("\r\n") == field->value.npos, "no line ends within");
  const std::string printed = std::string(field->name) + ": " + std::string(field->value) + "\r\n";
  const auto again = parse_field(printed);
  holds(again && again->name == field->name && again->value == field->value, "a field is read as it is printed");
}

void check_retry_after(std::string_view text) {
  Headers headers;
  headers.add("retry-after", text);
  const auto wait = update::parse_retry_after(headers);
  holds(wait.count() >= 0 && wait.count() <= std::numeric_limits<std::uint32_t>::max(), "waits are bounded");
  holds(wait.count() == 0 || text.find_first_not_of("0123456789") == text.npos, "seconds, nothing else");
  const update::Backoff backoff;
  holds(backoff.delay(3, 0.5, wait) <= backoff.most, "no server puts a device to sleep for longer");
}

void check_host_time(std::string_view text) {
  Headers headers;
  headers.add("Date", text);
  const auto date = update::find_host_time(headers);
  const Instant last = from_unix_seconds(253'402'300'800);  // the year 10000
  holds(!date || (*date >= Instant() && *date <= last), "a time of four-digit years");
  headers.add("Age", text);
  const auto aged = update::find_host_time(headers);
  holds(aged.has_value() == date.has_value() && (!date || *aged == *date), "a date is no age");
  Headers cached;
  cached.add("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
  cached.add("Age", text);
  const auto age = *update::find_host_time(cached) - from_unix_seconds(784'111'777);
  holds(age.count() >= 0 && age <= std::chrono::seconds(std::numeric_limits<std::uint32_t>::max()), "ages are bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_url(std::string(text));
  check_line(text);
  check_retry_after(text);
  check_host_time(text);
  if (const auto pin = KeyPin::parse(text)) holds(pin->text() == text, "one text per pin");
  return 0;
}
