#include "http/message.h"

#include <array>

namespace latchkey::http {
namespace {

constexpr std::array<std::string_view, 7> method_names{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

}  // namespace

std::string_view name_of(Method method) { return method_names[static_cast<std::size_t>(method)]; }

std::optional<Method> parse_method(std::string_view text) {
  for (std::size_t i = 0; i < method_names.size(); ++i)
    if (method_names[i] == text) return static_cast<Method>(i);
  return std::nullopt;
}

std::string_view Response::body_text() const {
  if (const auto* own = std::get_if<WipedString>(&body)) return *own;
  const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body);
  return shared != nullptr && *shared ? std::string_view(**shared) : std::string_view();
}

const BodySource* Response::source() const {
  const auto* held = std::get_if<std::shared_ptr<const BodySource>>(&body);
  return held == nullptr ? nullptr : held->get();
}

std::uint64_t Response::body_size() const { return source() != nullptr ? source()->size() : body_text().size(); }

Response json_response(int status, WipedString json) {
  return text_response(status, "application/json", std::move(json));
}

Response text_response(int status, std::string_view content_type, WipedString text) {
  Response response{.status = status, .headers = {}, .body = std::move(text)};
  response.headers.add("Content-Type", content_type);
  return response;
}

Response empty_response(int status) { return {.status = status, .headers = {}, .body = {}}; }

Response redirect_response(std::string_view location, int status) {
  Response response = empty_response(status);
  response.headers.add("Location", location);
  return response;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 425:
      return "Too Early";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "";
  }
}

Result<Response> hand_over(Response response, BodyReceiver* receiver) {
  if (receiver == nullptr || response.body_text().empty()) return response;
  Response head{.status = response.status, .headers = response.headers, .body = {}};
  TRY_DO(receiver->begin(head));
  TRY_DO(receiver->write(response.body_text()));
  return head;
}

Result<WipedString> read_all(const BodySource& source) {
  WipedString bytes(static_cast<std::size_t>(source.size()), '\0');
  TRY_DO(source.read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

}  // namespace latchkey::http
