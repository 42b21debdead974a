// GET and POST /sign-in: the password form. The authorization request that led here travels along in the form, tied to
// it by the form's token, and is looked at again from the start once the user is known.
#include "crypto/digest.h"
#include "identity/endpoints/browser.h"
#include "identity/endpoints/page_response.h"
#include "identity/endpoints/session_start.h"
#include "identity/endpoints/sign_in_endpoints.h"
#include "identity/login/checked_authorization.h"
#include "identity/login/form_token.h"
#include "identity/login/password_sign_in.h"
#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

http::Response show_form(const SignInService& service, const http::Request& request, int status, SignInPage page) {
  const WipedString flow = find_or_make_flow(service, request);
  page.form.token =
      make_form_token(service.deps.secrets.form_tokens(), {"sign-in", flow, page.form.request}, service.now());
  FormTargets targets;
  if (!page.form.request.empty()) {
    const auto query = protocol::form::Form::parse(page.form.request);
    if (query) {
      if (const auto checked = check_authorization(*query, service.deps.clients)) {
        targets.redirect_uris.push_back(checked->redirect_uri);
        page.client_name = checked->client->name;
      }
    }
  }
  http::Response response = page_response(status, sign_in_page(page), targets);
  set_flow_cookie(service, response, flow);
  return response;
}

// One sentence whatever was wrong: unknown, disabled, without password, or a wrong one.
http::Response show_wrong(const SignInService& service, const http::Request& request, SignInPage page) {
  page.errors = {{"login_name", "The login name or the password is wrong."}};
  return show_form(service, request, 422, std::move(page));
}

http::Response show_throttled(const SignInService& service, const http::Request& request, SignInPage page,
                              std::chrono::seconds retry_after) {
  page.errors = {
      {"", "Too many attempts from here. Try again later, or use a browser you have signed in with before."}};
  http::Response response = show_form(service, request, 429, std::move(page));
  response.headers.set("Retry-After", std::to_string(retry_after.count()));
  return response;
}

WipedString next_location(std::string_view authorization) {
  if (authorization.empty()) return WipedString(protocol::routes::account);
  WipedString location(protocol::routes::authorize);
  return location.append("?").append(authorization);
}

}  // namespace

Answer get_sign_in(SignInService& service, const http::Request& request) {
  CO_TRY(const auto session, co_await load_session(service, request));
  if (session) co_return http::redirect_response(protocol::routes::account);
  co_return show_form(service, request, 200, {});
}

Answer post_sign_in(SignInService& service, const http::Request& request) {
  CO_TRY(const auto form, read_own_form(service, request));
  SignInPage page;
  page.form.request = form.find("request").value_or("");
  page.login_name = form.find("login_name").value_or("");
  const WipedString flow = find_cookie(request, service.cookies.flow);
  const FormBinding binding{"sign-in", flow, page.form.request};
  CO_TRY_DO(check_form_token(service.deps.secrets.form_tokens(), form.find("form_token").value_or(""), binding,
                             service.now()));

  auto password = normalise_password(form.find("password").value_or(""));
  if (!password || page.login_name.empty()) co_return show_wrong(service, request, std::move(page));
  const PasswordAttempt attempt{page.login_name, *std::move(password), find_cookie(request, service.cookies.device),
                                request.client};
  CO_TRY(const PasswordAnswer answer, co_await try_password(service, attempt));
  if (answer.outcome == SignInOutcome::throttled)
    co_return show_throttled(service, request, std::move(page), answer.retry_after);
  if (answer.outcome == SignInOutcome::wrong) co_return show_wrong(service, request, std::move(page));

  CO_TRY(auto previous, co_await load_session(service, request));
  NewBrowserSession wanted{answer.account->id, describe_device(request.headers.find("user-agent").value_or("")),
                           std::nullopt, std::move(previous)};
  if (!page.form.request.empty()) wanted.fresh_request = crypto::sha256(as_bytes(page.form.request));
  const Instant now = service.now();
  const DeviceCookie device = answer.is_known_device ? DeviceCookie::keep : DeviceCookie::give;
  auto work = [&](sql::Transaction& tx) -> Result<std::optional<SignedInBrowser>> {
    TRY(const bool is_right, is_still_right(tx, answer));
    if (!is_right) return std::nullopt;
    TRY(SignedInBrowser signed_in, sign_browser_in(tx, service, wanted, device, now));
    return signed_in;
  };
  CO_TRY(const auto browser, co_await service.deps.db.write(work));
  if (!browser) co_return show_wrong(service, request, std::move(page));
  co_return signed_in_response(service, *browser, next_location(page.form.request));
}

}  // namespace latchkey::identity
