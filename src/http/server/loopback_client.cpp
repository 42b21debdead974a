#include "http/server/loopback_client.h"

#include "http/server/guards.h"

namespace latchkey::http {
namespace {

struct Parts {
  bool is_https;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};

Result<Parts> split(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme_end == url.npos || (scheme != "http" && scheme != "https"))
    return fail(Code::invalid_argument, "not an absolute http or https URL");
  std::string_view rest = url.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const std::size_t query = std::min(rest.find('?'), rest.size());
  if (path == 0) return fail(Code::invalid_argument, "URL without a host");
  return Parts{scheme == "https", rest.substr(0, path), path == query ? "/" : rest.substr(path, query - path),
               rest.substr(std::min(query + 1, rest.size()))};
}

// What a connection does with a body that is not gathered.
Result<Response> answer(const Router& router, Request& request) {
  if (const SinkOpener* opener = router.find_sink(request.method, request.path)) {
    SinkOrAnswer opened = sync_wait((*opener)(request));
    if (!opened) return std::move(opened).error();
    request.sink = *std::move(opened);
    TRY_DO(request.sink->write(request.body));
    request.body.clear();
  }
  return sync_wait(router.handle(request));
}

// Clients see the bytes themselves.
Status read_source(Response& response) {
  if (response.source() == nullptr) return {};
  TRY(WipedString bytes, read_all(*response.source()));
  response.body = std::move(bytes);
  return {};
}

}  // namespace

LoopbackClient::LoopbackClient(const Router& router) : router_(router), address_(*Address::parse("127.0.0.1")) {}

Result<Response> LoopbackClient::send(const Request& request, std::stop_token stop) {
  if (stop.stop_requested()) return fail(Code::cancelled);
  TRY(const Parts parts, split(request.url));
  Request received = request;
  received.url.clear();
  if (const auto source = std::move(received.body_source)) {
    TRY(received.body, read_all(*source));
  }
  received.receiver = nullptr;
  received.path = parts.path;
  received.query = parts.query;
  received.client = address_;
  received.is_secure = parts.is_https;
  received.headers.set("Host", parts.authority);
  if (received.body.size() > router_.body_limit(received.method, received.path)) return fail(Code::input_too_large);

  TRY(Response response, answer(router_, received));
  TRY_DO(read_source(response));
  const auto reached = parts.is_https ? SecurityHeaders::Reached::over_https : SecurityHeaders::Reached::over_http;
  SecurityHeaders(reached).add_missing(response.headers);
  if (request.method == Method::head) response.body = WipedString();
  return hand_over(std::move(response), request.receiver);
}

}  // namespace latchkey::http
