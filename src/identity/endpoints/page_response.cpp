#include "identity/endpoints/page_response.h"

#include "identity/pages/pages.h"
#include "protocol/uri.h"

namespace latchkey::identity {

namespace {

std::string content_security_policy(const FormTargets& targets) {
  std::string policy =
      "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
  for (const std::string& uri : targets.redirect_uris) {
    const std::string source = form_action_source(uri);
    if (!source.empty()) policy.append(" ").append(source);
  }
  return policy;
}

struct ErrorPage {
  int status;
  std::string_view title;
  std::string_view sentence;
};

ErrorPage describe(const Error& error) {
  switch (error.code) {
    case Code::access_denied:
      return {403, "This form cannot be used any more", "Go back to the app and start again."};
    case Code::not_found:
      return {410, "This link does not work any more", "It was used before or has expired. Ask for a new one."};
    case Code::busy:
    case Code::temporarily_unavailable:
      return {503, "Too many people are signing in", "Wait a few seconds and try again."};
    case Code::storage_full:
    case Code::storage_failed:
      return {503, "Nothing can be stored here right now", "It is not your fault. Try again in a moment."};
    case Code::invalid_client:
      return {400, "This app is not known here", "The link that brought you here is wrong. Tell the app's makers."};
    case Code::invalid_argument:
    case Code::invalid_format:
    case Code::input_too_large:
    case Code::invalid_request:
    case Code::id_token_invalid:
      return {400, "This request cannot be used", "The link that brought you here is wrong. Tell the app's makers."};
    default:
      return {500, "Something went wrong here", "It is not your fault. Try again in a moment."};
  }
}

}  // namespace

std::string form_action_source(std::string_view uri) {
  const auto parsed = protocol::uri::Uri::parse(uri);
  if (!parsed) return {};
  if (parsed->is_http()) return parsed->origin();
  return parsed->scheme() + ":";
}

http::Response page_response(int status, const Html& page, const FormTargets& targets) {
  http::Response response = http::text_response(status, "text/html; charset=utf-8", WipedString(page.text()));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Content-Security-Policy", content_security_policy(targets));
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

http::Response error_page_response(const Error& error) {
  const ErrorPage page = describe(error);
  const bool is_ours = page.status >= 500;
  const std::string code = is_ours ? std::string(name_of(error.code)) : to_string(error);
  http::Response response = page_response(page.status, error_page(page.title, page.sentence, code));
  if (page.status == 503) response.headers.set("Retry-After", "2");
  return response;
}

}  // namespace latchkey::identity
