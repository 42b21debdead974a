#include "identity/endpoints/browser.h"

#include "base/base64url.h"
#include "base/log.h"
#include "crypto/random.h"
#include "http/cookie.h"
#include "identity/endpoints/page_response.h"
#include "identity/login/form_token.h"
#include "identity/login/same_origin.h"

namespace latchkey::identity {

namespace {

constexpr std::chrono::seconds flow_lifetime = std::chrono::hours(1);
constexpr std::chrono::seconds device_lifetime = std::chrono::days(180);
constexpr std::size_t flow_characters = 43;

void set_cookie(const SignInService& service, http::Response& response, http::SetCookie cookie) {
  cookie.is_secure = service.cookies.is_secure;
  if (const auto printed = http::print_set_cookie(cookie)) response.headers.add("Set-Cookie", *printed);
}

std::string_view hash_text(const BrowserSession& session) { return as_text(session.cookie_hash); }

bool is_form(const http::Request& request) {
  const auto type = request.headers.find("content-type");
  if (!type || request.headers.count("content-type") != 1) return false;
  return http::is_same_name(type->substr(0, type->find(';')), "application/x-www-form-urlencoded");
}

}  // namespace

WipedString find_cookie(const http::Request& request, std::string_view name) {
  return WipedString(http::find_cookie(request.headers, name).value_or(""));
}

http::Task<Result<std::optional<BrowserSession>>> load_session(SignInService& service, const http::Request& request) {
  const WipedString cookie = find_cookie(request, service.cookies.session);
  if (cookie.empty()) co_return std::nullopt;
  const Instant now = service.now();
  auto find = [&](sql::Transaction& tx) { return find_session(tx, cookie, service.settings.session, now); };
  CO_TRY(std::optional<BrowserSession> session, co_await service.deps.db.read(find));
  if (session && needs_touch(*session, now)) {
    auto touch = [&](sql::Transaction& tx) { return touch_session(tx, *session, now); };
    CO_TRY_DO(co_await service.deps.db.write(touch));
  }
  co_return session;
}

WipedString find_or_make_flow(const SignInService& service, const http::Request& request) {
  WipedString value = find_cookie(request, service.cookies.flow);
  if (value.size() == flow_characters) return value;
  const auto random = crypto::random_secret<struct FlowBytesTag>(32);
  return to_wiped_base64url(random.reveal());
}

void set_flow_cookie(const SignInService& service, http::Response& response, std::string_view flow) {
  set_cookie(service, response, {.name = service.cookies.flow, .value = flow, .max_age = flow_lifetime});
}

void set_session_cookie(const SignInService& service, http::Response& response, std::string_view cookie) {
  set_cookie(service, response, {.name = service.cookies.session, .value = cookie});
}

void set_device_cookie(const SignInService& service, http::Response& response, std::string_view cookie) {
  set_cookie(service, response, {.name = service.cookies.device, .value = cookie, .max_age = device_lifetime});
}

void delete_cookie(const SignInService& service, http::Response& response, std::string_view name) {
  set_cookie(service, response, {.name = name, .value = "", .max_age = std::chrono::seconds(0)});
}

Result<protocol::form::Form> read_own_form(const SignInService& service, const http::Request& request) {
  TRY_DO(check_same_origin(request.headers, service.settings.issuer));
  if (!is_form(request)) return fail(Code::invalid_request, "not a form");
  return protocol::form::Form::parse(request.body);
}

WipedString session_form_token(const SignInService& service, const BrowserSession& session, std::string_view purpose,
                               std::string_view request) {
  return make_form_token(service.deps.secrets.form_tokens(), {purpose, hash_text(session), request}, service.now());
}

Status check_session_form(const SignInService& service, const protocol::form::Form& form, const BrowserSession& session,
                          std::string_view purpose, std::string_view request) {
  return check_form_token(service.deps.secrets.form_tokens(), form.find("form_token").value_or(""),
                          {purpose, hash_text(session), request}, service.now());
}

http::Response answer_or_error_page(Result<http::Response> answer) {
  if (answer) return *std::move(answer);
  http::Response page = error_page_response(answer.error());
  if (page.status >= 500) log::warning("a page could not be answered", {{"error", answer.error()}});
  return page;
}

}  // namespace latchkey::identity
