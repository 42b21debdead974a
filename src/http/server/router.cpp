#include "http/server/router.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

namespace latchkey::http {
namespace {

constexpr std::array all_methods{Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_};

struct Route {
  Handler handler;
  RouteOptions options;
};

bool has_cors(const Cors& cors) { return cors.is_for_any_origin || cors.allows; }

// Access-Control-Allow-Origin when the page's origin may read this; Vary whenever the answer depends on the origin.
bool grant_origin(const Cors& cors, const Request& request, Response& response) {
  if (cors.is_for_any_origin) {
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    return true;
  }
  response.headers.add("Vary", "Origin");
  const auto origin = request.headers.find("origin");
  if (!origin || request.headers.count("origin") != 1 || !cors.allows || !cors.allows(*origin)) return false;
  response.headers.set("Access-Control-Allow-Origin", *origin);
  return true;
}

Task<Response> with_cors(Task<Response> task, const Cors& cors, const Request& request) {
  Response response = co_await std::move(task);
  if (grant_origin(cors, request, response) && !cors.exposed_headers.empty())
    response.headers.set("Access-Control-Expose-Headers", cors.exposed_headers);
  co_return response;
}

// Cuts the first segment off "/a/b".
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool fits_pattern(std::string_view path, std::string_view pattern) {
  while (path.starts_with('/') && pattern.starts_with('/')) {
    const std::string_view wanted = take_segment(pattern);
    if (wanted.ends_with("...}")) return path.size() > 1;
    const std::string_view segment = take_segment(path);
    if (wanted.starts_with('{') ? segment.empty() : segment != wanted) return false;
  }
  return path.empty() && pattern.empty();
}

Task<Response> ready(Response response) { co_return response; }

WipedString reason_text(int status) { return WipedString(reason_of(status)).append("\n"); }

Response plain_response(int status) { return text_response(status, "text/plain; charset=utf-8", reason_text(status)); }

}  // namespace

struct Router::Path {
  std::string path;
  std::array<std::optional<Route>, 7> routes;  // by Method

  std::optional<Route>& at(Method method) { return routes[static_cast<std::size_t>(method)]; }
  const Route* find(Method method) const {
    const auto& route = routes[static_cast<std::size_t>(method)];
    if (route) return &*route;
    return method == Method::head ? find(Method::get) : nullptr;
  }
  std::string allow() const {
    std::string text;
    for (const Method method : all_methods)
      if (find(method) != nullptr) text.append(name_of(method)).append(", ");
    return text.append(name_of(Method::options));
  }
};

namespace {

// RFC 9110 section 9.3.7 and, for a browser's preflight, the Fetch standard's CORS protocol.
template <class Path>
Response answer_options(const Path& path, const Request& request) {
  Response response = empty_response(204);
  response.headers.add("Allow", path.allow());
  const auto wanted = request.headers.find("access-control-request-method");
  const auto method = wanted ? parse_method(*wanted) : std::nullopt;
  const Route* route = method ? path.find(*method) : nullptr;
  if (route == nullptr || !has_cors(route->options.cors)) return response;
  const Cors& cors = route->options.cors;
  if (!grant_origin(cors, request, response)) return response;
  response.headers.add("Access-Control-Allow-Methods", name_of(*method));
  if (!cors.request_headers.empty()) response.headers.add("Access-Control-Allow-Headers", cors.request_headers);
  response.headers.add("Access-Control-Max-Age", "600");
  return response;
}

}  // namespace

Cors Cors::any_origin() {
  Cors cors;
  cors.is_for_any_origin = true;
  return cors;
}

Router::Router() = default;
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string path, Handler handler, RouteOptions options) {
  auto at = std::lower_bound(paths_.begin(), paths_.end(), path,
                             [](const auto& known, const std::string& wanted) { return known->path < wanted; });
  if (at == paths_.end() || (*at)->path != path)
    at = paths_.insert(at, std::make_unique<Path>(Path{.path = std::move(path), .routes = {}}));
  assert(!(*at)->at(method) && "two handlers for one route");
  (*at)->at(method) = Route{std::move(handler), std::move(options)};
}

void Router::add_pattern(Method method, std::string pattern, Handler handler, RouteOptions options) {
  auto at = std::find_if(patterns_.begin(), patterns_.end(), [&](const auto& known) { return known->path == pattern; });
  if (at == patterns_.end())
    at = patterns_.insert(at, std::make_unique<Path>(Path{.path = std::move(pattern), .routes = {}}));
  assert(!(*at)->at(method) && "two handlers for one route");
  (*at)->at(method) = Route{std::move(handler), std::move(options)};
}

const Router::Path* Router::find(std::string_view path) const {
  const auto at = std::lower_bound(paths_.begin(), paths_.end(), path,
                                   [](const auto& known, std::string_view wanted) { return known->path < wanted; });
  if (at != paths_.end() && (*at)->path == path) return at->get();
  const auto fits = std::find_if(patterns_.begin(), patterns_.end(),
                                 [path](const auto& known) { return fits_pattern(path, known->path); });
  return fits != patterns_.end() ? fits->get() : nullptr;
}

const RouteOptions* Router::find_options(Method method, std::string_view path) const {
  const Path* known = find(path);
  const Route* route = known == nullptr ? nullptr : known->find(method);
  return route == nullptr ? nullptr : &route->options;
}

Task<Response> Router::handle(const Request& request) const {
  const Path* path = find(request.path);
  if (path == nullptr) return ready(request.path == "*" ? empty_response(204) : plain_response(404));
  if (const Route* route = path->find(request.method); route != nullptr) {
    Task<Response> task = route->handler(request);
    if (!has_cors(route->options.cors)) return task;
    return with_cors(std::move(task), route->options.cors, request);
  }
  if (request.method == Method::options) return ready(answer_options(*path, request));
  Response response = plain_response(405);
  response.headers.add("Allow", path->allow());
  return ready(std::move(response));
}

std::size_t Router::body_limit(Method method, std::string_view path) const {
  const RouteOptions* options = find_options(method, path);
  return options == nullptr ? protocol::limits::request_body : options->max_body_bytes;
}

const SinkOpener* Router::find_sink(Method method, std::string_view path) const {
  const RouteOptions* options = find_options(method, path);
  return options == nullptr || !options->open_sink ? nullptr : &options->open_sink;
}

std::vector<std::string_view> path_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

}  // namespace latchkey::http
