// Judges the raw head of a request before the parser sees it. Everything that two HTTP implementations have been known
// to read differently is refused, so that no request can hide in another (request smuggling). RFC 9112; where the RFC
// leaves a choice between repairing and refusing, this refuses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "http/message.h"

namespace latchkey::http {

// The response to a request that is not read any further; the connection ends with it.
struct Refusal {
  int status;
  std::string_view reason;  // a fixed text, for the log
};

// Finds where a head ends while its bytes come in; never looks at a byte twice.
class HeadScanner final {
 public:
  // `received` is everything since the head's first byte, this time and before. Gives the size of the head with its
  // empty line, or nothing yet. Refuses: a line that ends in a bare LF, an empty first line, lines and heads past their
  // limits.
  tl::expected<std::optional<std::size_t>, Refusal> scan(std::string_view received);
  void reset() { *this = {}; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_begin_ = 0;
};

enum class Framing : std::uint8_t { no_body, content_length, chunked };

// Views into the head that was checked.
struct Head {
  Method method = Method::get;
  std::string_view path;
  std::string_view query;
  Framing framing = Framing::no_body;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  bool is_http_1_0 = false;
};

// `head` is what the scanner found, with its empty line.
tl::expected<Head, Refusal> check_head(std::string_view head);

}  // namespace latchkey::http
