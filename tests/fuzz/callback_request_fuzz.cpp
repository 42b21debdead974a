// Links: session http
// parse_callback_request, which reads what anybody on this machine sends to the loopback port.
#include "session/callback_request.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view head = latchkey::fuzz::text_of(data, size);
  constexpr std::string_view host = "127.0.0.1:4711";
  const auto query = latchkey::session::parse_callback_request(head, host);
  if (!query) return 0;
  holds(head.starts_with("GET /callback?" + std::string(*query) + " HTTP/1.1\r\n"), "the query is the request line's");
  holds(query->find_first_of(" \r\n#") == query->npos, "a query has no spaces, line ends or fragment");
  holds(head.ends_with("\r\n\r\n"), "the head is complete and nothing follows it");
  holds(!latchkey::session::parse_callback_request(head, "127.0.0.1:4712"), "the host is looked at");
  holds(!latchkey::session::parse_callback_request(head.substr(0, head.size() - 1), host), "a cut head is refused");
  return 0;
}
