// The HTTP server alone: GET /small (27 bytes of JSON), GET /cached (a shared document with an ETag), POST /token (a
// form of any size, 600 bytes back), through the real Router and Task. Prints its address, serves until SIGTERM or
// SIGINT.
//
//   taskset -c 0 build/release/bin/http_bench_server 8080 &
//   taskset -c 1 wrk -t1 -c32 -d5s http://127.0.0.1:8080/small
// Links: http_server
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "http/server/cached_body.h"
#include "http/server/server.h"

namespace {

using namespace latchkey;
using http::Request;
using http::Response;
using http::Task;

http::Router make_routes(const http::CachedBody& document) {
  http::Router routes;
  routes.add(http::Method::get, "/small", [](const Request&) -> Task<Response> {
    co_return http::json_response(200, R"({"status":"ok","answer":42})");
  });
  routes.add(http::Method::get, "/cached",
             [&document](const Request& request) -> Task<Response> { co_return document.respond_to(request); });
  routes.add(http::Method::post, "/token", [](const Request& request) -> Task<Response> {
    if (request.body.empty()) co_return http::empty_response(400);
    co_return http::json_response(200, WipedString(600, 'x'));
  });
  return routes;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const auto document = http::CachedBody::create(std::string(700, 'k'), "application/json", std::chrono::minutes(5));
  const http::Router routes = make_routes(document);
  http::ServerOptions options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  options.threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
  options.limits.requests_per_connection = 1'000'000'000;
  options.limits.connections_per_address = 1024;
  const auto server = http::Server::start(routes, std::move(options));
  if (!server) {
    std::cerr << to_string(server.error()) << "\n";
    return 1;
  }
  std::cout << (*server)->origin() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
}
