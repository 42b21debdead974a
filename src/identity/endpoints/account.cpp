// /account: where a person sees where they are signed in, ends sessions, and changes the password.
#include "identity/accounts/password_store.h"
#include "identity/endpoints/browser.h"
#include "identity/endpoints/page_response.h"
#include "identity/endpoints/session_start.h"
#include "identity/endpoints/sign_in_endpoints.h"
#include "identity/login/await_hasher.h"
#include "identity/login/password_sign_in.h"
#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

constexpr std::string_view purpose = "account";

SessionLine session_line(const BrowserSession& session, const BrowserSession& current) {
  return {session.id.value(), session.device, session.created_at, session.last_seen_at, session.id == current.id};
}

http::Task<Result<http::Response>> show_account(SignInService& service, const BrowserSession& session, int status,
                                                std::vector<FieldError> errors) {
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) { return list_sessions(tx, session.user, service.settings.session, now); };
  CO_TRY(const auto sessions, co_await service.deps.db.read(work));
  AccountPage page{.form = {session_form_token(service, session, purpose, ""), ""},
                   .login_name = session.login_name,
                   .sessions = {},
                   .notice = {},
                   .errors = std::move(errors)};
  for (const BrowserSession& each : sessions) page.sessions.push_back(session_line(each, session));
  co_return page_response(status, account_page(page));
}

http::Response signed_out(const SignInService& service) {
  http::Response response = page_response(200, signed_out_page());
  delete_cookie(service, response, service.cookies.session);
  return response;
}

struct OwnForm {
  protocol::form::Form form;
  BrowserSession session;
};
// A form of the account page, sent by the browser it was made for. Fails: access_denied.
http::Task<Result<OwnForm>> read_account_form(SignInService& service, const http::Request& request) {
  CO_TRY(auto form, read_own_form(service, request));
  CO_TRY(auto session, co_await load_session(service, request));
  if (!session) co_return fail(Code::access_denied, "nobody is signed in");
  CO_TRY_DO(check_session_form(service, form, *session, purpose, ""));
  co_return OwnForm{std::move(form), *std::move(session)};
}

// Nothing: `current` is not the password any more.
Result<std::optional<SignedInBrowser>> write_password(sql::Transaction& tx, const SignInService& service,
                                                      const BrowserSession& session, const PasswordAnswer& current,
                                                      std::string_view phc, Instant now) {
  TRY(const bool is_right, is_still_right(tx, current));
  if (!is_right) return std::nullopt;
  TRY_DO(change_password(tx, session.user, phc, now));
  const NewBrowserSession wanted{session.user, session.device, std::nullopt, std::nullopt};
  TRY(SignedInBrowser browser, sign_browser_in(tx, service, wanted, DeviceCookie::give, now));
  return browser;
}

}  // namespace

Answer get_account(SignInService& service, const http::Request& request) {
  CO_TRY(const auto session, co_await load_session(service, request));
  if (!session) co_return http::redirect_response(protocol::routes::sign_in);
  co_return co_await show_account(service, *session, 200, {});
}

Answer post_account_end_session(SignInService& service, const http::Request& request) {
  CO_TRY(const OwnForm own, co_await read_account_form(service, request));
  const SessionId id(std::string(own.form.find("sid").value_or("")));
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto mine, list_sessions(tx, own.session.user, service.settings.session, now));
    for (const BrowserSession& each : mine)
      if (each.id == id) return end_session(tx, own.session.user, id, RevocationReason::signed_out, now);
    return {};  // it is over already, or never was this user's
  };
  CO_TRY_DO(co_await service.deps.db.write(work));
  if (id == own.session.id) co_return signed_out(service);
  co_return http::redirect_response(protocol::routes::account);
}

Answer post_account_sign_out_everywhere(SignInService& service, const http::Request& request) {
  CO_TRY(const OwnForm own, co_await read_account_form(service, request));
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) {
    return end_all_sessions(tx, own.session.user, RevocationReason::signed_out, now);
  };
  CO_TRY_DO(co_await service.deps.db.write(work));
  co_return signed_out(service);
}

Answer post_account_password(SignInService& service, const http::Request& request) {
  CO_TRY(const OwnForm own, co_await read_account_form(service, request));
  auto next = normalise_password(own.form.find("new_password").value_or(""));
  const Status acceptable =
      next ? check_new_password(*next, own.session.login_name) : Status(tl::unexpected(next.error()));
  if (!acceptable)
    co_return co_await show_account(service, own.session, 422, {{"new_password", acceptable.error().detail}});

  auto current = normalise_password(own.form.find("password").value_or(""));
  PasswordAnswer answer;
  if (current) {
    const PasswordAttempt attempt{own.session.login_name, *std::move(current),
                                  find_cookie(request, service.cookies.device), request.client};
    CO_TRY(answer, co_await try_password(service, attempt));
  }
  if (answer.outcome == SignInOutcome::throttled) {
    CO_TRY(http::Response page,
           co_await show_account(service, own.session, 429, {{"password", "Too many attempts. Try again later."}}));
    page.headers.set("Retry-After", std::to_string(answer.retry_after.count()));
    co_return page;
  }
  if (answer.outcome != SignInOutcome::signed_in)
    co_return co_await show_account(service, own.session, 422, {{"password", "The current password is wrong."}});

  CO_TRY(const std::string phc, co_await hash_password(service.hashing(), *next, crypto::PasswordAsker::known));
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) { return write_password(tx, service, own.session, answer, phc, now); };
  CO_TRY(const auto browser, co_await service.deps.db.write(work));
  if (!browser)
    co_return co_await show_account(service, own.session, 422, {{"password", "The current password is wrong."}});
  co_return signed_in_response(service, *browser, protocol::routes::account);
}

}  // namespace latchkey::identity
