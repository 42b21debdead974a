// Prints responses as HTTP/1.1 bytes into a buffer that is used again and wiped in between.
#pragma once

#include <string_view>

#include "base/wiping.h"
#include "http/message.h"
#include "http/server/guards.h"

namespace latchkey::http {

enum class Persistence { keep_alive, close };
enum class BodyBytes { sent, left_out };  // left out in answers to HEAD; Content-Length stays

struct Printing {
  const SecurityHeaders& security;
  std::string_view date;  // as in the Date field
  Persistence persistence = Persistence::keep_alive;
  BodyBytes body = BodyBytes::sent;
};

// Bodies up to this size are copied behind the head, so that one write sends all; larger ones are sent from where they
// are.
inline constexpr std::size_t copied_body = 16 * 1024;

// Appends the head, and the body when it is small. Gives what is to be sent after it: empty, or the large body (a view
// into `response`). A BodySource is the caller's to read and send. Content-Length, Connection, Date and
// Transfer-Encoding are ours: a handler's are left out. A response with a control character in a field, or an
// impossible status, is a bug of its handler and is printed as an empty 500 instead: it could split the response.
std::string_view print_response(const Response& response, const Printing& how, WipedString& to);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string print_http_date(std::int64_t unix_seconds);

}  // namespace latchkey::http
