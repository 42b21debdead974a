// Requests and responses as plain values, for clients and servers alike (RFC 9110).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/wiping.h"
#include "http/address.h"
#include "http/headers.h"

namespace latchkey::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options };

// "GET". Methods are case-sensitive; any other word is none of ours.
std::string_view name_of(Method method);
std::optional<Method> parse_method(std::string_view text);

// Where a server puts a body that is too large to gather: it gets the bytes as they come, on the connection's thread,
// so it must be quick (a write to a file). Whoever holds it last lets it go, complete or not.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // A failure ends the request and the connection.
  virtual Status write(std::string_view piece) = 0;
};

// Bytes of a response that lie somewhere else and are read piece by piece while they are sent (a file).
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset`; never asked beyond size(). A failure ends the connection. Thread-safe.
  virtual Status read(std::uint64_t offset, MutableBytes out) const = 0;
};

struct Response;

// Where a client puts the body of an answer that is too large to hold: the head, then the bytes as they come, on the
// thread that sends. A failure ends the request and is what it fails with.
class BodyReceiver {
 public:
  virtual ~BodyReceiver() = default;
  // Once, before the first byte; never for an answer without a body. `head` has none yet.
  virtual Status begin(const Response& head) = 0;
  virtual Status write(std::string_view piece) = 0;
};

// A client fills `url`; a server is given `path`, `query`, `client` and `is_secure`.
struct Request {
  Method method = Method::get;
  std::string url;    // absolute: "https://id.example.com/token"; empty on the server's side
  std::string path;   // as sent, still percent-encoded: "/token"; starts with '/', or is "*" for OPTIONS
  WipedString query;  // without '?'; still percent-encoded; never log it
  Headers headers;
  WipedString body;
  std::shared_ptr<BodySink> sink;  // took the body, when the route has one (RouteOptions::open_sink)

  // For a client: sent instead of `body`, read as it goes.
  std::shared_ptr<const BodySource> body_source;
  // For a client: gets the answer's body instead of Response::body. Outlives the call.
  BodyReceiver* receiver = nullptr;

  Address client;          // the peer, or whom a trusted proxy named
  bool is_secure = false;  // came over TLS (to us, or to the trusted proxy as configured)
};

// Bytes of its own, wiped when it goes; or bytes many responses share and nothing ever changes (JWKS); or bytes that
// are read while they are sent. Clients never make the last.
using Body = std::variant<WipedString, std::shared_ptr<const std::string>, std::shared_ptr<const BodySource>>;

struct Response {
  int status = 200;
  Headers headers;
  Body body;

  // Empty for a source.
  std::string_view body_text() const;
  const BodySource* source() const;  // null: there is none
  std::uint64_t body_size() const;
};

// Content-Type: application/json.
Response json_response(int status, WipedString json);
// Content-Type as given, for instance "text/html; charset=utf-8".
Response text_response(int status, std::string_view content_type, WipedString text);
Response empty_response(int status);
// Location as given; `status` 303 unless the method and body are to be repeated (307).
Response redirect_response(std::string_view location, int status = 303);

// "Not Found"; the empty text for a status we do not know.
std::string_view reason_of(int status);

// What a client does that has the whole of an answer in memory: its body goes to `receiver`, if there is one. Fails: as
// that does.
Result<Response> hand_over(Response response, BodyReceiver* receiver);
// All of it. Fails: as reading does.
Result<WipedString> read_all(const BodySource& source);

}  // namespace latchkey::http
