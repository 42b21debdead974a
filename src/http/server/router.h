// Which handler answers which path. One function of a server composes all its routes; nothing registers itself.
//
//   Router routes;
//   routes.add(Method::get, "/.well-known/openid-configuration", discovery, {.cors = Cors::any_origin()});
//   routes.add(Method::post, "/token", token, {.cors = browser_clients});
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/server/task.h"
#include "protocol/limits.h"

namespace latchkey::http {

// Answers one request. The request outlives the task. Called on many threads at once.
using Handler = std::function<Task<Response>(const Request&)>;

// Which pages in browsers may call a route from another origin. Credentials (cookies) are never allowed with it.
struct Cors {
  // Empty: no other origin. Called on many threads with the Origin field as sent; must answer from memory.
  std::function<bool(std::string_view origin)> allows;
  std::string request_headers = "authorization, content-type, dpop";  // that a page may send
  std::string exposed_headers = "dpop-nonce, www-authenticate";       // that a page may read

  // For documents anybody may read (discovery, JWKS): "Access-Control-Allow-Origin: *".
  static Cors any_origin();
  bool is_for_any_origin = false;
};

// Decides, before a body is read, whether and where to it may come: the place, or the answer that refuses it. Sees the
// head of the request, which outlives the task.
using SinkOrAnswer = tl::expected<std::shared_ptr<BodySink>, Response>;
using SinkOpener = std::function<Task<SinkOrAnswer>(const Request&)>;

struct RouteOptions {
  std::size_t max_body_bytes = protocol::limits::request_body;  // more is refused as 413 before it is read
  Cors cors = {};
  SinkOpener open_sink = {};  // for large bodies, not of GET: Request::body stays empty, Request::sink got it
};

// Complete before the first request, constant from then on: handle() and body_limit() are thread-safe.
class Router final {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // `path` is exact: no normalisation, compared with the path as sent. GET also answers HEAD. Adding the same method
  // and path twice is a bug (asserted).
  void add(Method method, std::string path, Handler handler, RouteOptions options = {});

  // As add(), for a pattern: a segment "{name}" stands for any one segment that is not empty, and a last segment
  // "{name...}" for all that follow, at least one. Exact paths win over patterns, and patterns are tried in the order
  // they were added. The handler takes the path apart itself: path_segments().
  void add_pattern(Method method, std::string pattern, Handler handler, RouteOptions options = {});

  // 404 for an unknown path; 405 with Allow for an unknown method; OPTIONS answers 204 with Allow, and CORS preflights.
  // HEAD keeps the body and its Content-Length: the connection leaves the bytes out.
  Task<Response> handle(const Request& request) const;

  // How many body bytes a request for this route may have; the usual limit when nothing is there, so that it is
  // answered with 404 or 405.
  std::size_t body_limit(Method method, std::string_view path) const;
  // Null: the body is gathered.
  const SinkOpener* find_sink(Method method, std::string_view path) const;

 private:
  struct Path;
  using Paths = std::vector<std::unique_ptr<Path>>;
  const Path* find(std::string_view path) const;
  const RouteOptions* find_options(Method method, std::string_view path) const;

  Paths paths_;     // sorted by path
  Paths patterns_;  // in the order they were added
};

// "/v1/apps/x" -> v1, apps, x. Views into `path`; nothing is decoded.
std::vector<std::string_view> path_segments(std::string_view path);

}  // namespace latchkey::http
