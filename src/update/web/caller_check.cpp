#include "update/web/caller_check.h"

#include <array>

namespace latchkey::update::web {
namespace {

using http::Request;
using http::Response;

Response refuse_with(int status, std::string_view why) {
  return http::text_response(status, "text/plain; charset=utf-8", WipedString(std::string(why) + "\n"));
}

bool is_our_host(std::string_view host, std::uint16_t port) {
  constexpr std::array<std::string_view, 3> names{"127.0.0.1", "localhost", "[::1]"};
  const std::string behind = ":" + std::to_string(port);
  for (const std::string_view name : names)
    if (host.size() == name.size() + behind.size() && host.starts_with(name) && host.ends_with(behind)) return true;
  return false;
}

bool says(const Request& request, std::string_view name, std::string_view value) {
  return request.headers.find(name) == value;
}

bool is_from_elsewhere(const Request& request) {
  const auto site = request.headers.find("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") return true;
  const auto origin = request.headers.find("Origin");
  return origin && *origin != "http://" + std::string(request.headers.find("Host").value_or(""));
}

bool is_json(const Request& request) {
  const auto type = request.headers.find("Content-Type");
  return type && (*type == "application/json" || type->starts_with("application/json;"));
}

}  // namespace

bool is_page_load(const Request& request) {
  if (request.method != http::Method::get) return false;
  if (request.headers.has("Sec-Fetch-Dest")) return says(request, "Sec-Fetch-Dest", "document");
  const auto accepted = request.headers.find("Accept");
  return accepted && accepted->find("text/html") != std::string_view::npos;
}

std::optional<Response> CallerCheck::refuse(const Request& request) const {
  const auto host = request.headers.find("Host");
  if (port_ == 0 || !host || request.headers.count("Host") != 1 || !is_our_host(*host, port_))
    return refuse_with(421, "This device is reached as 127.0.0.1 or localhost.");
  const bool is_link = is_page_load(request) && says(request, "Sec-Fetch-Mode", "navigate");
  if (is_from_elsewhere(request) && !is_link) return refuse_with(403, "Only this device's own pages may ask.");
  if (request.headers.find("Sec-Purpose").value_or("").starts_with("prefetch"))
    return refuse_with(503, "A page is loaded when somebody goes there.");
  if (request.method == http::Method::post && !is_json(request)) return refuse_with(415, "application/json");
  return std::nullopt;
}

}  // namespace latchkey::update::web
