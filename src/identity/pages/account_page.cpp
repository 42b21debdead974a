#include <fmt/chrono.h>
#include <fmt/format.h>

#include "identity/pages/pages.h"
#include "protocol/routes.h"

namespace latchkey::identity {

namespace {

// "20 November 2026, 22:12 UTC"
std::string print_time(Instant at) {
  return fmt::format("{:%d %B %Y, %H:%M} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

Html session_line(const SessionLine& line, const Html& token) {
  const Html here = line.is_this_one ? render(" <strong>(this browser)</strong>") : Html();
  const std::string signed_in = print_time(line.signed_in_at);
  return render(
      "<li><p>{device}{here}<br>Signed in {signed_in}; last seen {last_seen}</p><form method=\"post\" "
      "action=\"{action}\">"
      "{token}{sid}<button type=\"submit\" class=\"quiet\">Sign out<span class=\"unseen\"> {device}, signed in "
      "{signed_in}</span></button></form></li>\n",
      {{"device", line.device},
       {"here", here},
       {"signed_in", signed_in},
       {"last_seen", print_time(line.last_seen_at)},
       {"action", protocol::routes::account_end_session},
       {"token", token},
       {"sid", hidden("sid", line.sid)}});
}

Html password_form(const AccountPage& page, const Html& token) {
  const Field current{
      .id = "password", .label = "Current password", .type = "password", .autocomplete = "current-password"};
  const Field next{.id = "new_password",
                   .label = "New password",
                   .type = "password",
                   .autocomplete = "new-password",
                   .hint = "At least 15 characters. All other sessions are signed out."};
  return render(
      "<h2 id=\"change-password\">Change password</h2>\n<form method=\"post\" action=\"{action}\" "
      "aria-labelledby=\"change-password\">\n{token}<input class=\"unseen\" type=\"text\" name=\"username\" "
      "value=\"{login}\" autocomplete=\"username\" readonly tabindex=\"-1\" aria-hidden=\"true\">{current}{next}"
      "<div class=\"buttons\"><button type=\"submit\">Change password</button></div>\n</form>",
      {{"action", protocol::routes::account_password},
       {"token", token},
       {"login", page.login_name},
       {"current", field(current, page.errors)},
       {"next", field(next, page.errors)}});
}

}  // namespace

Html account_page(const AccountPage& page) {
  const Html token = hidden("form_token", page.form.token);
  Html notice, lines;
  if (!page.notice.empty()) notice = render("<p role=\"status\">{notice}</p>\n", {{"notice", page.notice}});
  for (const SessionLine& line : page.sessions) lines += session_line(line, token);
  return document(
      "Your account", page.errors,
      render("{notice}<p>Signed in as <strong>{login}</strong>.</p>\n<h2>Where you are signed in</h2>\n"
             "<ul class=\"sessions\" role=\"list\">{lines}</ul>\n<form method=\"post\" action=\"{everywhere}\">{token}"
             "<button type=\"submit\">Sign out everywhere</button></form>\n{password}",
             {{"notice", notice},
              {"login", page.login_name},
              {"lines", lines},
              {"everywhere", protocol::routes::account_sign_out_everywhere},
              {"token", token},
              {"password", password_form(page, token)}}));
}

}  // namespace latchkey::identity
