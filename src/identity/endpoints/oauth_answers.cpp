#include "identity/endpoints/oauth_answers.h"

#include <algorithm>

#include "base/log.h"
#include "protocol/oauth/error_response.h"
#include "protocol/oauth/resource_access.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

std::string lower_without_spaces(std::string_view text) {
  std::string result;
  for (const char c : text)
    if (c != ' ' && c != '\t') result.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  return result;
}

bool is_form(std::string_view content_type) {
  if (content_type == "application/x-www-form-urlencoded") return true;
  const std::string type = lower_without_spaces(content_type);
  return type == "application/x-www-form-urlencoded" || type == "application/x-www-form-urlencoded;charset=utf-8";
}

bool is_ours(Code code) {
  switch (code) {
    case Code::invalid_request:
    case Code::invalid_client:
    case Code::invalid_grant:
    case Code::refresh_reused:
    case Code::invalid_scope:
    case Code::invalid_target:
    case Code::unauthorized_client:
    case Code::unsupported_grant_type:
    case Code::access_denied:
    case Code::invalid_dpop_proof:
    case Code::use_dpop_nonce:
    case Code::invalid_token:
    case Code::insufficient_scope:
    case Code::not_signed_in:
      return false;
    default:
      return true;
  }
}

http::Response try_later(int status, std::chrono::seconds wait) {
  auto response = private_json(status, WipedString(oauth::print_error_response(Error{Code::busy, {}})));
  response.headers.set("Retry-After", std::to_string(wait.count()));
  return response;
}

}  // namespace

// Nobody's session is over because our disk is slow.
http::Response refuse_for_now(const Error& error) {
  if (error.code != Code::busy) log::error("a request failed", {{"error", error}});
  return try_later(503, std::chrono::seconds(1));
}

Result<protocol::form::Form> read_form(const http::Request& request) {
  if (!request.query.empty()) return fail(Code::invalid_request, "parameters belong in the body");
  const auto type = request.headers.find("Content-Type");
  if (!type || request.headers.count("Content-Type") > 1 || !is_form(*type))
    return fail(Code::invalid_request, "the content type must be application/x-www-form-urlencoded");
  auto form = protocol::form::Form::parse(request.body);
  if (!form) return fail(Code::invalid_request, form.error().detail);
  return form;
}

Result<std::optional<std::string_view>> authorization_of(const http::Request& request) {
  if (request.headers.count("Authorization") > 1) return fail(Code::invalid_request, "several Authorization fields");
  return request.headers.find("Authorization");
}

http::Response private_json(int status, WipedString json) {
  auto response = http::json_response(status, std::move(json));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Pragma", "no-cache");
  return response;
}

http::Response refuse_client(const Error& error, const http::Request& request, const DpopCheck& dpop) {
  if (is_ours(error.code)) return refuse_for_now(error);
  const auto body = oauth::print_error_response(error);
  auto response = private_json(oauth::http_status(error.code), WipedString(body));
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Basic realm=\"latchkey\"");
  if (error.code == Code::use_dpop_nonce || (request.headers.has("DPoP") && dpop.requires_nonce()))
    response.headers.set("DPoP-Nonce", dpop.make_nonce());
  return response;
}

http::Response ask_to_wait(std::chrono::seconds wait) { return try_later(429, wait); }

http::Response refuse_token(const Error& error, oauth::TokenType type, const DpopCheck& dpop) {
  if (is_ours(error.code)) return refuse_for_now(error);
  const bool has_no_token = error.code == Code::not_signed_in;
  int status = 401;
  if (error.code == Code::insufficient_scope) status = 403;
  if (error.code == Code::invalid_request) status = 400;
  auto response = private_json(status, WipedString(oauth::print_error_response(error)));
  const auto shown = has_no_token ? std::optional<Error>() : std::optional(error);
  response.headers.set("WWW-Authenticate", oauth::print_challenge(type, shown));
  if (error.code == Code::use_dpop_nonce || (type == oauth::TokenType::dpop && dpop.requires_nonce()))
    response.headers.set("DPoP-Nonce", dpop.make_nonce());
  return response;
}

void offer_nonce(http::Response& response, const DpopCheck& dpop) {
  if (dpop.requires_nonce()) response.headers.set("DPoP-Nonce", dpop.make_nonce());
}

}  // namespace latchkey::identity
