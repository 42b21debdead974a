// GET and POST /invite: a one-time link with which a person chooses a password. Looking at the page uses nothing up, so
// that link scanners do no harm.
#include "identity/accounts/invites.h"
#include "identity/accounts/login_name.h"
#include "identity/endpoints/browser.h"
#include "identity/endpoints/page_response.h"
#include "identity/endpoints/session_start.h"
#include "identity/endpoints/sign_in_endpoints.h"
#include "identity/login/await_hasher.h"
#include "identity/login/form_token.h"
#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

http::Response show_form(const SignInService& service, const http::Request& request, int status, InvitePage page) {
  const WipedString flow = find_or_make_flow(service, request);
  page.form.token = make_form_token(service.deps.secrets.form_tokens(), {"invite", flow, page.invite}, service.now());
  http::Response response = page_response(status, invite_page(page));
  set_flow_cookie(service, response, flow);
  return response;
}

// Fails: not_found when the link does not work (any more).
http::Task<Result<Invite>> load_invite(SignInService& service, std::string_view secret) {
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) { return find_invite(tx, secret, now); };
  CO_TRY(std::optional<Invite> invite, co_await service.deps.db.read(work));
  if (!invite) co_return fail(Code::not_found, "the link is used or expired");
  co_return *std::move(invite);
}

struct Choice {
  std::string login_name;
  Password password;
};

// What was typed, or the field errors to show.
struct Checked {
  Choice choice;
  std::vector<FieldError> errors;
};
Checked check_choice(const protocol::form::Form& form, const Invite& invite) {
  Checked checked;
  const auto typed_name = form.find("login_name").value_or("");
  auto name = invite.account ? Result<std::string>(invite.account->login_name) : normalise_login_name(typed_name);
  if (!name) checked.errors.push_back({"login_name", name.error().detail});
  checked.choice.login_name = name.value_or("");

  const auto typed = form.find("new_password").value_or("");
  auto password = normalise_password(typed);
  const Status acceptable =
      password ? check_new_password(*password, checked.choice.login_name) : Status(tl::unexpected(password.error()));
  if (!acceptable)
    checked.errors.push_back({"new_password", acceptable.error().detail});
  else if (typed != form.find("new_password_again").value_or(""))
    checked.errors.push_back({"new_password_again", "The two passwords differ. Type the same one twice."});
  if (password) checked.choice.password = *std::move(password);
  return checked;
}

Result<SignedInBrowser> redeem(sql::Transaction& tx, const SignInService& service, std::string_view secret,
                               const Choice& choice, std::string_view phc, NewBrowserSession wanted, Instant now) {
  TRY(const Account account, redeem_invite(tx, secret, choice.login_name, phc, now));
  wanted.user = account.id;
  return sign_browser_in(tx, service, wanted, DeviceCookie::give, now);
}

}  // namespace

Answer get_invite(SignInService& service, const http::Request& request) {
  CO_TRY(const auto query, protocol::form::Form::parse(request.query));
  InvitePage page;
  page.invite = query.find("token").value_or("");
  CO_TRY(const Invite invite, co_await load_invite(service, page.invite));
  if (invite.account) page.login_name = invite.account->login_name;
  co_return show_form(service, request, 200, std::move(page));
}

Answer post_invite(SignInService& service, const http::Request& request) {
  CO_TRY(const auto form, read_own_form(service, request));
  InvitePage page;
  page.invite = form.find("invite").value_or("");
  page.typed_login_name = form.find("login_name").value_or("");
  const WipedString flow = find_cookie(request, service.cookies.flow);
  CO_TRY_DO(check_form_token(service.deps.secrets.form_tokens(), form.find("form_token").value_or(""),
                             {"invite", flow, page.invite}, service.now()));
  CO_TRY(const Invite invite, co_await load_invite(service, page.invite));
  if (invite.account) page.login_name = invite.account->login_name;

  Checked checked = check_choice(form, invite);
  page.errors = std::move(checked.errors);
  if (!page.errors.empty()) co_return show_form(service, request, 422, std::move(page));
  CO_TRY(const std::string phc,
         co_await hash_password(service.hashing(), checked.choice.password, crypto::PasswordAsker::stranger));

  CO_TRY(auto previous, co_await load_session(service, request));
  const NewBrowserSession wanted{UserId(), describe_device(request.headers.find("user-agent").value_or("")),
                                 std::nullopt, std::move(previous)};
  const Instant now = service.now();
  auto work = [&](sql::Transaction& tx) { return redeem(tx, service, page.invite, checked.choice, phc, wanted, now); };
  const auto browser = co_await service.deps.db.write(work);
  if (!browser && browser.error().code == Code::already_exists) {
    page.errors = {{"login_name", "This login name is taken. Choose another."}};
    co_return show_form(service, request, 422, std::move(page));
  }
  if (!browser) co_return tl::unexpected(browser.error());
  co_return signed_in_response(service, *browser, protocol::routes::account);
}

}  // namespace latchkey::identity
