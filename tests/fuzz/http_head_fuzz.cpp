// Links: http_server
// The bytes of a connection as the server reads them: scanner, head check, Beast's parser, chunk check. The same bytes
// in different pieces must give the same verdict; what was accepted must keep the promises the rest of the server
// relies on.
#include <optional>

#include "http/server/head_check.h"
#include "http/server/request_parser.h"
#include "protocol/limits.h"
#include "tests/fuzz/property.h"

namespace {

using namespace latchkey;
using namespace latchkey::http;
using latchkey::fuzz::holds;

struct Verdict {
  enum class Outcome { incomplete, refused, accepted } outcome = Outcome::incomplete;
  std::string text;  // of what was accepted

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

const Verdict refused{Verdict::Outcome::refused, {}};

Verdict read_body(RequestParser& parser, const Request& request, std::string_view rest, std::size_t piece) {
  std::size_t taken = 0;
  for (std::size_t size = 0; !parser.is_done();) {
    if (size == rest.size()) return {};
    size = std::min(size + piece, rest.size());
    const auto fed = parser.feed(rest.substr(taken, size - taken));
    if (!fed) return refused;
    taken += *fed;
    holds(taken <= size, "no byte is taken before it came");
  }
  return {Verdict::Outcome::accepted, request.path + "?" + std::string(request.query) + "\n" +
                                          std::string(request.body) + std::string(rest.substr(taken))};
}

Verdict read_request(std::string_view bytes, std::size_t piece) {
  HeadScanner scanner;
  std::optional<std::size_t> head_size;
  for (std::size_t size = 0; !head_size;) {
    if (size == bytes.size()) return {};
    size = std::min(size + piece, bytes.size());
    const auto found = scanner.scan(bytes.substr(0, size));
    if (!found) return refused;
    head_size = *found;
  }
  const std::string_view raw = bytes.substr(0, *head_size);
  const auto head = check_head(raw);
  if (!head) return refused;
  holds(head->path.starts_with('/') || head->path == "*", "paths are absolute");
  RequestParser parser;
  Request request;
  if (const auto begun = parser.begin(*head, raw, protocol::limits::request_body, request); !begun) {
    // Beast may refuse more than we do, but never for reading the head as another request.
    holds(begun.error().reason != "the parser reads the head differently", "one reading of a head");
    return refused;
  }
  holds(request.headers.size() <= protocol::limits::request_fields, "fields are bounded");
  holds(request.headers.count("host") <= 1, "one Host");
  return read_body(parser, request, bytes.substr(*head_size), piece);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const Verdict whole = read_request(bytes, bytes.size() + 1);
  holds(read_request(bytes, 1) == whole, "pieces of one byte change nothing");
  holds(read_request(bytes, 7) == whole, "pieces of seven bytes change nothing");
  return 0;
}
